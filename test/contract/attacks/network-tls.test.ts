import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { grpcCaller, mutualTls, startServer } from '../../support/crossplane/start-server.ts';
import { type Identity, makeIdentity, writeServerFolder } from '../../support/make-identity.ts';
import { until } from '../../support/start-process.ts';
import {
  callFrames,
  hasGoaway,
  MANY_LOOKS_MILLISECONDS,
  type OpenConnection,
  openConnection,
  PREFACE,
  startTls,
  type TlsServer,
} from './network-tls.ts';

/**
 * A client whose certificate has ended, or whose authority was taken away, holds on to the connection that it has. The server's
 * two halves are in this process, with a clock that is set and a look every few milliseconds; the last test is of what was built.
 */

const DAY = 24 * 3600_000;
const TEN_YEARS_DAYS = 3650;
const SOON_SECONDS = 120;
const RUN_FUNCTION = '/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction';

let authority: Identity;
let next: Identity;
let own: Identity;
let crossplane: Identity;
let root: Identity;
let otherRoot: Identity;
/** Signed by both roots. */
let crossSigned: { byRoot: Identity; byOther: Identity };
/** One behind the intermediate authority, with what it sends of that. */
let behind: { key: string; alone: string; cert: string };

const client = (issuer: Identity, days?: readonly [number, number]) =>
  makeIdentity({ issuer, usages: ['clientAuth'], ...(days && { days }) });
const credentialsOf = ({ cert, key }: { cert: string; key: string }): ConnectionOptions => ({ cert, key });

beforeAll(async () => {
  const decades = { days: [-1, TEN_YEARS_DAYS] } as const;
  authority = await makeIdentity({ isAuthority: true, ...decades });
  next = await makeIdentity({ isAuthority: true, ...decades });
  crossplane = await client(authority, decades.days);
  root = await makeIdentity({ isAuthority: true, subject: 'CN=root', serial: '01', ...decades });
  otherRoot = await makeIdentity({ isAuthority: true, subject: 'CN=other root', serial: '02', ...decades });
  own = await makeIdentity({
    issuer: root,
    subject: 'CN=server',
    serial: '06',
    usages: ['serverAuth'],
    isUsual: true,
    ...decades,
  });
  const intermediate = { isAuthority: true, subject: 'CN=intermediate', isUsual: true, days: [-1, 3] } as const;
  const byRoot = await makeIdentity({ ...intermediate, serial: '03', issuer: root });
  const byOther = await makeIdentity({ ...intermediate, serial: '04', issuer: otherRoot, keys: byRoot.keys });
  crossSigned = { byRoot, byOther };
  const leaf = await makeIdentity({
    issuer: byRoot,
    subject: 'CN=client',
    serial: '05',
    usages: ['clientAuth'],
    isUsual: true,
    ...decades,
  });
  behind = { key: leaf.key, alone: leaf.cert, cert: leaf.cert + byRoot.cert };
});

let tls: TlsServer;
const opened: { close: () => void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  tls?.stop();
});

async function open(options: ConnectionOptions): Promise<OpenConnection> {
  const connection = await openConnection(tls.port, options);
  opened.push(connection);
  return connection;
}

const writeAuthorities = (...authorities: readonly Identity[]) =>
  writeFileSync(join(tls.folder, 'ca.crt'), authorities.map(({ cert }) => cert).join(''));

/** Waits until the server has told so much. */
const untilTold = (count: number) =>
  until('a word of it', SOON_SECONDS, async () => tls.told.length >= count || undefined);

const fateOf = (connection: OpenConnection) =>
  until('the end of a connection', SOON_SECONDS, async () => connection.fate());

describe('a connection is ended by GOAWAY, and its client is let in no more', () => {
  type Row = readonly [
    name: string,
    given: { options: () => Promise<ConnectionOptions> | ConnectionOptions; trusted: () => readonly Identity[] },
    happens: () => void | Promise<void>,
    reason: string,
  ];
  const shortAuthority = () => makeIdentity({ isAuthority: true, days: [-1, 1] });
  let ending: Identity;
  test.each<Row>([
    [
      'its certificate has ended',
      { options: async () => credentialsOf(await client(authority, [-1, 1])), trusted: () => [authority] },
      () => tls.pass(2 * DAY),
      'notValidNow',
    ],
    [
      'its certificate of ten years has ended',
      { options: () => credentialsOf(crossplane), trusted: () => [authority] },
      () => tls.pass((TEN_YEARS_DAYS + 1) * DAY),
      'notValidNow',
    ],
    [
      'its authority has ended, and its certificate has not',
      {
        options: async () => {
          ending = await shortAuthority();
          return credentialsOf(await client(ending, [-1, 30]));
        },
        trusted: () => [ending],
      },
      () => tls.pass(2 * DAY),
      'authorityNotValidNow',
    ],
    [
      'its intermediate authority has ended',
      { options: () => credentialsOf(behind), trusted: () => [root] },
      () => tls.pass(4 * DAY),
      'authorityNotValidNow',
    ],
    [
      'its authority was taken away',
      { options: () => credentialsOf(crossplane), trusted: () => [authority, next] },
      () => writeAuthorities(next),
      'unknownAuthority',
    ],
    [
      'its authority was replaced by one of the same names and number',
      { options: () => credentialsOf(crossplane), trusted: () => [authority] },
      () => writeAuthorities(next),
      'unknownAuthority',
    ],
    [
      'the root behind its intermediate authority was taken away',
      { options: () => credentialsOf(behind), trusted: () => [root, otherRoot] },
      () => writeAuthorities(otherRoot),
      'unknownAuthority',
    ],
    [
      'the root behind its intermediate authority was replaced by one of the same name and number',
      { options: () => credentialsOf(behind), trusted: () => [root] },
      async () => writeAuthorities(await makeIdentity({ isAuthority: true, subject: 'CN=root', serial: '01' })),
      'unknownAuthority',
    ],
    [
      'its authority was taken away while a file could not be used, which then could',
      { options: () => credentialsOf(crossplane), trusted: () => [authority] },
      async () => {
        writeFileSync(join(tls.folder, 'ca.crt'), next.cert.slice(0, 100));
        await untilTold(1);
        writeAuthorities(next);
      },
      'unknownAuthority',
    ],
  ])('%s', async (_, { options, trusted }, happens, reason) => {
    const given = await options();
    tls = await startTls(
      own,
      trusted()
        .map(({ cert }) => cert)
        .join(''),
    );
    const connection = await open(given);
    await happens();
    expect(await fateOf(connection)).toBe('goaway');
    expect(tls.told).toContain(`end ${reason}`);
    await expect(open(given)).rejects.toThrow('closed before a byte of HTTP/2');
  });
});

describe('a connection stays', () => {
  const unusable = (write: (path: (name: string) => string) => unknown) => () => {
    write((name) => join(tls.folder, name));
  };
  test.each<
    readonly [string, () => ConnectionOptions, () => readonly Identity[], () => void | Promise<void>, RegExp[]]
  >([
    ['its certificate is valid for ten years', () => credentialsOf(crossplane), () => [authority], () => {}, []],
    [
      'an authority is added to its own',
      () => credentialsOf(crossplane),
      () => [authority],
      () => writeAuthorities(authority, next),
      [/^renew$/],
    ],
    [
      "another's authority is taken away",
      () => credentialsOf(behind),
      () => [authority, root],
      () => writeAuthorities(root),
      [/^renew$/],
    ],
    [
      'its authority has a new certificate of the same key',
      () => credentialsOf(crossplane),
      () => [authority],
      async () => writeAuthorities(await makeIdentity({ isAuthority: true, keys: authority.keys, days: [-1, 40] })),
      [/^renew$/],
    ],
    [
      'one of two roots that signed its intermediate authority is taken away',
      () => credentialsOf({ key: behind.key, cert: behind.alone + crossSigned.byOther.cert + crossSigned.byRoot.cert }),
      () => [root, otherRoot],
      () => writeAuthorities(otherRoot),
      [/^renew$/],
    ],
    [
      '`ca.crt` is half written',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => writeFileSync(path('ca.crt'), next.cert.slice(0, 300))),
      [/^keep .*ca\.crt": it holds no certificate in PEM/],
    ],
    [
      '`ca.crt` is empty',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => writeFileSync(path('ca.crt'), '')),
      [/^keep .*ca\.crt": it holds no certificate in PEM/],
    ],
    [
      '`ca.crt` is gone',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => rmSync(path('ca.crt'))),
      [/^keep .*ca\.crt": /],
    ],
    [
      'a folder is where `ca.crt` was',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => {
        rmSync(path('ca.crt'));
        mkdirSync(path('ca.crt'));
      }),
      [/^keep .*ca\.crt": /],
    ],
    [
      'a second authority of `ca.crt` cannot be read',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => writeFileSync(path('ca.crt'), authority.cert + next.cert.replace(/MII..../, 'MIIxxxxx'))),
      [/^keep .*ca\.crt": it holds no certificate in PEM/],
    ],
    [
      'a second authority of `ca.crt` is cut off',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => writeFileSync(path('ca.crt'), next.cert + authority.cert.slice(0, 300))),
      [/^keep .*ca\.crt": it holds no certificate in PEM/],
    ],
    [
      '`tls.key` is not that of `tls.crt`',
      () => credentialsOf(crossplane),
      () => [authority],
      unusable((path) => writeFileSync(path('tls.key'), next.key)),
      [/^keep .*tls\.key": /],
    ],
    [
      'two files that cannot be used come one after the other',
      () => credentialsOf(crossplane),
      () => [authority],
      async () => {
        writeFileSync(join(tls.folder, 'ca.crt'), '');
        await untilTold(1);
        writeFileSync(join(tls.folder, 'ca.crt'), 'none');
      },
      [/^keep /, /^keep /],
    ],
    [
      'a file cannot be used, and then is as it was',
      () => credentialsOf(crossplane),
      () => [authority],
      async () => {
        writeFileSync(join(tls.folder, 'ca.crt'), '');
        await untilTold(1);
        writeAuthorities(authority);
      },
      [/^keep /, /^renew$/],
    ],
  ])('%s; what has changed is told once', async (_, options, trusted, happens, told) => {
    tls = await startTls(
      own,
      trusted()
        .map(({ cert }) => cert)
        .join(''),
    );
    const connection = await open(options());
    await happens();
    await untilTold(told.length);
    await delay(MANY_LOOKS_MILLISECONDS);
    expect(connection.fate()).toBeUndefined();
    expect((await open(options())).fate()).toBeUndefined();
    expect(tls.told).toEqual(told.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe('a client that connects', () => {
  test('is looked at each time: no session of TLS is resumed', async () => {
    tls = await startTls(own, root.cert);
    const first = await open(credentialsOf(behind));
    const tickets: Buffer[] = [];
    first.socket.on('session', (ticket) => tickets.push(ticket));
    await delay(MANY_LOOKS_MILLISECONDS);
    const session = tickets.at(-1) ?? first.socket.getSession();
    const second = await open({ ...credentialsOf(behind), ...(session && { session }) });
    expect(second.socket.isSessionReused()).toBe(false);
  });

  test('with a chain of hundreds is refused', async () => {
    tls = await startTls(own, root.cert);
    await expect(
      open(credentialsOf({ key: behind.key, cert: behind.cert + otherRoot.cert.repeat(200) })),
    ).rejects.toThrow('closed before a byte of HTTP/2');
  });

  test('with some certificates too many, and in any order, is served', async () => {
    tls = await startTls(own, root.cert);
    const { byRoot } = crossSigned;
    const cert = [behind.alone, otherRoot.cert, next.cert, byRoot.cert, root.cert].join('');
    expect((await open({ key: behind.key, cert })).fate()).toBeUndefined();
  });
});

describe('what its authority or its own certificate does not allow', () => {
  const der = (tag: number, value: Buffer) => Buffer.concat([Buffer.from([tag, value.length]), value]);
  const value = Buffer.from([5, 0]);
  const critical = { extensions: [{ oid: '1.2.3.4', isCritical: true, value }] };
  const passing = { extensions: [{ oid: '1.2.3.4', isCritical: false, value }] };
  /** Names below example.org alone (RFC 5280, 4.2.1.10). */
  const named = (isCritical: boolean) => ({
    extensions: [
      { oid: '2.5.29.30', isCritical, value: der(48, der(160, der(48, der(130, Buffer.from('example.org'))))) },
    ],
  });
  const servers = { usages: ['serverAuth'] as const };
  const usual = { subject: 'CN=usual client', serial: '07', isUsual: true };
  type Options = Parameters<typeof makeIdentity>[0];
  test.each<[string, Options, Options]>([
    ['its authority is for other names', named(true), {}],
    ['its authority is for other names, which is not critical', named(false), {}],
    ['its authority is for servers', servers, {}],
    ['its authority is for other usages beside', { usages: ['serverAuth', 'clientAuth'] }, {}],
    ['its authority has something critical that nobody knows', critical, {}],
    ['its authority has something that nobody knows', passing, {}],
    ['its authority may sign no certificate', { keyUsages: 1 }, {}],
    ['it has something critical that nobody knows', {}, critical],
    ['it has something that nobody knows', {}, passing],
    ['it may sign certificates alone', {}, { keyUsages: 32 }],
    ['usual, its authority is for other names', named(true), usual],
    ['usual, its authority is for other names, which is not critical', named(false), usual],
    ['usual, its authority is for servers', servers, usual],
    ['usual, its authority has something critical that nobody knows', critical, usual],
    ['usual, its authority may sign no certificate', { keyUsages: 1 }, usual],
    ['usual, it has something critical that nobody knows', {}, { ...usual, ...critical }],
    ['usual, it may sign certificates alone', {}, { ...usual, keyUsages: 32 }],
  ])('%s: it is refused, and its neighbours are served', async (_, ofAuthority, ofClient) => {
    const subject = ofClient?.isUsual ? { subject: 'CN=issuer' } : {};
    const issuer = await makeIdentity({ isAuthority: true, ...subject, ...ofAuthority });
    const bad = await makeIdentity({ issuer, usages: ['clientAuth'], hosts: ['client.example.com'], ...ofClient });
    tls = await startTls(own, issuer.cert + authority.cert + root.cert);
    await expect(open(credentialsOf(bad))).rejects.toThrow('closed before a byte of HTTP/2');
    expect(tls.told).toEqual([expect.stringMatching(/^refuse (chainNotValid|unknownAuthority)$/)]);
    for (const one of [crossplane, behind]) expect((await open(credentialsOf(one))).fate()).toBeUndefined();
  });

  test('usual, it has something that nobody knows, and is served', async () => {
    tls = await startTls(own, root.cert);
    const good = await makeIdentity({ issuer: root, usages: ['clientAuth'], ...usual, ...passing });
    expect((await open(credentialsOf(good))).fate()).toBeUndefined();
  });

  test('an authority of `ca.crt` that another one signed is enough', async () => {
    const { byRoot } = crossSigned;
    tls = await startTls(own, byRoot.cert);
    expect((await open({ key: behind.key, cert: behind.alone })).fate()).toBeUndefined();
    const restricted = await makeIdentity({ isAuthority: true, subject: 'CN=servers', issuer: root, ...servers });
    const bad = await makeIdentity({ issuer: restricted, usages: ['clientAuth'], ...usual });
    writeAuthorities(byRoot, restricted);
    await expect(open(credentialsOf(bad))).rejects.toThrow('closed before a byte of HTTP/2');
    expect((await open({ key: behind.key, cert: behind.alone })).fate()).toBeUndefined();
  });

  test('is looked at again while it is connected', async () => {
    tls = await startTls(own, authority.cert);
    const connection = await open(credentialsOf(crossplane));
    writeAuthorities(await makeIdentity({ isAuthority: true, keys: authority.keys, ...servers }));
    expect(await fateOf(connection)).toBe('goaway');
    expect(tls.told).toContain('end chainNotValid');
  });
});

/** A client of its own frames, which answers nothing and closes nothing. */
async function openRaw(): Promise<{ socket: TLSSocket; received: () => Buffer }> {
  const options: ConnectionOptions & { allowHalfOpen: true } = {
    host: '127.0.0.1',
    port: tls.port,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    allowHalfOpen: true,
    ...credentialsOf(crossplane),
  };
  const socket = connect(options);
  opened.push({ close: () => socket.destroy() });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write(PREFACE);
  return { socket, received: () => Buffer.concat(chunks) };
}

describe('a client that heeds no GOAWAY', () => {
  test('has the call under way answered, and no other', async () => {
    let answer = () => {};
    tls = await startTls(own, authority.cert, {
      answer: () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    });
    const { socket, received } = await openRaw();
    socket.write(callFrames(1, RUN_FUNCTION));
    await until('a call', SOON_SECONDS, async () => tls.calls() || undefined);
    writeAuthorities(next);
    await until('GOAWAY', SOON_SECONDS, async () => hasGoaway(received()) || undefined);
    socket.write(callFrames(3, RUN_FUNCTION));
    await delay(MANY_LOOKS_MILLISECONDS);
    expect(tls.calls()).toBe(1);
    answer();
    await until(
      'the answer',
      SOON_SECONDS,
      async () => received().includes('grpc-status') || socket.readableEnded || undefined,
    );
  });

  test('is cut off after the grace, its call too', async () => {
    tls = await startTls(own, authority.cert, { answer: () => new Promise(() => {}), graceMilliseconds: 100 });
    const { socket } = await openRaw();
    socket.write(callFrames(1, RUN_FUNCTION));
    await until('a call', SOON_SECONDS, async () => tls.calls() || undefined);
    writeAuthorities(next);
    await until('no connection', SOON_SECONDS, async () => (await tls.connections()) === 0 || undefined);
  });

  test('is cut off although it asks nothing and leaves its own half open', async () => {
    tls = await startTls(own, authority.cert, { graceMilliseconds: 100 });
    await openRaw();
    writeAuthorities(next);
    await until('no connection', SOON_SECONDS, async () => (await tls.connections()) === 0 || undefined);
  });
});

describe("a client of gRPC's own library", () => {
  test('has its call answered that is under way, and the next one refused', async () => {
    let answer = () => {};
    tls = await startTls(own, authority.cert, {
      answer: () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    });
    const caller = grpcCaller(tls.port, mutualTls(root, crossplane));
    opened.push(caller);
    const first = caller.call({});
    await until('a call', SOON_SECONDS, async () => tls.calls() || undefined);
    writeAuthorities(next);
    await until('GOAWAY', SOON_SECONDS, async () => tls.told.includes('end unknownAuthority') || undefined);
    answer();
    await expect(first).resolves.toBeDefined();
    await expect(caller.call({}, { deadlineMilliseconds: 5000 })).rejects.toThrow();
    expect(tls.calls()).toBe(1);
  });

  test('comes back when its connection has had its time, and no call fails', async () => {
    tls = await startTls(own, authority.cert, { answer: () => delay(20), ageMilliseconds: 200 });
    const caller = grpcCaller(tls.port, mutualTls(root, crossplane));
    opened.push(caller);
    const most: number[] = [];
    for (let done = 0; done < 50; done++) {
      await Promise.all([caller.call({}), caller.call({}), delay(20)]);
      most.push(tls.accepted());
    }
    expect(tls.calls()).toBe(100);
    expect(most.at(-1)).toBeGreaterThan(3);
  });

  test('has each of its connections ended at a time of its own', async () => {
    tls = await startTls(own, authority.cert, { ageMilliseconds: 3000 });
    const openBoth = async () => {
      const start = performance.now();
      const random = jest.spyOn(Math, 'random').mockReturnValue(0.999);
      const late = await open(credentialsOf(crossplane));
      random.mockReturnValue(0);
      const early = await open(credentialsOf(crossplane));
      random.mockRestore();
      return { late, early, took: performance.now() - start };
    };
    let both = await openBoth();
    while (both.took > 500) both = await openBoth(); // their times differ by a fifth of the age
    const { late, early } = both;
    expect(await Promise.all([early, late].map(fateOf))).toEqual(['goaway', 'goaway']);
    expect(early.goawayAt()).toBeLessThan(late.goawayAt() ?? 0);
  });
});

test('what was built looks by itself: it ends whom it must, keeps the others, and says so', async () => {
  const folder = writeServerFolder(own, authority.cert + root.cert);
  const server = await startServer({ certificates: folder });
  try {
    const former = await openConnection(server.port, credentialsOf(crossplane));
    const kept = await openConnection(server.port, credentialsOf(behind));
    opened.push(former, kept);
    writeServerFolder(own, next.cert + root.cert, folder);
    expect(await until('GOAWAY', SOON_SECONDS, async () => former.fate())).toBe('goaway');
    expect(kept.fate()).toBeUndefined();
    await expect(openConnection(server.port, credentialsOf(crossplane))).rejects.toThrow();
    opened.push(await openConnection(server.port, credentialsOf(await client(next))));
    expect((await server.get('/metrics')).text).toMatch(
      /^sts_function_tls_ended_total\{reason="unknownAuthority"\} 1$/m,
    );
    expect(server.stderr()).toMatch(/"level":"warn","message":"ended a connection","reason":"unknownAuthority"/);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
