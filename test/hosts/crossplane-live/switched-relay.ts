import { connect, createServer, type Socket } from 'node:net';
import { close, listen } from '../../support/listen.ts';

/** {@link startSwitchedRelay} */
export type SwitchedRelay = Awaited<ReturnType<typeof startSwitchedRelay>>;

/** Stands before the server at `url`, on loopback, and takes it off the network at will. */
export async function startSwitchedRelay(url: string) {
  const { hostname, port: target } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
    client.pipe(upstream).pipe(client);
  });
  const port = await listen(server);
  const cut = async () => {
    const closed = close(server);
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    /** From now on nobody reaches the server. */
    cut,
    /** It is reached again, at the same place. */
    mend: async () => void (await listen(server, port)),
    close: async () => {
      if (server.listening) await cut();
    },
  };
}
