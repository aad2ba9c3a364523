import { describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { composite, generator, input, request, UID, verdictOf } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { Role } from '../support/sts/start-sts.ts';

const HUB = 'arn:aws:iam::111111111111:role/hub';
const OTHER_HUB = 'arn:aws:iam::111111111111:role/other-hub';
const COMPOSITES = 40;

/** The role that all composites get, behind both hubs. */
const DEPLOYER: Role = {
  arn: 'arn:aws:iam::222222222222:role/shared',
  trust: [{ principals: [HUB, OTHER_HUB] }],
};
/** The other hub takes two external IDs. */
const hubs: Role[] = [
  { arn: HUB, trust: [{ principals: [ci.arn] }] },
  { arn: OTHER_HUB, trust: ['first', 'second'].map((externalID) => ({ principals: [ci.arn], externalID })) },
];
const ownRoles: Role[] = [];
const sts = forEachTest(() => {
  ownRoles.splice(0, ownRoles.length, ...roles.filter(({ arn }) => arn !== HUB), DEPLOYER, ...hubs);
  return startExampleSts({ roles: ownRoles });
});
const server = forEachTest(() => startServer({ sts }));

/** The request of a composite whose chain begins with a hop. */
function behind(via: object | string, number: number, parts: object = {}, spec: object = {}) {
  const xr = composite({
    metadata: { name: `acme-${number}`, namespace: `team-${number % 4}`, uid: `${UID}-${number}` },
  });
  const own = generator({ role: DEPLOYER.arn, ...spec });
  const allow = [{}];
  return request({ xr, input: input({ generators: [own], vars: {}, allow, sessions: [{ via: [via] }], ...parts }) });
}

/** How often STS was asked for a role. */
const callsFor = (role: string, also: object = {}) =>
  sts.calls.filter(({ parameters }) =>
    Object.entries({ RoleArn: role, ...also }).every(([name, value]) => parameters[name] === value),
  ).length;

describe('forty composites', () => {
  test('behind two hubs and two external IDs ask once for each', async () => {
    const hops = [HUB, { role: OTHER_HUB, externalID: 'first' }, { role: OTHER_HUB, externalID: 'second' }];
    const answers = await Promise.all(
      Array.from({ length: COMPOSITES }, (_, at) => server.reconcile(behind(hops[at % hops.length] ?? HUB, at))),
    );
    expect(answers.map(({ response }) => Object.keys(response.desired?.resources ?? {}).length)).toEqual(
      Array(COMPOSITES).fill(1),
    );
    expect({
      hub: callsFor(HUB),
      first: callsFor(OTHER_HUB, { ExternalId: 'first' }),
      second: callsFor(OTHER_HUB, { ExternalId: 'second' }),
      roles: callsFor(DEPLOYER.arn),
    }).toEqual({ hub: 1, first: 1, second: 1, roles: COMPOSITES });
  });

  test('whose hub trusts nobody any more ask it twice, however often they come again', async () => {
    await server.reconcile(behind(HUB, 0));
    ownRoles.splice(
      ownRoles.findIndex(({ arn }) => arn === HUB),
      1,
    );
    ownRoles.splice(ownRoles.indexOf(DEPLOYER), 1);
    const asks = () =>
      Promise.all(Array.from({ length: COMPOSITES }, (_, at) => server.reconcile(behind(HUB, at + 1))));
    const verdicts = [...(await asks()), ...(await asks())].map(({ response }) => verdictOf(response)?.reason);
    expect(new Set(verdicts)).toEqual(new Set(['HopDenied']));
    expect(callsFor(HUB)).toBeLessThanOrEqual(3); // the first, and twice since
  });
});

test('keys of a manifest never sign with a shared session, nor are theirs shared', async () => {
  const text = (value: string) => Buffer.from(value).toString('base64');
  const keys = {
    ...{ apiVersion: 'v1', kind: 'Secret' },
    data: { id: text(ci.accessKeyId), secret: text(ci.secretAccessKey) },
  };
  const auth = {
    secretRef: {
      accessKeyIDSecretRef: { name: 'ci', key: 'id' },
      secretAccessKeySecretRef: { name: 'ci', key: 'secret' },
    },
  };
  // both in one namespace, with Secrets of one name: that may be the credentials of two steps
  for (const number of [0, 4]) {
    await server.reconcile(behind(HUB, number));
    const own = { ...keys, metadata: { name: 'ci', namespace: 'team-2' } };
    const { response } = await server.reconcile(behind(HUB, number + 2, {}, { auth }), [own]);
    expect(verdictOf(response)).toMatchObject({ reason: 'Available' });
  }
  expect(callsFor(HUB)).toBe(3);
});
