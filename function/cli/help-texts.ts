import type { Command } from 'commander';
import { PROGRAM } from '../model/kinds.ts';

declare const ADDRESS: string | undefined; // defined by the build of a release

/** How wide a screen of help is. */
export const HELP_COLUMNS = 80;

/** What stands behind the list of commands. The whole of it fits a screen. */
export const OVERVIEW = `
${typeof ADDRESS === 'string' ? `Pages: ${ADDRESS}/tree/main/docs\n` : ''}kpt and kustomize start this program by themselves, without a command:
  kpt fn render PACKAGE --allow-exec
  kpt fn eval PACKAGE --exec ${PROGRAM}
  kustomize build --enable-alpha-plugins --enable-exec DIR
  kubectl kustomize --enable-alpha-plugins DIR    (docs/kustomize.md: a plugin)
Exit status: 0 done; 1 an error, and no Secret of its package; 2 wrong usage.
Every error is one line on standard error with a code. \`help CODE\` explains it.
\`help render\` and \`help serve\` list the environment variables. Under kpt and
kustomize, STS_FUNCTION_OUTPUT=files|stream says where the output goes.`;

/** The environment's variables, each with what it is for. */
export const VARIABLES = {
  'AWS_…': 'variables of the AWS SDK, such as AWS_PROFILE',
  AWS_STS_ENDPOINT: 'URL of STS for every hop',
  'HTTPS_PROXY, NO_PROXY': 'proxy to AWS and clusters; hosts without it',
  AWS_CA_BUNDLE: "file of CAs to trust instead of the system's",
  NODE_EXTRA_CA_CERTS: "file of CAs to trust besides the system's",
  STS_FUNCTION_POLICY: "file of the operator's Policy",
  STS_FUNCTION_CLUSTER: 'cluster for look-ups: in-cluster or context:NAME',
  STS_FUNCTION_CONCURRENCY: 'requests at the same time (default: 16)',
  STS_FUNCTION_TIMEOUT: 'seconds for a run (120), or a call of `serve` (30)',
  STS_FUNCTION_MODE: 'mint, plan or placeholder (default: mint)',
  SOPS_AGE_KEY: 'age key that opens Secrets; or SOPS_AGE_KEY_FILE',
  TLS_SERVER_CERTS_DIR: 'as --tls-certs-dir; without a command starts `serve`',
} as const;
type Variable = keyof typeof VARIABLES;

/** The variables of all commands that ask AWS. */
export const ASKING: readonly Variable[] = [
  'AWS_…',
  'AWS_STS_ENDPOINT',
  'HTTPS_PROXY, NO_PROXY',
  'AWS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
];

/** The variables of all commands that make Secrets. */
export const RUNNING: readonly Variable[] = [
  'STS_FUNCTION_POLICY',
  'STS_FUNCTION_CLUSTER',
  'STS_FUNCTION_CONCURRENCY',
  'STS_FUNCTION_TIMEOUT',
  'STS_FUNCTION_MODE',
  'SOPS_AGE_KEY',
];

/** What stands behind the options of a command: the variables that matter to it, and an example. */
export function notes(variables: readonly Variable[], example: string) {
  return ({ command }: { readonly command: Command }) => {
    const help = command.createHelp();
    const width = Math.max(...variables.map((name) => name.length));
    const environment = help.formatItemList(
      'Environment:',
      variables.map((name) => help.formatItem(name, width, VARIABLES[name], help)),
      help,
    );
    return ['', ...environment, 'Example:', `  ${example}`].join('\n');
  };
}
