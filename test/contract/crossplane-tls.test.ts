import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { startServer } from '../support/crossplane/start-server.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { type Identity, makeIdentity, writeServerFolder } from '../support/make-identity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CLIENT = ['clientAuth'] as const;

let authority: Identity;
let usual: Identity;
let intermediate: Identity;
const folder = forAllTests(temporaryFolder);
const server = forAllTests(async () => {
  authority = await makeIdentity({ isAuthority: true });
  usual = await makeIdentity({ isAuthority: true, subject: 'CN=usual root', serial: '01' });
  intermediate = await makeIdentity({
    isAuthority: true,
    subject: 'CN=usual intermediate',
    serial: '02',
    issuer: usual,
    isUsual: true,
  });
  const own = await makeIdentity({ issuer: authority, usages: ['serverAuth'] });
  writeServerFolder(own, authority.cert + usual.cert, folder.path);
  return startServer({ certificates: folder.path });
});

/** True when HTTP/2 is spoken to a client that has `options`, false when its connection is closed before. */
async function isServed(options: ConnectionOptions): Promise<boolean> {
  const socket = connect({
    host: '127.0.0.1',
    port: server.port,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    ...options,
  });
  const failed = new Promise<false>((resolve) => {
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
  const session = connectHttp2(`https://127.0.0.1:${server.port}`, { createConnection: () => socket });
  session.on('error', () => {});
  const served = once(session, 'remoteSettings').then(
    () => true,
    () => false,
  );
  const result = await Promise.race([served, failed]);
  session.destroy();
  socket.destroy();
  return result;
}

describe('who is served', () => {
  const crossplane = () => makeIdentity({ issuer: authority, usages: CLIENT });
  test.each<[string, boolean, () => Promise<ConnectionOptions>]>([
    ["Crossplane's own: one subject, one serial, no identifiers", true, crossplane],
    [
      'a usual certificate',
      true,
      () => makeIdentity({ issuer: usual, subject: 'CN=client', serial: '03', usages: CLIENT, isUsual: true }),
    ],
    [
      'one behind an intermediate authority',
      true,
      async () => {
        const { cert, key } = await makeIdentity({
          issuer: intermediate,
          subject: 'CN=client',
          serial: '04',
          usages: CLIENT,
          isUsual: true,
        });
        return { cert: cert + intermediate.cert, key };
      },
    ],
    ['nobody: no certificate', false, async () => ({})],
    [
      "one of another authority with Crossplane's names",
      false,
      async () => makeIdentity({ issuer: await makeIdentity({ isAuthority: true }), usages: CLIENT }),
    ],
    ['one that signed itself', false, () => makeIdentity({ usages: CLIENT })],
    [
      'one behind an authority that is none',
      false,
      async () => makeIdentity({ issuer: await makeIdentity({ issuer: authority, usages: CLIENT }), usages: CLIENT }),
    ],
    ['an expired one', false, () => makeIdentity({ issuer: authority, usages: CLIENT, days: [-2, -1] })],
    ['one of tomorrow', false, () => makeIdentity({ issuer: authority, usages: CLIENT, days: [1, 2] })],
    ["a server's certificate", false, () => makeIdentity({ issuer: authority, usages: ['serverAuth'] })],
    [
      "a usual server's certificate",
      false,
      () => makeIdentity({ issuer: usual, subject: 'CN=server', serial: '05', usages: ['serverAuth'], isUsual: true }),
    ],
    [
      "a Provider's, of the engine's authority",
      false,
      () => makeIdentity({ issuer: authority, usages: CLIENT, hosts: ['provider-helm-0123456789ab'] }),
    ],
    [
      "the engine's with its name",
      true,
      () => makeIdentity({ issuer: authority, usages: CLIENT, hosts: ['crossplane.crossplane-system'] }),
    ],
    ['one for nothing', false, () => makeIdentity({ issuer: authority })],
    ['the authority itself', false, async () => authority],
    ['an authority as a client', false, () => makeIdentity({ issuer: authority, isAuthority: true, usages: CLIENT })],
    ['one that does not speak HTTP/2', false, async () => ({ ...(await crossplane()), ALPNProtocols: ['http/1.1'] })],
    ['one with TLS 1.1', false, async () => ({ ...(await crossplane()), maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })],
  ])('%s: %s', async (_, want, options) => {
    const { cert, key, ...others } = (await options()) as ConnectionOptions & { keys?: unknown };
    const { keys: _keys, certificate: _certificate, ...given } = others as Record<string, unknown>;
    expect(await isServed({ ...given, ...(cert === undefined ? {} : { cert, key }) })).toBe(want);
  });

  test('refusals are counted, and the log names why', async () => {
    const { text } = await server.get('/metrics');
    expect(text).toMatch(/sts_function_tls_refusals_total\{reason="noCertificate"\} 1/);
    expect(server.stderr()).toMatch(/"message":"refused a connection","reason":"notForClients"/);
    expect(server.stderr()).toMatch(/"reason":"handshake","code":"ERR_SSL_[A-Z_]+"/);
  });

  test('after a rotation the new authority counts, and the former no more', async () => {
    const next = await makeIdentity({ isAuthority: true });
    const former = await makeIdentity({ issuer: authority, usages: CLIENT });
    writeServerFolder(await makeIdentity({ issuer: next, usages: ['serverAuth'] }), next.cert, folder.path);
    const { cert, key } = await makeIdentity({ issuer: next, usages: CLIENT });
    expect(await isServed({ cert, key })).toBe(true);
    expect(await isServed({ cert: former.cert, key: former.key })).toBe(false);
  });
});
