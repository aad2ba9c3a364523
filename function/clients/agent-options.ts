import type { AgentOptions } from 'node:https';
import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainUnreadable } from '../findings/system-error.ts';
import type { Environment } from '../model/world.ts';
import { readNamedFile } from './read-file.ts';

/**
 * Options of an HTTPS agent. AWS_CA_BUNDLE replaces the system's authorities, as in the AWS CLI. Those of NODE_EXTRA_CA_CERTS stay.
 * @throws FindingError when a setting cannot be used.
 */
export async function agentOptions(environment: Environment): Promise<AgentOptions> {
  const options = { keepAlive: true, ...proxyOptions(environment) };
  const bundle = environment.AWS_CA_BUNDLE;
  if (!bundle) return options;
  const { getCACertificates } = await import('node:tls');
  try {
    return { ...options, ca: [readNamedFile(bundle).toString(), ...getCACertificates('extra')] };
  } catch (error) {
    throw refuse(`${quote(bundle)} of AWS_CA_BUNDLE`, explainUnreadable(error));
  }
}

/**
 * HTTPS_PROXY and NO_PROXY as an agent's options. Node's agent follows proxies since 22.21 and 24.5; an older one would silently bypass
 * the proxy.
 * @throws FindingError when this Node is older.
 */
export function proxyOptions(environment: Environment): { proxyEnv?: Environment } {
  if (!environment.HTTPS_PROXY && !environment.https_proxy) return {};
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 21) || (major === 24 && minor < 5) || major === 23) {
    throw refuse('HTTPS_PROXY', 'this version of Node.js does not know proxies. Use Node.js 22.21, 24.5 or newer');
  }
  return { proxyEnv: environment };
}

/** The proxy that Node's agent takes, without user and password. */
export function proxyOf({ https_proxy, HTTPS_PROXY }: Environment): string | undefined {
  return URL.parse(https_proxy || HTTPS_PROXY || '')?.origin;
}

function refuse(what: string, cause: string): FindingError {
  return new FindingError(finding('SETTING_INVALID', `cannot use ${what}: ${cause}.`));
}
