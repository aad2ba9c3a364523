import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { composite, generator, input, type Parts, request } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { clusterGenerator, externalSecret, fromGenerator } from '../../support/manifests.ts';
import { processorSeconds } from '../../support/process-use.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * Who writes a composite, or what earlier steps make of it, decides how much one call has to read: a call that takes long blocks
 * those of all other tenants, for there is one thread.
 */
const BOUND_SECONDS = 12;
/** For a machine that does much else. */
const MANY = 9500;
const ROLE = 'arn:aws:iam::123456789012:role/deployer';

const sts = forEachTest(startExampleSts);
const server = forEachTest(() => startServer({ sts, arguments: ['--max-recv-message-size', '64'] }));

const keyed = <T>(make: (index: number) => T) =>
  Object.fromEntries(Array.from({ length: MANY }, (_, at) => [`r${at}`, { resource: make(at) }]));
const configMap = (at: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `c${at}`, namespace: 'team-a' },
});
const own = (at: number) => generator({ role: ROLE }, { name: `g${at}` });
const generators = Array.from({ length: MANY }, (_, at) => own(at));
const naming = (at: number) => externalSecret({ dataFrom: [fromGenerator(`away${at}`)] }, { name: `e${at}` });
const objectOf = (kind: string, name: string, parts: object) => ({
  items: [
    {
      resource: {
        apiVersion: kind.startsWith('STS') ? generator().apiVersion : 'v1',
        kind,
        metadata: { name, namespace: 'team-a' },
        ...parts,
      },
    },
  ],
});
const signedBy = (name: string) => ({
  spec: {
    region: 'eu-west-1',
    role: ROLE,
    auth: {
      secretRef: {
        accessKeyIDSecretRef: { name, key: 'id' },
        secretAccessKeySecretRef: { name, key: 'secret' },
        sessionTokenSecretRef: { name, key: 'token' },
      },
    },
  },
});
const bare = (parts: object) => input({ generators: [], vars: {}, ...parts });

/** The answer, and that of a small call behind it, for which the server computes six times as long as it needs at most. */
async function answerInTime(parts: Parts, more?: Parameters<typeof server.call>[1]): Promise<RunFunctionResponse> {
  const before = processorSeconds(server.pid);
  const [answer, small] = await Promise.all([server.call(parts, more), server.call(request({ input: bare({}) }))]);
  expect(processorSeconds(server.pid) - before).toBeLessThan(BOUND_SECONDS);
  expect(small.results).toEqual([]);
  return answer;
}

describe('a call of many objects is answered, and others behind it', () => {
  test('thousands of generators beside thousands of resources of earlier steps', async () => {
    const answer = await answerInTime(
      request({ input: bare({ generators }), desired: { resources: keyed(configMap) } }),
    );
    expect(Object.keys(answer.requirements?.resources ?? {})).toHaveLength(MANY);
  });

  test('thousands of generators, all of which were looked up', async () => {
    const requiredResources = Object.fromEntries(
      Array.from({ length: MANY }, (_, at) => [
        `Secret/team-a/acme-g${at}`,
        {
          items: [
            {
              resource: { apiVersion: 'v1', kind: 'Secret', metadata: { name: `acme-g${at}`, namespace: 'team-a' } },
            },
          ],
        },
      ]),
    );
    const answer = await answerInTime(request({ input: bare({ generators }), requiredResources } as object as Parts)); // without what an engine leaves out
    expect(answer.conditions[0]).toMatchObject({ reason: 'TargetNotOurs' });
  });

  test('thousands of generators that earlier steps desire', async () => {
    const answer = await answerInTime(request({ input: bare({}), desired: { resources: keyed(own) } }));
    expect(Object.keys(answer.requirements?.resources ?? {})).toHaveLength(MANY);
  });

  test('thousands of ExternalSecrets of generators that only the cluster may have', async () => {
    const answer = await answerInTime(request({ input: bare({}), desired: { resources: keyed(naming) } }));
    expect(Object.keys(answer.requirements?.resources ?? {})).toHaveLength(MANY);
  });

  test('thousands of objects, and one with very many keys that JavaScript drops', async () => {
    const standIn = '--proto--'; // an object of JavaScript could not have it
    const resource = { ...configMap(0), list: Array.from({ length: 60_000 }, () => ({ [standIn]: true })) };
    const shown = Object.fromEntries(Array.from({ length: MANY }, (_, at) => [`o${at}`, { items: [] }]));
    const parts = { input: bare({}), requiredResources: { ...shown, last: { items: [{ resource }] } } };
    const answer = await answerInTime(request(parts as object as Parts), {
      rewrite: (bytes) => Buffer.from(bytes.toString('latin1').replaceAll(standIn, '__proto__'), 'latin1'),
    });
    expect(answer.results).toEqual([]);
  });

  test('thousands of observed Secrets that nobody wants', async () => {
    const resources = Object.fromEntries(
      Array.from({ length: MANY }, (_, at) => [
        `k${at}`,
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: `s${at}`, namespace: 'team-a' }, data: {} },
      ]),
    );
    const answer = await answerInTime(request({ input: bare({}), observedResources: resources }));
    expect(answer.results).toEqual([]);
  });

  test('thousands of templates in a ConfigMap of very many keys', async () => {
    const items = Array.from({ length: 2000 }, () => ({ key: 't' }));
    const made = { template: { templateFrom: [{ configMap: { name: 'theirs', items } }] } };
    const reading = externalSecret({ dataFrom: [fromGenerator('g0')], target: made }, { namespace: undefined });
    const data = Object.fromEntries(Array.from({ length: 40_000 }, (_, at) => [`k${at}`, '']));
    const theirs = objectOf('ConfigMap', 'theirs', { data: { ...data, t: 'text' } });
    const secret = { 'Secret/team-a/acme-credentials': { items: [] } };
    const parts = { input: bare({ generators: [own(0), JSON.parse(JSON.stringify(reading))] }) };
    const answer = await answerInTime(
      request({ ...parts, requiredResources: { ...secret, theirs } } as object as Parts),
    );
    expect(answer.conditions).toMatchObject([{ reason: 'Available' }]);
  });

  test('hundreds of ExternalSecrets of a ClusterGenerator of very many annotations', async () => {
    const naming = Array.from({ length: 700 }, (_, at) =>
      externalSecret({ dataFrom: [fromGenerator('theirs', undefined, 'ClusterGenerator')] }, { name: `e${at}` }),
    );
    const annotations = Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`a${at}`, '']));
    const theirs = { items: [{ resource: clusterGenerator({ region: 'x' }, { name: 'theirs', annotations }) }] };
    const parts = { input: bare({ generators: naming }), requiredResources: { theirs } };
    const answer = await answerInTime(request(parts as object as Parts));
    expect(answer.conditions).toMatchObject([{ reason: 'SpecInvalid' }]);
  });

  test('a thousand Secrets of one name, which the generator of a tenant reads', async () => {
    const writing = Array.from({ length: 1000 }, (_, at) =>
      externalSecret({ dataFrom: [fromGenerator('theirs')], target: { name: 'x' } }, { name: `e${at}` }),
    );
    const theirs = objectOf(generator().kind, 'theirs', signedBy('x'));
    const parts = { input: bare({ generators: writing, allow: [{ roles: [ROLE], fromCluster: true }] }) };
    const answer = await answerInTime(request({ ...parts, requiredResources: { theirs } } as object as Parts));
    expect(answer.conditions).toMatchObject([{ reason: 'TargetConflict' }]);
  });

  test('a thousand generators that an ExternalSecret of a long namespace names', async () => {
    const dataFrom = Array.from({ length: 1000 }, (_, at) => fromGenerator(`g${at}`));
    const resource = externalSecret({ dataFrom }, { name: 'e', namespace: 'n'.repeat(300_000) });
    const xr = composite({ metadata: { namespace: '' } });
    const answer = await answerInTime(request({ xr, input: bare({}), desired: { resources: { e: { resource } } } }));
    expect(answer.conditions).toMatchObject([{ reason: 'SpecInvalid' }]);
  });

  test('hundreds of generators whose keys are a Secret of a megabyte', async () => {
    const signed = Array.from({ length: 500 }, (_, at) => generator(signedBy('keys').spec, { name: `g${at}` }));
    const long = Buffer.from('A'.repeat(250_000)).toString('base64');
    const keys = objectOf('Secret', 'keys', { data: { id: long, secret: long, token: long } });
    const absent = signed.map((_, at) => [`Secret/team-a/acme-g${at}`, { items: [] }] as const);
    const parts = { input: bare({ generators: signed }) };
    const requiredResources = { ...Object.fromEntries(absent), keys };
    const answer = await answerInTime(request({ ...parts, requiredResources } as object as Parts));
    expect(answer.conditions).toMatchObject([{ reason: 'CredentialMalformed' }]);
    expect(sts.calls).toEqual([]);
  });
});

describe('what is too much is Fatal, in one line, and nobody is asked', () => {
  test.each<[string, object, string]>([
    ['10,001 generators', { generators: Array.from({ length: 10_001 }, (_, at) => own(at)) }, '10001'],
    [
      '62,500 Secrets',
      {
        generators: [own(0)],
        sessions: [
          {
            secrets: Array.from({ length: 250 }, (_, at) => ({
              name: `s${at}`,
              namespaces: Array.from({ length: 250 }, (__, one) => `n${one}`),
            })),
          },
        ],
      },
      '62500 Secrets',
    ],
    [
      '20,000 variables',
      {
        vars: Object.fromEntries(
          Array.from({ length: 20_000 }, (_, at) => [`v${at}`, { value: 'a', type: 'dnsLabel' }]),
        ),
      },
      '20000 entries',
    ],
  ])('%s', async (_, parts, cause) => {
    const { results, conditions } = await answerInTime(request({ input: bare(parts) }));
    expect(results.map(({ reason }) => reason)).toEqual(['LimitExceeded']);
    expect(results[0]?.message).toContain(cause);
    expect(conditions[0]).toMatchObject({ reason: 'LimitExceeded' });
    expect(sts.calls).toEqual([]);
  });
});
