import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { timeoutMilliseconds } from '../model/run-limits.ts';
import type { Environment } from '../model/world.ts';

/** Of a socket, and of the tunnel that a proxy is asked for. */
const SILENCE_MILLISECONDS = 30_000;

/** Most bytes of an answer, and what its reader is told of a larger one. */
interface Bound {
  readonly most: number;
  readonly fault: () => Error;
}

/**
 * Bounds all requests of the SDK: their answers in bytes, and their time by that of a run, so that none outlives all who wait for it. The
 * default chain asks containers, instances and SSO with requests of its own, which take neither a handler nor a signal; like all of the
 * SDK's they are made by `request` of Node's modules with options alone. Ours have a URL before, and bounds of their own.
 */
export function boundRequests(environment: Environment, bound: Bound): void {
  for (const module of [http, https]) {
    const { request } = module;
    const bounded = (asked: RequestOptions | string | URL, ...others: []) => {
      if (typeof asked === 'string' || asked instanceof URL) return request(asked, ...others);
      const sent = request({ timeout: SILENCE_MILLISECONDS, ...asked }, ...others);
      const timer = setTimeout(
        () => sent.destroy(new Error('its time is up')),
        timeoutMilliseconds(environment),
      ).unref();
      return sent
        .prependOnceListener('response', (response) => boundBody(response, bound))
        .once('close', () => clearTimeout(timer));
    };
    Object.assign(module, { request: bounded });
  }
}

function boundBody(response: IncomingMessage, { most, fault }: Bound): void {
  const { push } = response;
  let bytes = 0;
  response.push = (chunk, ...others) => {
    bytes += chunk?.length ?? 0;
    if (bytes <= most) return push.call(response, chunk, ...others);
    setImmediate(() => response.destroy(fault())); // when its reader is there to be told
    return false;
  };
}
