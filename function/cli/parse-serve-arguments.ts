import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDuration } from '../api/duration.ts';
import type { Address, ServeOptions } from '../api/serve-options.ts';

const OPTIONS = {
  insecure: { type: 'boolean', default: false },
  debug: { type: 'boolean', short: 'd', default: false },
  'tls-certs-dir': { type: 'string' },
  address: { type: 'string', default: '[::]:9443' },
  'health-address': { type: 'string', default: '[::]:8080' },
  ttl: { type: 'string', default: '5m' },
  'max-recv-message-size': { type: 'string', default: '4' },
  policy: { type: 'string' },
} as const;

/** Arguments, and the environment, that mean a server. */
export function isServe(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): boolean {
  if (argv[0] === 'serve') return true;
  if (argv.length === 0) return Boolean(environment.TLS_SERVER_CERTS_DIR);
  const [flag = ''] = (argv[0] ?? '').split('=', 1);
  return flag === '-d' ? argv[0] === flag : Object.keys(OPTIONS).some((name) => flag === `--${name}`);
}

/** How to serve, or in one line why the arguments cannot be used. */
export function parseServeArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServeOptions | string {
  let given: ReturnType<typeof read>;
  try {
    given = read(argv[0] === 'serve' ? argv.slice(1) : argv);
  } catch (error) {
    const { code } = error as { code?: string }; // of parseArgs
    return `cannot use the arguments of serve: ${code ?? 'unknown'}. See --help.`;
  }
  const folder = given['tls-certs-dir'] ?? environment.TLS_SERVER_CERTS_DIR;
  if (!given.insecure && !folder)
    return 'cannot serve: no certificates are named. Set TLS_SERVER_CERTS_DIR or --tls-certs-dir, or say --insecure.';
  const [address, healthAddress] = [readAddress(given.address), readAddress(given['health-address'])];
  if (address === undefined || healthAddress === undefined)
    return 'cannot serve: an address must be HOST:PORT, such as "[::]:9443". See --help.';
  const ttlSeconds = parseDuration(given.ttl);
  if (ttlSeconds === undefined) return 'cannot serve: --ttl must be a time from "1s" to "24h". See --help.';
  const megabytes = Number(given['max-recv-message-size']);
  if (!(Number.isInteger(megabytes) && megabytes >= 1 && megabytes <= 1024))
    return 'cannot serve: --max-recv-message-size must be a whole number of megabytes from 1 to 1024. See --help.';
  if (given.policy !== undefined && environment.STS_FUNCTION_POLICY)
    return 'cannot serve: --policy and STS_FUNCTION_POLICY are both set. Set one of them.';
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

function read(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT`. */
function readAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65_535 ? undefined : { host: bracketed || plain || '::', port };
}
