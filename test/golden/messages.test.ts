import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import pMap from 'p-map';
import { ci, roles } from '../support/accounts.ts';
import { ciEnvironment } from '../support/ci-environment.ts';
import { startCluster, WITH_SERVICE_ACCOUNT } from '../support/cluster/start-cluster.ts';
import { resultsOf } from '../support/emitted.ts';
import { runDoctor } from '../support/files/run-doctor.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { expectGolden } from '../support/golden.ts';
import { functionConfig, GOOD_SPEC, generator, list } from '../support/resource-list.ts';
import { runAsCi } from '../support/run-as-ci.ts';
import { type Ended, runFunction } from '../support/run-function.ts';
import { type Fault, startSts } from '../support/sts/start-sts.ts';
import { withSts } from '../support/sts/testing/with-sts.ts';
import { BAD_INPUTS, type BadInputs, type BadRun } from './bad-inputs.ts';
import { CLUSTER_FAULTS } from './cluster-faults.ts';
import { DOCTOR_FAULTS, type DoctorFault, NOTHING } from './doctor-faults.ts';
import { EXTERNAL_SECRET_FAULTS } from './external-secret-faults.ts';
import { FILE_FAULTS } from './file-faults.ts';
import { NEIGHBOUR_INPUTS, NEIGHBOURS } from './neighbour-inputs.ts';

/** Every message of the product in one file: a change of words is a change of that file. */
const GOLDEN = join(import.meta.dirname, 'messages.golden');

const KEYS = { AWS_ACCESS_KEY_ID: ci.accessKeyId, AWS_SECRET_ACCESS_KEY: ci.secretAccessKey };
const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const good = list(generator(GOOD_SPEC));

/** What STS does, and what is made of it. */
interface StsFault {
  readonly fault?: Fault;
  readonly role?: string;
  /** Default: a generator of `role`. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const faults: Readonly<Record<string, StsFault>> = {
  'a role that does not trust the caller': { role: 'arn:aws:iam::123456789012:role/others' },
  'a role that is not there': { role: 'arn:aws:iam::123456789012:role/nowhere' },
  'an external ID that is missing': { role: 'arn:aws:iam::123456789012:role/partner' },
  'keys that STS does not know': { environment: { AWS_ACCESS_KEY_ID: 'AKIACANARYCANARYCANA' } },
  'a wrong secret key': { environment: { AWS_SECRET_ACCESS_KEY: 'CANARY' } },
  'throttling without end': { fault: { kind: 'throttle', times: 5 } },
  'an error of the server without end': { fault: { kind: 'unavailable', status: 503, body: 'none', times: 5 } },
  'connections that break': { fault: { kind: 'reset', times: 5 } },
  'an answer that is cut': { fault: { kind: 'truncated' } },
  'an S3-style error': { fault: { kind: 's3Error', code: 'AccessDenied', status: 403 } },
  'a code that nobody knows': { fault: { kind: 'error', code: 'Brand.NewCode', status: 400 } },
  'a code that nobody knows, for a token': {
    input: list(generator(GOOD_SPEC), functionConfig('  sessions: [{identity: {tokenEnv: TOKEN}}]\n')),
    environment: { TOKEN: 'CANARY' },
    fault: { kind: 'error', code: 'Brand.NewCode', status: 400 },
  },
  'a code that nobody knows, for who the caller is': {
    input: list(generator(GOOD_SPEC), functionConfig('  sessions: [{expectAccount: "123456789012"}]\n')),
    fault: { kind: 'error', code: 'Brand.NewCode', status: 400, operation: 'GetCallerIdentity' },
  },
  'a region that is switched off': { fault: { kind: 'error', code: 'RegionDisabledException', status: 403 } },
  'an answer that never comes': {
    fault: { kind: 'slow', delayMs: 60_000 },
    environment: { STS_FUNCTION_TIMEOUT: '1' },
  },
  'a code that the device does not show': { input: NEIGHBOURS.mfa.replace('CODE', '000000') },
  'a session token that is denied': {
    input: NEIGHBOURS.session,
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'GetSessionToken' },
  },
  'a registry that is denied': {
    input: NEIGHBOURS.registry,
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'GetAuthorizationToken' },
  },
  'public registries that are denied': {
    input: NEIGHBOURS.publicRegistry,
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'GetAuthorizationToken' },
  },
  'a registry that throttles without end': {
    input: NEIGHBOURS.registry,
    fault: { kind: 'throttle', times: 5, operation: 'GetAuthorizationToken' },
  },
  'a registry that answers with a code nobody knows': {
    input: NEIGHBOURS.registry,
    fault: { kind: 'error', code: 'Brand.NewCode', status: 400, operation: 'GetAuthorizationToken' },
  },
  'an answer that is none of a registry': {
    input: NEIGHBOURS.publicRegistry,
    fault: { kind: 'answer', status: 200, body: '{}', operation: 'GetAuthorizationToken' },
  },
  'keys that a registry does not know': {
    input: NEIGHBOURS.publicRegistry,
    environment: { AWS_ACCESS_KEY_ID: 'AKIACANARYCANARYCANA' },
  },
};

const mfa = { serialNumber: 'arn:aws:iam::111111111111:mfa/ci', tokenCode: '123456' };

test('what each bad input gives', async () => {
  const inputs = [BAD_INPUTS, NEIGHBOUR_INPUTS, EXTERNAL_SECRET_FAULTS].flatMap((some) => Object.entries(some));
  const shown = await pMap(inputs, ([name, given]) => showRun(name, given), { concurrency: 2 });
  // most of them wait for their next attempt: each with an STS of its own, so that they wait side by side
  shown.push(...(await pMap(Object.entries(faults), showFault, { concurrency: 6 })));
  shown.push(...(await showClusterFaults()), ...(await showFileFaults()), ...(await showDoctorFaults()));
  const text = shown.join('\n');
  expect(text).not.toMatch(/CANARY/);
  expectGolden(GOLDEN, text);
}, 240_000);

async function showRun(name: string, given: BadInputs[string]): Promise<string> {
  const { input, ...options }: BadRun =
    typeof given === 'string' || given instanceof Uint8Array ? { input: given } : given;
  return show(name, String(input), await runFunction(input, options));
}

function showFault([name, given]: [string, StsFault]) {
  const { fault, role = ROLE, environment, input = good.replace(ROLE, role) } = given;
  return withSts({ users: [{ ...ci, mfa }], roles }, async (sts) => {
    if (fault !== undefined) sts.fail(fault);
    return show(name, input, await runAsCi(sts, input, environment));
  });
}

async function showClusterFaults(): Promise<string[]> {
  const cluster = await startCluster();
  try {
    const shown: string[] = [];
    for (const [name, fault] of Object.entries(CLUSTER_FAULTS)) {
      const { input = WITH_SERVICE_ACCOUNT, put = [], environment } = fault;
      for (const [path, answer] of put) cluster.put(path, answer);
      const port = new RegExp(`:${cluster.port}\\b`, 'g');
      const { stderr, ...ended } = await cluster.run(input, environment?.(cluster));
      shown.push(show(name, input, { ...ended, stderr: stderr.replaceAll(port, ':PORT') }));
    }
    return shown;
  } finally {
    await cluster.close();
  }
}

async function showFileFaults(): Promise<string[]> {
  const shown: string[] = [];
  for (const [name, fault] of Object.entries(FILE_FAULTS)) {
    const { files, path, spoil, arguments: argv = ['render', '-i'], behind = [] } = fault;
    const folder = temporaryFolder(files);
    spoil?.(folder.path);
    const paths = path === '' ? [] : [join(folder.path, path ?? '')];
    const { stderr, ...ended } = await runFunction('', {
      arguments: [...argv, ...paths, ...behind],
      environment: KEYS,
    });
    folder.close();
    shown.push(show(name, '', { ...ended, stderr: stderr.replaceAll(folder.path, 'DIR') }));
  }
  return shown;
}

async function showDoctorFaults(): Promise<string[]> {
  const late = await startSts({ users: [ci], now: () => new Date(Date.now() + 240_000) });
  const online = { ...NOTHING, behind: ['--online'] };
  const faults = Object.entries<DoctorFault>({
    ...DOCTOR_FAULTS,
    'a clock that is late': { ...online, environment: ciEnvironment(late.url) },
    'nobody to ask as': { ...online, environment: { AWS_STS_ENDPOINT: late.url } },
  });
  const shown = await pMap(
    faults,
    async ([name, fault]) => {
      const { exit, stdout, stderr } = await runDoctor(fault);
      return `## doctor: ${name}\nexit ${exit}\n${stdout}${stderr}`;
    },
    { concurrency: 2 },
  );
  await late.close();
  return shown;
}

/** One case as text, after what holds for all of them was checked. */
function show(name: string, input: string, ended: Ended): string {
  const { exit, signal, stdout, stderr } = ended;
  const lines = stderr.split('\n').slice(0, -1);
  expect({ name, signal, ends: lines.filter((line) => !line.endsWith('.')) }).toEqual({ name, signal: null, ends: [] });
  if (stdout !== '') {
    const messages = resultsOf(stdout).map((result) => {
      const { severity, message } = result as { severity: string; message: string };
      return `${severity}: ${message}`;
    });
    expect({ name, messages }).toEqual({ name, messages: lines });
    expect({ name, stdout: stdout.slice(0, input.length) }).toEqual({ name, stdout: input });
  }
  return `## ${name}\nexit ${exit}, standard output ${stdout === '' ? 'empty' : 'is the input with results'}\n${stderr}`;
}
