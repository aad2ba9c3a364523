import { resolve } from 'node:path';
import { Option } from 'commander';
import { quote } from '../findings/quote.ts';
import { parseDuration } from '../model/duration.ts';
import type { Address, ServeOptions } from '../model/serve-options.ts';
import { optionWithValue } from './checked.ts';
import { SERVE_OPTIONS } from './select-mode.ts';

/** What each option is: the word for its value, a text, its default. */
const OPTIONS: Readonly<
  Record<(typeof SERVE_OPTIONS)[number], readonly [value: string, text: string, usual?: string]>
> = {
  'tls-certs-dir': ['DIR', 'where tls.crt, tls.key and ca.crt are'],
  insecure: ['', 'without TLS: gives credentials to whoever comes'],
  address: ['HOST:PORT', 'gRPC', '[::]:9443'],
  'health-address': ['HOST:PORT', '/healthz, /readyz and /metrics', '[::]:8080'],
  ttl: ['TIME', 'upper bound of the time to live', '5m'],
  'max-recv-message-size': ['MB', 'upper bound of a request', '4'],
  policy: ['FILE', "the operator's Policy"],
  'require-policy': ['', 'does not start where nobody names a Policy'],
  debug: ['', 'logs a line for each call'],
};

export function serveOptions(): Option[] {
  return SERVE_OPTIONS.map((name) => {
    const [value, text, usual] = OPTIONS[name];
    const flags = `${name === 'debug' ? '-d, ' : ''}--${name}`;
    return value === '' ? new Option(flags, text) : optionWithValue(`${flags} <${value}>`, text).default(usual);
  });
}

/** The values of the options, as the parser has them. */
export interface ServeValues {
  readonly insecure?: boolean;
  readonly debug?: boolean;
  readonly tlsCertsDir?: string;
  readonly address: string;
  readonly healthAddress: string;
  readonly ttl: string;
  readonly maxRecvMessageSize: string;
  readonly policy?: string;
  readonly requirePolicy?: boolean;
}

/** How to serve, or one line on why the values cannot be used. */
export function readServeOptions(
  given: ServeValues,
  environment: Readonly<Record<string, string | undefined>>,
): ServeOptions | string {
  const folder = given.tlsCertsDir ?? environment.TLS_SERVER_CERTS_DIR;
  if (!given.insecure && !folder)
    return 'cannot serve: no certificates are named. Set TLS_SERVER_CERTS_DIR or --tls-certs-dir, or say --insecure.';
  const address = readAddress(given.address);
  if (address === undefined) return wrongAddress('address', given.address);
  const healthAddress = readAddress(given.healthAddress);
  if (healthAddress === undefined) return wrongAddress('health-address', given.healthAddress);
  const ttlSeconds = parseDuration(given.ttl);
  if (ttlSeconds === undefined) return 'cannot serve: --ttl must be a time from "1s" to "24h". See --help.';
  const megabytes = Number(given.maxRecvMessageSize);
  if (!(Number.isInteger(megabytes) && megabytes >= 1 && megabytes <= 1024))
    return 'cannot serve: --max-recv-message-size must be a whole number of megabytes from 1 to 1024. See --help.';
  const fromEnvironment = environment.STS_FUNCTION_POLICY;
  if (given.policy !== undefined && fromEnvironment !== undefined)
    return 'cannot serve: --policy and STS_FUNCTION_POLICY are both set. Set one of them.';
  if (given.policy === '') return 'cannot serve: --policy is empty. Leave it out or name a file.';
  if (given.requirePolicy && given.policy === undefined && fromEnvironment === undefined)
    return 'cannot serve: --require-policy is set, and no Policy is named. Name its file with --policy or STS_FUNCTION_POLICY.';
  return {
    ...(given.insecure || !folder ? {} : { certificates: folder }),
    address,
    healthAddress,
    ttlSeconds,
    maxReceiveBytes: megabytes << 20,
    ...(given.policy === undefined ? {} : { policy: resolve(given.policy) }),
    isDebug: given.debug ?? false,
  };
}

function wrongAddress(flag: 'address' | 'health-address', got: string): string {
  const example = quote(OPTIONS[flag][2] ?? '');
  return `cannot serve: --${flag} must be HOST:PORT, such as ${example}, got ${quote(got)}. See --help.`;
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT`. */
function readAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65_535 ? undefined : { host: bracketed || plain || '::', port };
}
