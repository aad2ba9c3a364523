import { expect, test } from '@jest/globals';
import { forTenant, OPERATOR } from '../../../function/crossplane/explain.ts';
import { fieldFinding, finding, keyOfFinding, messageOf } from '../../../function/findings/finding.ts';
import {
  HOST,
  joined,
  named,
  notHere,
  notThere,
  quoted,
  render,
  say,
  THE_OPTIONS,
  theField,
  theObject,
  toldBy,
} from '../../../function/findings/say.ts';

const secret = { apiVersion: 'v1', kind: 'Secret', name: 'keys', namespace: 'team-a' };
const generator = {
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'STSAssumeRoleToken',
  name: 'deployer',
};
const shared = {
  ...generator,
  kind: 'ClusterGenerator',
  namespace: 'team-a',
  specPath: 'spec.generator.stsAssumeRoleTokenSpec',
};
const composite = { name: 'acme', namespace: 'team-a' };

test('values keep their kinds until somebody reads them', () => {
  const said = say`cannot use ${theObject(secret)}: ${joined([quoted('a'), quoted('b')], ' and ')} in ${THE_OPTIONS}`;
  expect(render(said, HOST)).toBe('cannot use Secret "team-a/keys": "a" and "b" in the functionConfig');
  expect(render(said, OPERATOR)).toBe('cannot use Secret "team-a/keys": "a" and "b" in the step\'s input');
});

test('nobody makes a text of a sentence but for a reader', () => {
  expect(() => `${quoted('a')}`).toThrow('a sentence is rendered for a reader');
});

test('what is not there is said in the words of its reader', () => {
  const where = say`it is ${notThere({ beside: 'the cluster', cure: 'Apply it' })}`;
  expect(render(where, HOST)).toBe('it is neither in the ResourceList nor in the cluster. Apply it');
  expect(render(where, OPERATOR)).toBe('it is not there. Create it; the composite is retried automatically');
});

test('who has words of his own is told in them, and other values stay values', () => {
  const where = say`${theObject(secret)} of ${THE_OPTIONS} is ${notThere({ cure: 'Apply it' })}`;
  const told = toldBy(where, { options: 'the Input', absent: (absent) => notHere('among the files', absent) });
  expect(render(told, HOST)).toBe('Secret "team-a/keys" of the Input is not among the files. Apply it');
  expect(forTenant([finding('SPEC_INVALID', told)], { name: 'acme', namespace: 'team-b' })).toBe(
    'Secret "…" of the Input is not among the files. Apply it',
  );
});

test('findings are equal that say the same of the same place, whatever they are about', () => {
  const one = finding('SPEC_INVALID', say`cannot use ${quoted('a')}.`, { object: secret });
  const location = { file: 'a.yaml', line: 1 };
  expect(keyOfFinding(one)).toBe(
    keyOfFinding(finding('SPEC_INVALID', say`cannot use ${quoted('a')}.`, { object: generator })),
  );
  const others = [
    finding('VALUE_INVALID', say`cannot use ${quoted('a')}.`),
    finding('SPEC_INVALID', say`cannot use ${named('a')}.`),
    finding('SPEC_INVALID', say`cannot use ${quoted('b')}.`),
    { ...one, location },
  ];
  expect(new Set([one, ...others].map(keyOfFinding)).size).toBe(5);
});

test('a long text is compared by its beginning, and a file by all of its path: a run keeps what it has told', () => {
  const long = 'x'.repeat(1_000_000);
  const keyOf = (text: string, file: string) =>
    keyOfFinding(finding('SPEC_INVALID', say`got ${quoted(text)}.`, { location: { file } }));
  const path = 'a/'.repeat(2000);
  const all = [keyOf(long, `${path}a`), keyOf(`y${long}`, `${path}a`), keyOf(long, `${path}b`)];
  expect(new Set(all).size).toBe(3);
  for (const one of all) expect(one.length).toBeLessThan(6000);
});

test('what a ClusterGenerator is in a namespace is said of the ClusterGenerator, where it is written', () => {
  const found = fieldFinding(
    'SPEC_INVALID',
    { object: shared, field: 'spec.role' },
    say`must fit ${theField('spec.region')}`,
  );
  const path = 'spec.generator.stsAssumeRoleTokenSpec';
  expect(found).toMatchObject({ object: { kind: 'ClusterGenerator', name: 'deployer' }, field: `${path}.role` });
  expect(found.object).not.toHaveProperty('namespace');
  expect(messageOf(found)).toBe(
    `cannot use ClusterGenerator "deployer": \`${path}.role\` must fit \`${path}.region\`.`,
  );
});

test.each([
  ['what somebody wrote', quoted('hunter2'), '"…"'],
  ['an ARN', quoted('arn:aws:iam::123456789012:role/a'), '"arn:…"'],
  ['the name of the composite', quoted('acme'), '"acme"'],
  ['an object in the namespace', theObject(secret), 'Secret "team-a/keys"'],
  ['an object in another', theObject({ ...secret, namespace: 'team-b' }), 'Secret "…"'],
  ['an object whose name has an account', theObject({ ...secret, name: 'a-123456789012' }), 'Secret "team-a/a-…"'],
  ['an object of another kind', theObject({ ...secret, kind: 'Bucket' }), 'Bucket "…"'],
  ['a part of an object', named('access-key'), '"access-key"'],
  ['what is no name of a part', named('a b'), '"…"'],
])('the owner of a composite reads of %s what is his', (_, value, want) => {
  const one = finding('SPEC_INVALID', say`cannot use ${value}.`);
  expect(forTenant([one], composite)).toBe(`cannot use ${want}.`);
  expect(messageOf(one, OPERATOR)).toBe(messageOf(one));
});
