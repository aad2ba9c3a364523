import { beforeAll, describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { forAllTests } from '../support/for-each-test.ts';
import { IS_WHOLE } from '../support/is-whole.ts';
import { findLeaks, needlesOf } from '../support/leaks/find-leaks.ts';
import {
  type Case,
  emittedCanaries,
  MODES,
  residue,
  type Said,
  startTalking,
  throughServer,
} from '../support/leaks/modes.ts';
import { DEFAULT_CHAIN_POSITIONS } from '../support/leaks/positions/default-chain.ts';
import { OBJECT_POSITIONS } from '../support/leaks/positions/objects.ts';
import { TEMPLATE_POSITIONS } from '../support/leaks/positions/templates.ts';
import { TOKEN_POSITIONS } from '../support/leaks/positions/tokens.ts';
import { type MakePosition, type Position, type Spoilt, startSecretSources } from '../support/leaks/secret-sources.ts';
import type { Fault } from '../support/sts/start-sts.ts';

/**
 * Each way in for a secret under each way to run, when all goes well and when it does not: nothing of it comes out. What is spoilt is
 * also run in the mode beside the positions, which looks at the same from elsewhere. `npm test` runs each way in in the next way to run, with
 * one fault of STS and one of its own, and the first of each kind under `serve`; `npm run test:bounds` all of them.
 */
const POSITIONS = [
  ...withMode(OBJECT_POSITIONS, 'plan -o json'),
  ...withMode(TEMPLATE_POSITIONS, 'plan'),
  ...withMode(TOKEN_POSITIONS, 'render'),
  ...withMode(DEFAULT_CHAIN_POSITIONS, 'doctor --online'),
];

function withMode(positions: Readonly<Record<string, MakePosition>>, mode: string) {
  return Object.entries(positions).map(([name, make], index) => [name, make, mode, index === 0] as const);
}

/** What STS or a registry answers when it turns on its caller: everything that it could know of him. */
function faultsOf(echo: string): readonly Fault[] {
  const xml = (secret: string) =>
    `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA${echo}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${echo}</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  return [
    { kind: 'error', code: 'AccessDenied', status: 403, message: `denied for ${echo}` },
    { kind: 'error', code: echo.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 60), status: 400, message: echo },
    { kind: 'answer', status: 200, body: xml(`${echo}\n`) },
    { kind: 'answer', status: 200, body: `${xml(echo).slice(0, -40)}<${echo}` },
    {
      kind: 'answer',
      status: 302,
      headers: { location: `http://127.0.0.1:1/${encodeURIComponent(echo)}` },
      body: echo,
    },
    { kind: 'truncated' },
  ];
}

/** All in a run of the bounds, else one: the next in each turn. */
const some = <Part>(all: readonly Part[], turn: number): readonly Part[] =>
  IS_WHOLE ? all : all.slice(turn % all.length, (turn % all.length) + 1);

describe.each(POSITIONS.map((position, turn) => [...position, turn] as const))('%s', (_, make, also, isFirst, turn) => {
  const sources = forAllTests(startSecretSources);
  let position: Position;
  beforeAll(async () => {
    position = await make(sources);
  });

  function caseOf({ documents, environment }: Spoilt = {}): Case {
    const { sessions } = position;
    return {
      documents: documents ?? position.documents,
      ...(sessions === undefined ? {} : { sessions }),
      environment: { AWS_STS_ENDPOINT: sources.sts.url, ...position.environment, ...environment },
    };
  }

  /** What is seen of any secret, by where it is. */
  function leaksOf(said: Said): string[] {
    const sessions = sources.sts.sessions().map(({ accessKeyId, secretAccessKey, sessionToken }, index) => ({
      [`access key ID of session ${index}`]: accessKeyId,
      [`secret key of session ${index}`]: secretAccessKey,
      [`token of session ${index}`]: sessionToken,
    }));
    const needles = needlesOf(Object.assign({}, position.canaries, emittedCanaries(said.secrets), ...sessions));
    return Object.entries(residue(said)).flatMap(([where, text]) =>
      findLeaks(text, needles).map((what) => `${where}: ${what}`),
    );
  }

  const modes = some(Object.entries(MODES), turn);
  test('in every mode, when all goes well', async () => {
    const found = await pLimit(2).map(modes, async ([mode, { mints }]) => {
      const said = await run(mode, caseOf());
      const isMinted = said.exit === 0 && said.secrets.length === 1;
      return {
        mode,
        leaks: leaksOf(said),
        ...(mints ? { isMinted, stderr: isMinted ? '' : said.texts.stderr } : {}),
      };
    });
    expect(found).toEqual(
      modes.map(([mode, { mints }]) => ({
        mode,
        leaks: [],
        ...(mints ? { isMinted: true, stderr: '' } : {}),
      })),
    );
  });

  test('when STS turns on its caller', async () => {
    const found = [];
    for (const [index, fault] of some(faultsOf(Object.values(position.canaries).join(' ')), turn).entries()) {
      sources.sts.fail(fault);
      const said = await run('KRM function', caseOf());
      const leaks = leaksOf(said);
      if (said.exit !== 1 || leaks.length > 0) found.push({ fault: `${index}: ${fault.kind}`, exit: said.exit, leaks });
    }
    expect(found).toEqual([]);
  });

  test('when something else is wrong', async () => {
    const found = [];
    for (const [name, spoilt] of some(Object.entries(position.spoilt ?? {}), turn)) {
      sources.broken.answer = spoilt.answer;
      const [one, other] = await Promise.all([run('KRM function', caseOf(spoilt)), run(also, caseOf(spoilt))]);
      sources.broken.answer = undefined;
      const leaks = [...leaksOf(one), ...leaksOf(other)];
      if (one.exit !== 1 || leaks.length > 0) found.push({ name, exit: one.exit, leaks });
    }
    expect(found).toEqual([]);
  });

  if (!IS_WHOLE && !isFirst) return;
  test("under serve, with its debug log and gRPC's own trace", async () => {
    await using server = await startTalking(caseOf().environment);
    const well = await throughServer(server, caseOf());
    expect({ exit: well.exit, leaks: leaksOf(well) }).toEqual({ exit: position.isRefusedByServe ? 1 : 0, leaks: [] });
    const found = [];
    for (const fault of some(faultsOf(Object.values(position.canaries).join(' ')), turn)) {
      sources.sts.fail(fault);
      found.push(...leaksOf(await throughServer(server, caseOf())));
    }
    for (const { documents = position.documents, answer } of some(Object.values(position.spoilt ?? {}), turn)) {
      sources.broken.answer = answer;
      found.push(...leaksOf(await throughServer(server, caseOf({ documents }))));
      sources.broken.answer = undefined;
    }
    expect([...new Set(found)]).toEqual([]);
  });
});

async function run(name: string, one: Case): Promise<Said> {
  const mode = MODES[name];
  if (mode === undefined) throw new Error(`no mode ${name}`);
  return mode.run(one);
}
