import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorld } from '../../function/clients/world.ts';
import { messageOf } from '../../function/findings/finding.ts';
import { parseTemplate, renderText, TemplateError } from '../../function/gotemplate/gotemplate.ts';
import { runResourceList } from '../../function/hosts/stdio.ts';
import type { RunReport } from '../../function/model/outcome.ts';
import { Sensitive } from '../../function/model/sensitive.ts';
import { AwsError } from '../../function/model/world.ts';
import { IS_WHOLE } from '../support/is-whole.ts';
import { startSts } from '../support/sts/start-sts.ts';
import { fakeWorld } from '../support/world/fake-world.ts';
import { CANARY, mutated, resourceLists, templates } from './fuzz.ts';

/** Bytes that were once right. FUZZ_RUNS multiplies the cases, FUZZ_SEED chooses others: a failure names its seed. */

const RUNS = Number(process.env.FUZZ_RUNS ?? (IS_WHOLE ? 1 : 0.1));
const options = (cases: number) => ({
  numRuns: Math.ceil(cases * RUNS),
  seed: Number(process.env.FUZZ_SEED ?? 20_261_125),
});
const CASE_MILLISECONDS = 2000;
/** For an answer that is there at once: a busy machine takes longer to read it. */
const ANSWER_MILLISECONDS = 120_000;
const TEST_MILLISECONDS = 2_400_000 * Math.max(1, RUNS);

/** The spellings of a canary that no message may have. */
const SPELLINGS = [CANARY, ...(['base64', 'base64url', 'hex'] as const).map((as) => Buffer.from(CANARY).toString(as))];

/** One that computes for longer hangs, as far as its caller can tell. How busy the machine is does not count. */
async function inTime<T>(run: () => Promise<T> | T): Promise<T> {
  const start = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  if (milliseconds > CASE_MILLISECONDS) throw new Error(`it took ${Math.round(milliseconds)} ms`);
  return result;
}

function check({ output, findings }: RunReport): void {
  for (const one of findings) {
    const [code, message] = [one.code, messageOf(one)];
    if (code === 'INTERNAL') throw new Error(message);
    expect(message).toMatch(/^[^\n\r]*\.$/);
    for (const spelling of SPELLINGS) expect(message.includes(spelling)).toBe(false);
  }
  if (output === '') expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
}

describe('what a host sends, with bytes changed', () => {
  test(
    'ends in an answer with messages of one line and nothing of a Secret',
    async () => {
      const corpus = resourceLists();
      let [good, asked] = [0, 0];
      expect(corpus.length).toBeGreaterThan(40);
      await fc.assert(
        fc.asyncProperty(mutated(corpus), async (bytes) => {
          const world = fakeWorld();
          const answer = await inTime(() => runResourceList(bytes, world));
          check(answer);
          if (answer.findings.every(({ severity }) => severity !== 'error')) good += 1;
          if (world.calls.length > 0) asked += 1;
        }),
        options(10_000),
      );
      process.stderr.write(`${10_000 * RUNS} lists: ${good} without an error, for ${asked} a session was asked\n`);
      expect(good).toBeGreaterThan(700 * RUNS); // else it says nothing of what comes behind reading
      expect(asked).toBeGreaterThan(400 * RUNS);
    },
    TEST_MILLISECONDS,
  );
});

describe('templates with bytes changed', () => {
  test(
    'are refused with a position, or rendered',
    async () => {
      const corpus = templates();
      expect(corpus.length).toBeGreaterThan(100);
      const data = { access_key_id: CANARY, username: 'AWS', password: CANARY, a: CANARY, json: `{"a": "${CANARY}"}` };
      await fc.assert(
        fc.asyncProperty(mutated(corpus), async (bytes) => {
          try {
            await inTime(() => renderText(parseTemplate(bytes.toString()), data));
          } catch (error) {
            if (!(error instanceof TemplateError)) throw error;
            for (const spelling of SPELLINGS) expect(error.message.includes(spelling)).toBe(false);
          }
        }),
        options(10_000),
      );
    },
    TEST_MILLISECONDS,
  );
});

describe('answers of STS with bytes changed', () => {
  const credentials = `<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>${CANARY}</SecretAccessKey><SessionToken>${CANARY}</SessionToken><Expiration>2026-11-25T13:00:00Z</Expiration></Credentials>`;
  const right = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>${credentials}</AssumeRoleResult></AssumeRoleResponse>`;
  const refused = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${CANARY}</Message></Error><RequestId>a</RequestId></ErrorResponse>`;

  test(
    'give a session, or a failure with nothing of it',
    async () => {
      const sts = await startSts();
      const before = process.env.AWS_ENDPOINT_URL_STS;
      process.env.AWS_ENDPOINT_URL_STS = sts.url;
      try {
        const keys = new Sensitive('AKIAIOSFODNN7EXAMPLE');
        const { sts: real } = createWorld({ AWS_ENDPOINT_URL_STS: sts.url });
        const client = await real.client({
          region: 'eu-west-1',
          credentials: { accessKeyId: keys, secretAccessKey: keys },
        });
        const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 'a', durationSeconds: 900 };
        const answers = fc.tuple(mutated([right, refused]), fc.constantFrom(200, 400, 403, 500));
        await fc.assert(
          fc.asyncProperty(answers, async ([body, status]) => {
            sts.fail({ kind: 'answer', status, headers: { 'content-type': 'text/xml' }, body: body.toString() });
            const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
            try {
              await inTime(() => client.assumeRole(request, signal));
            } catch (error) {
              if (!(error instanceof AwsError)) throw error;
              if (signal.aborted) throw new Error('it was waited for in vain');
              for (const spelling of SPELLINGS)
                expect(JSON.stringify([error.message, error.failure]).includes(spelling)).toBe(false);
            }
          }),
          options(2000),
        );
      } finally {
        if (before === undefined) delete process.env.AWS_ENDPOINT_URL_STS;
        else process.env.AWS_ENDPOINT_URL_STS = before;
        await sts.close();
      }
    },
    TEST_MILLISECONDS,
  );
});
