import { describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { functionConfig, generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { Fault, Role } from '../support/sts/start-sts.ts';

// AWS needs some seconds to know a new role everywhere, and says AccessDenied until then: who has just made one may ask
// for patience.

const HUB = 'arn:aws:iam::111111111111:role/hub';
const NEW_ROLE: Role = { arn: 'arn:aws:iam::123456789012:role/new', trust: [{ principals: [ci.arn, HUB] }] };
const BEHIND_HUB = `  sessions: [{via: ["${HUB}"]}]\n`;
const FOREVER = Number.POSITIVE_INFINITY;

const denied = (times: number, roleArn = NEW_ROLE.arn): Fault => {
  return { kind: 'error', code: 'AccessDenied', status: 403, roleArn, times };
};

/** A ResourceList with this Input and as many generators of the new role. */
function asking(fields: string, count = 1): string {
  const generators = Array.from({ length: count }, (_, index) =>
    generatorItem(`region: eu-west-1, role: "${NEW_ROLE.arn}"`, { name: `deployer-${index}` }),
  );
  return list(generators.join(''), functionConfig(fields));
}

/** What came of it, and the roles asked for in their order. */
async function run(input: string, fault: Fault, environment = {}) {
  await using sts = await startExampleSts({ roles: [...roles, NEW_ROLE] });
  sts.fail(fault);
  const ended = await runFunction(input, { sts, environment });
  return { ended, asked: sts.calls.map(({ parameters }) => parameters.RoleArn?.split('/')[1]) };
}

test.concurrent('a role that is known after three refusals is had with the fourth call', async () => {
  const { ended, asked } = await run(asking('  awaitRoles: 30s\n'), denied(3));
  expect({ exit: ended.exit, stderr: ended.stderr, asked }).toEqual({
    exit: 0,
    stderr: '',
    asked: Array(4).fill('new'),
  });
  expect(emittedSecrets(ended.stdout)).toHaveLength(1);
});

test.concurrent('the hops before it are made once', async () => {
  const { ended, asked } = await run(asking(`  awaitRoles: 1m\n${BEHIND_HUB}`), denied(2));
  expect({ exit: ended.exit, asked }).toEqual({ exit: 0, asked: ['hub', 'new', 'new', 'new'] });
});

test.concurrent('a role that stays unknown is refused in the usual words, after a few calls', async () => {
  const input = asking('  awaitRoles: 3s\n');
  const { ended, asked } = await run(input, denied(FOREVER));
  expect(failureOf(ended, input)).toEqual({
    exit: 1,
    lines: [
      expect.stringContaining(
        '(hop 1 of 1, sts:AssumeRole) for STSAssumeRoleToken "team-a/deployer-0": AccessDenied on every attempt. ',
      ),
    ],
    codes: ['HOP_DENIED'],
  });
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.length).toBeLessThan(10);
});

test.concurrent('generators that share the hop wait together', async () => {
  const input = asking(`  awaitRoles: 2s\n${BEHIND_HUB}`, 20);
  const { ended, asked } = await run(input, denied(FOREVER, HUB));
  expect(failureOf(ended, input).lines).toEqual([
    expect.stringContaining('"team-a/deployer-0" and 19 more: AccessDenied'),
  ]);
  expect(asked.length).toBeLessThan(10);
});

test.concurrent('nobody who did not ask for it waits', async () => {
  const input = asking('  sessions: []\n');
  const { ended, asked } = await run(input, denied(FOREVER));
  expect(failureOf(ended, input).codes).toEqual(['HOP_DENIED']);
  expect(asked).toEqual(['new']);
});

test.concurrent.each(['ValidationError', 'ExpiredToken', 'InvalidClientTokenId'])(
  'nothing but AccessDenied is waited for: %s',
  async (code) => {
    const { ended, asked } = await run(asking('  awaitRoles: 30s\n'), { kind: 'error', code, status: 403 });
    expect({ exit: ended.exit, asked }).toEqual({ exit: 1, asked: ['new'] });
  },
);

test.concurrent('the deadline of the run ends the wait', async () => {
  const input = asking('  awaitRoles: 2m\n');
  const { ended, asked } = await run(input, denied(FOREVER), { STS_FUNCTION_TIMEOUT: '1' });
  expect(failureOf(ended, input).exit).toBe(1);
  expect(asked.length).toBeLessThan(5);
});

describe('a time that is none is refused before anything is asked for', () => {
  const WHOLE = '`awaitRoles` must be whole seconds or minutes from "1s" to "2m", got ';
  test.concurrent.each([
    ['without quotes or unit', '30', '`awaitRoles` must be a string in quotes, got 30'],
    ['without unit', '"30"', `${WHOLE}"30"`],
    ['nothing', '0s', `${WHOLE}"0s"`],
    ['less than nothing', '-1s', `${WHOLE}"-1s"`],
    ['a fraction', '1.5s', `${WHOLE}"1.5s"`],
    ['too much', '121s', `${WHOLE}"121s"`],
    ['too much, in minutes', '3m', `${WHOLE}"3m"`],
    ['another unit', '1h', `${WHOLE}"1h"`],
    ['empty', '""', `${WHOLE}""`],
  ])('%s', async (_, value, want) => {
    const input = asking(`  awaitRoles: ${value}\n`);
    const { ended, asked } = await run(input, denied(1));
    expect({ ...failureOf(ended, input), asked }).toEqual({
      exit: 1,
      lines: [`error: cannot use the functionConfig: ${want}.`],
      codes: ['FUNCTION_CONFIG_INVALID'],
      asked: [],
    });
  });
});
