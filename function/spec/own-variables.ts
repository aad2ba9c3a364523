import { distance } from 'fastest-levenshtein';
import { type Finding, finding } from '../api/finding.ts';
import { quote } from '../api/quote.ts';
import type { Environment } from '../api/world.ts';

/** Every variable of the environment that is ours: whatever reads one more has it here. */
const OWN_VARIABLES: readonly string[] = [
  'AWS_ECR_ENDPOINT',
  'AWS_ECR_PUBLIC_ENDPOINT',
  'AWS_STS_ENDPOINT',
  'STS_FUNCTION_CLUSTER',
  'STS_FUNCTION_CONCURRENCY',
  'STS_FUNCTION_MODE',
  'STS_FUNCTION_OUTPUT',
  'STS_FUNCTION_POLICY',
  'STS_FUNCTION_TIMEOUT',
];

/** So many letters may be wrong, missing or too many: a Service's STS_FUNCTION_PORT is three away from STS_FUNCTION_MODE. */
const SLIPS = 2;

/**
 * What Kubernetes sets for a Service in the same namespace, here one called sts-function: `STS_FUNCTION_PORT` and its like
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const OF_A_SERVICE = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * What is wrong with the variables by themselves. An empty one is no absent one: whoever sets a Policy whose name is empty means
 * to have one. One that is nearly ours is a warning, since it may be somebody else's.
 */
export function checkOwnVariables(environment: Environment): Finding[] {
  return Object.keys(environment).flatMap((name) => {
    const value = environment[name];
    if (value === undefined) return [];
    if (OWN_VARIABLES.includes(name)) return value === '' ? [empty(name)] : [];
    const meant = OWN_VARIABLES.find((own) => isNearly(name, own));
    return meant === undefined ? [] : [unknown(name, meant)];
  });
}

function isNearly(name: string, own: string): boolean {
  if (Math.abs(name.length - own.length) > SLIPS || OF_A_SERVICE.test(name)) return false;
  const isOfAws = own.startsWith('AWS_');
  if (isOfAws && !name.startsWith(own.slice(0, 'AWS_STS_'.length))) return false; // AWS_SQS_ENDPOINT is another service's
  return distance(name.toUpperCase(), own) <= SLIPS;
}

function empty(name: string): Finding {
  return finding('SETTING_INVALID', `cannot use ${name}: it is set and empty. Unset it or give it a value.`);
}

function unknown(name: string, meant: string): Finding {
  const message = `cannot use ${quote(name)}: there is no such setting. Write ${meant}, if that was meant.`;
  return finding('SETTING_UNKNOWN', message);
}
