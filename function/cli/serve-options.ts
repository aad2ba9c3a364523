import { Option } from 'commander';
import { quote } from '../findings/quote.ts';
import { parseDuration } from '../model/plain-data.ts';
import type { Address, ServeOptions } from '../model/tasks.ts';
import type { Environment } from '../model/world.ts';
import { optionWithValue, policyPath, UsageError } from './checked.ts';
import { SERVE_OPTIONS } from './select-use.ts';

/** What each option is: the word for its value, a text, its default. */
const OPTIONS: Readonly<
  Record<(typeof SERVE_OPTIONS)[number], readonly [value: string, text: string, usual?: string]>
> = {
  'tls-certs-dir': ['DIR', 'folder of tls.crt, tls.key and ca.crt'],
  insecure: ['', 'serve without TLS: every caller gets credentials'],
  address: ['HOST:PORT', 'where to serve gRPC', '[::]:9443'],
  'health-address': ['HOST:PORT', 'where to serve /healthz, /readyz and /metrics', '[::]:8080'],
  ttl: ['TIME', 'longest time until Crossplane calls again', '5m'],
  'max-recv-message-size': ['MB', 'largest request, in megabytes', '4'],
  policy: ['FILE', "file of the operator's Policy"],
  'require-policy': ['', 'do not start without a Policy'],
  debug: ['', 'log a line for each call'],
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

/** How to serve. @throws UsageError when the values cannot be used. */
export function readServeOptions(values: ServeValues, environment: Environment): ServeOptions {
  const folder = values.tlsCertsDir ?? environment.TLS_SERVER_CERTS_DIR;
  if (!values.insecure && !folder)
    throw unusable('no certificates are named. Set TLS_SERVER_CERTS_DIR or --tls-certs-dir, or say --insecure.');
  const address = readAddress('address', values.address);
  const healthAddress = readAddress('health-address', values.healthAddress);
  const maxTtlSeconds = parseDuration(values.ttl);
  if (maxTtlSeconds === undefined) throw unusable('--ttl must be a time from "1s" to "24h". See --help.');
  const megabytes = Number(values.maxRecvMessageSize);
  if (!(Number.isInteger(megabytes) && megabytes >= 1 && megabytes <= 1024))
    throw unusable('--max-recv-message-size must be a whole number of megabytes from 1 to 1024. See --help.');
  const policy = policyPath(values.policy, environment);
  if (values.requirePolicy && values.policy === undefined && environment.STS_FUNCTION_POLICY === undefined)
    throw unusable(
      '--require-policy is set, and no Policy is named. Name its file with --policy or STS_FUNCTION_POLICY.',
    );
  return {
    ...(values.insecure || !folder ? {} : { certificates: folder }),
    address,
    healthAddress,
    maxTtlSeconds,
    maxReceiveBytes: megabytes << 20,
    ...policy,
    isDebug: values.debug ?? false,
  };
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT`. */
function readAddress(flag: 'address' | 'health-address', text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits !== undefined && port <= 65_535) return { host: bracketed || plain || '::', port };
  const example = quote(OPTIONS[flag][2] ?? '');
  throw unusable(`--${flag} must be HOST:PORT, such as ${example}, got ${quote(text)}. See --help.`);
}

function unusable(why: string): UsageError {
  return new UsageError(`cannot serve: ${why}`);
}
