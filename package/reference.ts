import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Argument, Command } from 'commander';
import { createProgram } from '../function/cli/commands.ts';
import { VARIABLES as HELP_VARIABLES } from '../function/cli/help-texts.ts';
import type { CallResult } from '../function/crossplane/end-call.ts';
import { Metrics } from '../function/crossplane/metrics.ts';
import { OWN_VARIABLES, PATHS } from '../function/manifests/read-settings.ts';
import { IGNORE_ANNOTATION, OWN_ANNOTATIONS } from '../function/model/annotations.ts';
import type { EcrClient, StsClient } from '../function/model/world.ts';

/** The tables of docs/reference.md. What has no text here, or a text that nothing reads, stops the generator. */

const HOSTS = ['kpt', 'kustomize', 'crossplane'];

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const code = (text: string) => `\`${text}\``;

/** Each command with its options, as the parser has them. */
export function flagsTable(): string {
  const program = createProgram({ version: '', environment: {}, select: () => undefined });
  const rows = program.commands.flatMap((command) => [
    row(code(usageOf(command)), `**${command.description()}**`),
    ...command.options.map(({ flags, description, defaultValue, argChoices }) => {
      const choices = argChoices === undefined ? '' : `; one of ${argChoices.map(code).join(', ')}`;
      const usual = defaultValue === undefined ? '' : ` (${code(defaultValue)})`;
      return row(code(`${command.name()} ${flags}`), `${description}${choices}${usual}`);
    }),
  ]);
  return ['| command or flag | meaning (default) |', '|---|---|', ...rows].join('\n');
}

const usageOf = (command: Command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' ');

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The examples, by host. */
export function examplesTable(): string {
  const folder = join(import.meta.dirname, '../examples');
  const rows = HOSTS.map((host) => {
    const links = readdirSync(join(folder, host), { withFileTypes: true })
      .flatMap((one) => (one.isDirectory() ? [one.name] : []))
      .toSorted()
      .map((name) => `[${name}](../examples/${host}/${name})`);
    return row(host, links.join(', '));
  });
  return ['| host | examples |', '|---|---|', ...rows].join('\n');
}

/** What each variable is for. */
const VARIABLES: Readonly<Record<string, string>> = {
  STS_FUNCTION_MODE:
    '`mint` (default); `plan`: one line about each Secret, no change; `placeholder`: new Secrets without credentials. The last two make no call',
  STS_FUNCTION_POLICY: "File of the operator's [Policy](policy.md)",
  STS_FUNCTION_OUTPUT:
    'Where kpt or kustomize puts the output: `files`, or `stream` if all of it goes into a pipe. Unset: not known, and `plaintext: refuse` then lets no plain credentials out',
  STS_FUNCTION_CLUSTER: '`context:NAME` or `in-cluster`: the API server to ask ([cluster.md](cluster.md))',
  STS_FUNCTION_CONCURRENCY: 'Requests at the same time, 1 to 1000 (16)',
  STS_FUNCTION_TIMEOUT: 'Seconds for a run once its input is there, 1 to 3600 (120; 30 for a call of `serve`)',
  TLS_SERVER_CERTS_DIR: 'As `--tls-certs-dir`. Without arguments it starts `serve`',
  AWS_REGION:
    "Region of the default credential chain and of `expectAccount`; else the profile's, else `us-east-1`. China and GovCloud need it. `AWS_DEFAULT_REGION` is not read",
  AWS_STS_ENDPOINT: 'URL of STS for every hop, the same as `AWS_ENDPOINT_URL_STS`. Two different values are an error',
  AWS_ECR_ENDPOINT: 'URL of ECR, the same as `AWS_ENDPOINT_URL_ECR`',
  AWS_ECR_PUBLIC_ENDPOINT: 'URL of ECR Public, the same as `AWS_ENDPOINT_URL_ECR_PUBLIC`',
  'AWS_…':
    "The AWS SDK's own, such as `AWS_PROFILE`. Without `AWS_SDK_UA_APP_ID`, AWS's logs have `GITHUB_RUN_ID` or `CI_JOB_ID`",
  AWS_CONFIG_FILE: "The SDK's configuration",
  AWS_SHARED_CREDENTIALS_FILE: "The SDK's credentials file",
  AWS_WEB_IDENTITY_TOKEN_FILE: "The default chain's web identity token (IRSA)",
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "The default chain's token in a container (EKS Pod Identity)",
  AWS_LOGIN_CACHE_DIRECTORY: 'Cache of `aws login`',
  'HTTPS_PROXY, NO_PROXY': 'A proxy for all clients. Needs Node.js 22.21 of the 22 line, or 24.5',
  AWS_CA_BUNDLE: "Certificate authorities in place of the system's",
  NO_COLOR: 'No colours on a terminal',
  NODE_EXTRA_CA_CERTS: "Certificate authorities beside the system's",
  SSL_CERT_FILE: "OpenSSL's file of authorities",
  SSL_CERT_DIR: "OpenSSL's folders of authorities",
  KUBECONFIG: 'Kubeconfigs of `STS_FUNCTION_CLUSTER=context:NAME`',
  SOPS_AGE_KEY: 'age identities that open Secrets of the package ([sops.md](sops.md))',
  SOPS_AGE_KEY_FILE: 'The same, in a file',
};

/** The environment's variables. */
export function environmentTable(): string {
  const read = new Set([...OWN_VARIABLES, ...PATHS, ...Object.keys(HELP_VARIABLES), 'AWS_REGION', 'NO_COLOR']);
  complain('variable', read, Object.keys(VARIABLES));
  const rows = Object.entries(VARIABLES).map(([name, text]) => row(name.split(', ').map(code).join(', '), `${text}.`));
  return ['| variable | meaning (default) |', '|---|---|', ...rows].join('\n');
}

const ANNOTATIONS: Readonly<Record<string, string>> = {
  generator: 'On a Secret: the generator that it is of, `KIND/NAMESPACE/NAME`',
  expiration: 'On a Secret: when its session ends',
  'renew-after': 'On a Secret: the time from which a run renews it',
  'spec-hash': 'On a Secret: digest of what AWS was asked, and of the form of the Secret',
  'data-hash': 'On a Secret: digest of its data as written. Other data is issued again ([renewal.md](renewal.md))',
  'force-sync': 'On a Secret: the `force-sync` that it was made for ([renewal.md](renewal.md#renew-now))',
  placeholder: 'On a Secret: `"true"` if it holds no credentials',
  merged: 'On another owner\'s Secret to which an ExternalSecret only adds: `"true"`',
  ignore: 'On a generator, set by you: `"true"` leaves it alone',
};

/** Our annotations. */
export function annotationsTable(): string {
  const texts = Object.entries(ANNOTATIONS).map(([name, text]) => [`sts.fn.crossplane.io/${name}`, text] as const);
  complain(
    'annotation',
    new Set([...OWN_ANNOTATIONS, IGNORE_ANNOTATION]),
    texts.map(([name]) => name),
  );
  return ['| annotation | meaning |', '|---|---|', ...texts.map(([name, text]) => row(code(name), `${text}.`))].join(
    '\n',
  );
}

/** What each label may have: nothing that a tenant chooses, so there is a bound on the series. */
const OUTCOMES = {
  good: 'credentials are ready',
  asking: 'Crossplane has to send objects',
  waiting: 'something is missing or refused',
  fatal: 'the pipeline stops',
  late: 'its time was over',
  fault: 'a fault of this function',
} satisfies Record<CallResult['outcome'] | Parameters<Metrics['unanswered']>[0], string>;
const OPERATIONS = {
  AssumeRole: true,
  AssumeRoleWithWebIdentity: true,
  GetAuthorizationToken: true,
  GetCallerIdentity: true,
  GetSessionToken: true,
} satisfies Record<Capitalize<keyof StsClient | keyof EcrClient>, true>;

const LABELS: Readonly<Record<string, string>> = {
  outcome: Object.entries(OUTCOMES)
    .map(([name, text]) => `${code(name)}: ${text}`)
    .join('; '),
  operation: Object.keys(OPERATIONS).map(code).join(', '),
  code: "`OK`; a code of AWS that this function knows; a [code](errors.md) or kind of failure of this function's own; `other`",
  reason: 'What is wrong with the certificate or the connection, in one word of this function',
  digest: 'That of the Policy now',
};

/** A metric's unit, which its name ends with. */
const UNITS = [
  ['_timestamp_seconds', 'seconds since 1970'],
  ['_seconds', 'seconds'],
  ['_info', 'always 1'],
  ['', 'number'],
] as const;
const unitOf = (name: string) => UNITS.find(([end]) => name.endsWith(end))?.[1] ?? '';

const METRICS = new Metrics(() => new Date()).describe();

/** The server's metrics, as it describes them itself, and their labels. */
export function metricsTable(): string {
  complain('label', new Set(METRICS.flatMap(({ labelNames }) => labelNames)), Object.keys(LABELS));
  const rows = METRICS.map(({ name, type, help, labelNames }) =>
    row(code(name), type, unitOf(name), labelNames.map(code).join(', ') || 'none', help),
  );
  const labels = Object.entries(LABELS).map(([name, text]) => row(code(name), `${text}.`));
  return [
    ...['| metric | type | unit | labels | meaning |', '|---|---|---|---|---|', ...rows, ''],
    ...['| label | what it may have |', '|---|---|', ...labels],
  ].join('\n');
}

function complain(what: string, known: ReadonlySet<string>, described: readonly string[]): void {
  const [missing] = [...known].filter((name) => !described.includes(name));
  const [idle] = described.filter((name) => !known.has(name));
  if (missing !== undefined || idle !== undefined)
    throw new Error(
      `docs/reference.md: ${what} ${missing ?? idle} ${missing === undefined ? 'is read nowhere' : 'has no text'}`,
    );
}
