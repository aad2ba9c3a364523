import { expect, test } from '@jest/globals';
import { auditRefusals } from '../../../function/crossplane/audit.ts';
import type { Call } from '../../../function/crossplane/read-request.ts';
import { type AuditLine, newService } from '../../../function/crossplane/shared-state.ts';
import { finding } from '../../../function/findings/finding.ts';
import { KEPT } from '../../../function/model/job.ts';
import type { Decision } from '../../../function/planner/plan.ts';

const object = (name: string) => ({
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'STSAssumeRoleToken',
  name,
});
const decision = (name: string) =>
  ({ job: { requester: object(name), target: { name }, parts: [] } }) as unknown as Decision;
const refusal = (name: string, code: 'HOP_DENIED' | 'CREDENTIALS_REFUSED' = 'HOP_DENIED') =>
  finding(code, 'no.', { object: object(name) });

/** A call of one composite. */
const callAt = (seconds: number, service: object, uid = 'u') =>
  ({ composite: { uid }, facts: {}, now: new Date(1000 * seconds), service }) as unknown as Call;

/** A log of one composite, whose generators share a bucket. */
function world() {
  const { toldRefusals } = newService({} as Parameters<typeof newService>[0]);
  return (seconds: number, names: readonly string[], problems: ReturnType<typeof refusal>[], uid = 'u') => {
    const lines: string[] = [];
    const audit = ({ reason, secret }: AuditLine) => lines.push(`${secret} ${reason}`);
    const call = callAt(seconds, { toldRefusals, audit }, uid);
    auditRefusals(names.map(decision), problems, { call, policyDigest: undefined, bucketOf: () => 'bucket' });
    return lines;
  };
}

test('a refusal that comes and goes is told once a minute', () => {
  const tell = world();
  expect(tell(0, ['a'], [refusal('a')])).toEqual(['a HOP_DENIED']);
  for (let seconds = 2; seconds < 60; seconds += 2) {
    expect(tell(seconds, ['a'], [])).toEqual([]);
    expect(tell(seconds + 1, ['a'], [refusal('a')])).toEqual([]);
  }
  expect(tell(60, ['a'], [refusal('a')])).toEqual(['a HOP_DENIED']);
  expect(tell(200, ['a'], [])).toEqual([]);
  expect(tell(201, ['a'], [refusal('a')])).toEqual(['a HOP_DENIED']);
});

test('one whose reason changes too, and one that stays is told no more', () => {
  const tell = world();
  expect(tell(0, ['a'], [refusal('a')])).toEqual(['a HOP_DENIED']);
  expect(tell(30, ['a'], [refusal('a', 'CREDENTIALS_REFUSED')])).toEqual([]);
  expect(tell(61, ['a'], [refusal('a', 'CREDENTIALS_REFUSED')])).toEqual(['a CREDENTIALS_REFUSED']);
  expect(tell(600, ['a'], [refusal('a', 'CREDENTIALS_REFUSED')])).toEqual([]);
});

test('a composite that is made anew is told of again', () => {
  const tell = world();
  expect(tell(0, ['a'], [refusal('a')])).toEqual(['a HOP_DENIED']);
  expect(tell(61, ['a'], [refusal('a')])).toEqual([]);
  expect(tell(62, ['a'], [refusal('a')], 'new')).toEqual(['a HOP_DENIED']);
});

test('of two in a bucket a good one leaves the reason of the other, and two reasons take no turns', () => {
  const tell = world();
  const both = [refusal('a'), refusal('b', 'CREDENTIALS_REFUSED')];
  expect(tell(0, ['a', 'b'], both)).toEqual(['a HOP_DENIED']);
  for (const seconds of [61, 122, 183]) expect(tell(seconds, ['a', 'b'], both)).toEqual([]);
  expect(tell(250, ['good', 'a'], [refusal('a')])).toEqual([]);
});

test('another name of a generator is no other refusal', () => {
  const tell = world();
  const told = Array.from({ length: 20 }, (_, at) => tell(at, [`a${at}`], [refusal(`a${at}`)]));
  expect(told.flat()).toEqual(['a0 HOP_DENIED']);
});

test('each refusal is looked at once, however many Secrets a composite has', () => {
  const names = Array.from({ length: 500 }, (_, at) => `a${at}`);
  let looks = 0;
  const problems = names.map((name) => {
    const problem = refusal(name);
    const get = () => {
      looks += 1;
      return object(name);
    };
    return Object.defineProperty(problem, 'object', { get });
  });
  world()(0, names, problems);
  expect(looks).toBeLessThanOrEqual(3 * names.length);
});

test('no bucket is named where nothing is refused, and nothing was before', () => {
  const { toldRefusals } = newService({} as Parameters<typeof newService>[0]);
  const buckets: string[] = [];
  const bucketOf = (key: string) => {
    buckets.push(key);
    return 'bucket';
  };
  const refuse = (problems: ReturnType<typeof refusal>[], uid: string) =>
    auditRefusals([decision('a')], problems, {
      call: callAt(0, { toldRefusals, audit: () => {} }, uid),
      ...{ policyDigest: undefined, bucketOf },
    });
  refuse([refusal('a')], 'other');
  refuse([], 'u');
  expect(buckets).toHaveLength(1);
  refuse([], 'other');
  expect(buckets).toHaveLength(2);
});

test('a Secret that is kept, and written again, was refused no session', () => {
  const kept = { ...decision('a'), verdict: KEPT };
  const { toldRefusals } = newService({} as Parameters<typeof newService>[0]);
  const lines: AuditLine[] = [];
  const call = callAt(0, { toldRefusals, audit: (line: AuditLine) => lines.push(line) });
  const changed = finding('SECRET_CHANGED', 'changed.', { object: object('a') });
  for (const [made, count] of [
    [kept, 0],
    [decision('a'), 1],
  ] as const) {
    auditRefusals([made], [changed], { call, policyDigest: undefined, bucketOf: () => 'b' });
    expect(lines).toHaveLength(count);
  }
});

test('what is good in between is told again', () => {
  const { toldRefusals } = newService({} as Parameters<typeof newService>[0]);
  const lines: AuditLine[] = [];
  const tell = (seconds: number, made: Decision, problems: ReturnType<typeof refusal>[]) =>
    auditRefusals([made], problems, {
      call: callAt(seconds, { toldRefusals, audit: (line: AuditLine) => lines.push(line) }),
      ...{ policyDigest: undefined, bucketOf: () => 'b' },
    });
  tell(0, decision('a'), [refusal('a')]);
  tell(70, { ...decision('a'), verdict: KEPT }, []);
  tell(140, decision('a'), [refusal('a')]);
  expect(lines).toHaveLength(2);
});
