import { ci, roles } from '../test/support/accounts.ts';
import { composite, type Parts, request } from '../test/support/crossplane/request.ts';
import { goodRequest, startNoop, startServer } from '../test/support/crossplane/start-server.ts';
import { residentMegabytes } from '../test/support/process-use.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment, oneFile, script } from './contestants.ts';
import { bytesOf, type Call, openCaller } from './grpc-caller.ts';

/** One of our builds as a server that is ready, and how often it was called. */
export interface Served {
  readonly name: string;
  /** A composite whose Secret is good. */
  readonly reuse: Call;
  /** A composite that was never seen: its session is new. */
  readonly mint: Call;
  readonly calls: () => number;
  readonly residentMegabytes: () => number;
}

export interface GrpcBench {
  readonly script: Served;
  readonly oneFile: Served;
  /** The function that does nothing, asked for a good Secret and for a new one. */
  readonly noop: Pick<Served, 'reuse' | 'mint'>;
  readonly stsUrl: string;
  /** Calls that STS answered with a session. */
  readonly sessions: () => number;
  close(): Promise<void>;
}

/** Both builds and their peer, each as a server, beside one STS. Each may be asked for `mints` new Secrets. */
export async function openGrpcBench(mints: number): Promise<GrpcBench> {
  const sts = await startSts({ users: [ci], roles });
  const environment = askingEnvironment(sts.url);
  const [scripted, compiled] = [
    await startServer({ environment, command: script.command }),
    await startServer({ environment, command: oneFile.command }),
  ];
  const good = await goodRequest(scripted);
  const noop = await startNoop();
  const servers = [
    { name: script.name, ...scripted },
    { name: oneFile.name, ...compiled },
    { name: 'doing nothing', ...noop, pid: 0 },
  ];
  const unseen = Array.from({ length: mints }, (_, index) => bytesOf(unseenComposite(index)));
  const opened = servers.map((server) => open(server, bytesOf(good), unseen));
  const [first, second, third] = opened as [Opened, Opened, Opened]; // as many as servers
  return {
    script: first,
    oneFile: second,
    noop: third,
    stsUrl: sts.url,
    sessions: () => sts.calls.filter(({ outcome }) => outcome === 'ok').length,
    close: async () => {
      for (const { close } of opened) close();
      noop.stop();
      await Promise.all([scripted.stop(), compiled.stop()]);
      await sts.close();
    },
  };
}

type Opened = Served & { close: () => void };

function open(
  { name, port, pid }: { name: string; port: number; pid: number },
  good: Buffer,
  unseen: readonly Buffer[],
): Opened {
  const caller = openCaller(port);
  const composites = unseen.values();
  let made = 0;
  const send = (bytes: Buffer | undefined) => {
    if (bytes === undefined) throw new Error('every composite has been seen');
    made += 1;
    return caller.send(bytes);
  };
  return {
    name,
    reuse: () => send(good),
    mint: () => send(composites.next().value),
    calls: () => made,
    residentMegabytes: () => Math.round(residentMegabytes(pid)),
    close: () => caller.close(),
  };
}

/** As the engine asks the second time: there is no Secret of that name yet. */
function unseenComposite(index: number): Parts {
  const name = `acme-${index}`;
  const metadata = { name, namespace: 'team-a', uid: `0b6d9f4e-0000-4000-8000-${String(index).padStart(12, '0')}` };
  const requiredResources = { [`Secret/team-a/${name}-deployer`]: { items: [] } };
  return request({ xr: composite({ metadata }), requiredResources });
}
