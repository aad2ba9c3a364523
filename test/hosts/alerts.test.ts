import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readPolicyFile } from '../../function/hosts/policy.ts';
import type { Simulation } from '../support/composites/simulate.ts';
import {
  type Expectation,
  type Rule,
  type Rules,
  type Series,
  scrapesOf,
  testRules,
} from '../support/hosts/promtool.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { ROOT } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The alerts of the example in the real promtool: which fire by what the function's own metrics have in two hours of composites. */

const FILE = join(ROOT, 'examples/crossplane/production/alerts.yaml');
const { spec: rules } = parse(readFileSync(FILE, 'utf8')) as { spec: Rules };

using folder = temporaryFolder({
  'policy.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Policy
grants:
- { roles: ["arn:aws:iam::*:role/spoke"], via: ["arn:aws:iam::*:role/hub"] }
`,
});
const POLICY = readPolicyFile(join(folder.path, 'policy.yaml'));
const LOST = readPolicyFile(join(folder.path, 'lost.yaml'));

const [LATE, REFUSED, THROTTLED] = ['STSFunctionSecretLate', 'STSFunctionRefused', 'STSFunctionThrottled'];
const [NO_POLICY, FATAL, NOT_CALLED] = ['STSFunctionPolicyMissing', 'STSFunctionFatal', 'STSFunctionNotCalled'];

const END = 120;
/** Alerts that fire in each minute of a range, its ends included. */
const firing = (from: number, to: number, ...alerts: readonly string[]): Expectation => ({ from, to, alerts });
const SILENT = [firing(0, END)];
const isBetween = (from: number, to: number) => (second: number) => second >= from * 60 && second < to * 60;
const isNotBetween = (from: number, to: number) => (second: number) => !isBetween(from, to)(second);

/** Secrets are due from the 35th minute on, and the first sessions end in the 61st. What is open is when exactly an alert begins or ends. */
const scenarios: Readonly<Record<string, { world: Partial<Simulation>; expected: readonly Expectation[] }>> = {
  'a composite is deleted, and all processes start anew': {
    world: { restarts: [3000, 5400], isCalled: (second, composite) => composite > 0 || second < 1200 },
    expected: SILENT,
  },
  'there are no composites': { world: { composites: 0, restarts: [3000] }, expected: SILENT },
  'a role is being made': { world: { isDenied: isBetween(0, 0.75) }, expected: SILENT },
  'a role refuses from the beginning': {
    world: { isDenied: isBetween(0, END) },
    expected: [firing(0, 2), firing(5, END, LATE, REFUSED)],
  },
  'STS throttles from the beginning': { world: { quota: () => 0 }, expected: [firing(5, END, LATE, THROTTLED)] },
  'a role refuses': {
    world: { isDenied: isBetween(30, 75) },
    expected: [firing(0, 30), firing(52, 75, LATE, REFUSED), firing(92, END)],
  },
  'STS throttles': {
    world: { quota: (second) => (isBetween(30, 75)(second) ? 0 : Number.POSITIVE_INFINITY) },
    expected: [firing(0, 30), firing(52, 75, LATE, THROTTLED), firing(92, END)],
  },
  'the Policy is lost': {
    world: { policy: (second) => (isBetween(20, 33)(second) ? LOST : POLICY) },
    expected: [firing(0, 20), firing(25, 32, FATAL, NO_POLICY), firing(48, END)],
  },
  'the engine is dead for half an hour, and the function starts anew meanwhile': {
    world: { isCalled: isNotBetween(25, 55), restarts: [2400] },
    expected: [firing(0, 30), firing(34, 54, NOT_CALLED), firing(57, END)],
  },
  'the last composite is deleted, which looks like a dead engine until six hours after a start': {
    world: { hours: 7.5, composites: 1, isCalled: (second) => second < 1200, restarts: [3600] },
    expected: [firing(0, 20), firing(29, 419, NOT_CALLED), firing(421, 449)],
  },
  'Prometheus never finds the function': {
    world: { composites: 0, isScraped: () => false },
    expected: [firing(2, END, NOT_CALLED)],
  },
  'Prometheus finds the function too late, and loses it for a while': {
    world: { isScraped: (second) => second > 0 && isNotBetween(15, 18)(second) && isNotBetween(30, 60)(second) },
    expected: [firing(0, 30), firing(39, 59, NOT_CALLED), firing(61, END)],
  },
  'the engine dies while a role refuses': {
    world: { isDenied: isBetween(30, END), isCalled: isNotBetween(60, END) },
    expected: [firing(52, 66, LATE, REFUSED), firing(69, 69, LATE, REFUSED, NOT_CALLED), firing(80, END, NOT_CALLED)],
  },
};

const inputs = new Map<string, readonly Series[]>();
/** What promtool says of changed rules in a scenario. */
async function ask(name: string, change: (rule: Rule) => Rule | undefined = (rule) => rule): Promise<string> {
  const { world, expected } = scenarios[name] ?? { world: {}, expected: [] };
  const usual = { composites: 6, hours: END / 60 + 0.02, replicas: 2, policy: () => POLICY };
  const input = inputs.get(name) ?? (await scrapesOf({ ...usual, ...world }));
  inputs.set(name, input);
  const groups = rules.groups.map((group) => ({ ...group, rules: group.rules.flatMap((rule) => change(rule) ?? []) }));
  return testRules({ groups }, input, expected);
}

beforeAll(() => requirePrograms([realProgram('promtool')]));

describe('the alerts that fire are those that are to', () => {
  test.each(Object.keys(scenarios))('%s', async (name) => {
    expect(await ask(name)).toMatch(/^0: .*SUCCESS/s);
  });
});

describe('a rule that is changed is found out', () => {
  const without = (alert: string, field?: string) => (rule: Rule) => {
    if (rule.alert !== alert) return rule;
    return field === undefined ? undefined : { ...rule, [field]: '0s' };
  };
  const instead = (alert: string, from: string, to: string) => (rule: Rule) =>
    rule.alert === alert ? { ...rule, expr: rule.expr.replace(from, to) } : rule;
  const [made, refuses, lost] = ['a role is being made', 'a role refuses', 'the Policy is lost'];
  const loses = 'Prometheus finds the function too late, and loses it for a while';
  const [dead, dies] = Object.keys(scenarios).filter((name) => name.startsWith('the engine')) as [string, string];
  test.each([
    ['no alert of late Secrets', refuses, without(LATE)],
    ['one that does not wait', made, without(LATE, 'for')],
    ['one that ends with the calls', dies, without(LATE, 'keep_firing_for')],
    ['no alert of refusals', refuses, without(REFUSED)],
    ['one that does not wait', made, without(REFUSED, 'for')],
    ['one that ends with the calls', dies, without(REFUSED, 'keep_firing_for')],
    ['one for throttles too', 'STS throttles', instead(REFUSED, '!~', '=~')],
    ['no alert of throttles', 'STS throttles', without(THROTTLED)],
    ['no alert of a lost Policy', lost, without(NO_POLICY)],
    ['no alert of fatal calls', lost, without(FATAL)],
    ['no alert of a dead engine', dead, without(NOT_CALLED)],
    ['one that is too slow', dead, instead(NOT_CALLED, '420', '600')],
    ['one that a restart ends', dead, instead(NOT_CALLED, '[6h]', '[1m]')],
    ['one that needs a series', 'Prometheus never finds the function', instead(NOT_CALLED, 'or on', 'unless on')],
    ['one for a short gap', loses, instead(NOT_CALLED, '[7m]', '[1m]')],
    ['one that does not wait for a scrape', loses, without(NOT_CALLED, 'for')],
    ['one that takes no call yet for one of 1970', 'there are no composites', instead(NOT_CALLED, ' > 0)', ')')],
  ])('%s: %s', async (_, name, change) => {
    expect(await ask(name, change)).toMatch(/^1: .*FAILED/s);
  });
});
