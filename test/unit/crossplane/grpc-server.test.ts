import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createGrpcServer, type GrpcServer } from '../../../function/crossplane/grpc-server.ts';

const PINGS = { pingEveryMilliseconds: 100, pingTimeoutMilliseconds: 300 };
/** Many of them. */
const WHILE_MILLISECONDS = 1500;

let grpc: GrpcServer;
let port: number;
let taken: Socket[];
const listener = createServer((socket) => {
  taken.push(socket.on('error', () => {}));
  grpc.take(socket);
});

beforeEach(async () => {
  taken = [];
  grpc = createGrpcServer(() => Promise.reject(new Error('nobody calls')), 1 << 20, PINGS);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  port = (listener.address() as AddressInfo).port;
});
afterEach(() => {
  grpc.close();
  listener.close();
});

test('a connection whose other end does not answer any more is closed', async () => {
  const gone = connect(port, '127.0.0.1').on('error', () => {});
  await once(gone, 'connect');
  while (taken.length === 0) await delay(10);
  await once(taken[0] as Socket, 'close'); // within the time of the test
  gone.destroy();
});

test('one that answers stays, however little it asks', async () => {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  await delay(WHILE_MILLISECONDS);
  expect({ connections: taken.length, closed: session.destroyed || taken[0]?.destroyed }).toEqual({
    connections: 1,
    closed: false,
  });
  session.destroy();
});
