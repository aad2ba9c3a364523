import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { quote } from '../findings/quote.ts';
import { parseDuration } from '../model/duration.ts';
import type { Address, ServeOptions } from '../model/serve-options.ts';

const OPTIONS = {
  insecure: { type: 'boolean', default: false },
  debug: { type: 'boolean', short: 'd', default: false },
  'tls-certs-dir': { type: 'string' },
  address: { type: 'string', default: '[::]:9443' },
  'health-address': { type: 'string', default: '[::]:8080' },
  ttl: { type: 'string', default: '5m' },
  'max-recv-message-size': { type: 'string', default: '4' },
  policy: { type: 'string' },
  'require-policy': { type: 'boolean', default: false },
} as const;

/** True when arguments or environment select the server. */
export function isServe(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): boolean {
  if (argv[0] === 'serve') return true;
  if (argv.length === 0) return Boolean(environment.TLS_SERVER_CERTS_DIR);
  const [flag = ''] = (argv[0] ?? '').split('=', 1);
  return flag === '-d' ? argv[0] === flag : Object.keys(OPTIONS).some((name) => flag === `--${name}`);
}

/** The options of the server, or one line on why the arguments cannot be used. */
export function parseServeArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServeOptions | string {
  const args = argv[0] === 'serve' ? argv.slice(1) : [...argv];
  const fault = faultOf(args);
  if (fault !== undefined) return fault;
  const given = parseArgs({ args, options: OPTIONS }).values;
  const folder = given['tls-certs-dir'] ?? environment.TLS_SERVER_CERTS_DIR;
  if (!given.insecure && !folder)
    return 'cannot serve: no certificates are named. Set TLS_SERVER_CERTS_DIR or --tls-certs-dir, or say --insecure.';
  const address = readAddress(given.address);
  if (address === undefined) return wrongAddress('address', given.address);
  const healthAddress = readAddress(given['health-address']);
  if (healthAddress === undefined) return wrongAddress('health-address', given['health-address']);
  const ttlSeconds = parseDuration(given.ttl);
  if (ttlSeconds === undefined) return 'cannot serve: --ttl must be a time from "1s" to "24h". See --help.';
  const megabytes = Number(given['max-recv-message-size']);
  if (!(Number.isInteger(megabytes) && megabytes >= 1 && megabytes <= 1024))
    return 'cannot serve: --max-recv-message-size must be a whole number of megabytes from 1 to 1024. See --help.';
  const fromEnvironment = environment.STS_FUNCTION_POLICY;
  if (given.policy !== undefined && fromEnvironment !== undefined)
    return 'cannot serve: --policy and STS_FUNCTION_POLICY are both set. Set one of them.';
  if (given.policy === '') return 'cannot serve: --policy is empty. Leave it out or name a file.';
  if (given['require-policy'] && given.policy === undefined && fromEnvironment === undefined)
    return 'cannot serve: --require-policy is set, and no Policy is named. Name its file with --policy or STS_FUNCTION_POLICY.';
  return {
    ...(given.insecure || !folder ? {} : { certificates: folder }),
    address,
    healthAddress,
    ttlSeconds,
    maxReceiveBytes: megabytes << 20,
    ...(given.policy === undefined ? {} : { policy: resolve(given.policy) }),
    isDebug: given.debug,
  };
}

/** A message about the first argument that cannot be used, for which parseArgs has only an error code. */
function faultOf(args: string[]): string | undefined {
  const { tokens } = parseArgs({ args, options: OPTIONS, strict: false, tokens: true, allowPositionals: true });
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    const [argument, cause] =
      token.kind === 'option' ? [token.rawName, faultOfFlag(token)] : [token.value, 'it does not fit here'];
    if (cause !== undefined) return `cannot use argument ${quote(argument)} of serve: ${cause}. See --help.`;
  }
  return undefined;
}

function faultOfFlag(flag: { name: string; value: string | undefined; inlineValue: boolean | undefined }) {
  const type = Object.entries(OPTIONS).find(([name]) => name === flag.name)?.[1].type;
  if (type === undefined) return 'there is no such flag';
  if (type === 'boolean') return flag.value === undefined ? undefined : 'it takes no value';
  const isFlag = flag.inlineValue === false && flag.value?.startsWith('-') === true; // the next flag, not a value
  return flag.value === undefined || isFlag ? 'it needs a value' : undefined;
}

function wrongAddress(flag: 'address' | 'health-address', got: string): string {
  const example = quote(OPTIONS[flag].default);
  return `cannot serve: --${flag} must be HOST:PORT, such as ${example}, got ${quote(got)}. See --help.`;
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT`. */
function readAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65_535 ? undefined : { host: bracketed || plain || '::', port };
}
