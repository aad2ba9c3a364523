import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { timeoutMilliseconds } from '../model/run-limits.ts';
import type { Environment } from '../model/world.ts';

/** Answers of AWS have some kilobytes. */
const ANSWER_MAX_BYTES = 64 << 10;
/** Answers of status 1xx that may come before the one that counts. */
const MOST_INTERIM_ANSWERS = 100;
/** The longest silence of a socket, and of the tunnel that a proxy is asked for. */
const SILENCE_MILLISECONDS = 30_000;
const NOTHING = new Uint8Array();

/** Thrown to who reads an answer that is too large. */
class TooLarge extends Error {}

/**
 * The bytes of an answer of AWS. A page, and what is too large, is read as an answer without a body, so that its status counts: the SDK's
 * parser takes seconds for a megabyte of DOCTYPEs.
 */
export async function collectAnswer(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > ANSWER_MAX_BYTES) return NOTHING;
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    return /<!doctype/i.test(bytes.toString('latin1')) ? NOTHING : bytes;
  } catch (error) {
    if (error instanceof TooLarge) return NOTHING;
    throw error;
  }
}

/** Ends each request of this process that gets interim answers without end: they are in no body, so no other bound sees them. */
export function boundInterimAnswers(): void {
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest }; // as Node documents it
    let answers = 0;
    request.on('information', () => {
      answers += 1;
      if (answers > MOST_INTERIM_ANSWERS) request.destroy(new Error('it says nothing but that it works'));
    });
  });
}

/**
 * Bounds all requests of the SDK: their answers in bytes, and their time by that of a run, so that none outlives all who wait for it. The
 * default chain asks containers, instances and SSO with requests of its own, which take neither a handler nor a signal; like all of the
 * SDK's they are made by `request` of Node's modules with options alone. Ours have a URL as first
 * argument, and bounds of their own.
 */
export async function boundRequests(environment: Environment): Promise<void> {
  // not before it is needed: with TLS Node.js reads NODE_EXTRA_CA_CERTS, and the end of the process waits for that
  const modules = [(await import('node:http')).default, (await import('node:https')).default];
  for (const module of modules) {
    const { request } = module;
    const bounded = (options: RequestOptions | string | URL, ...others: []) => {
      if (typeof options === 'string' || options instanceof URL) return request(options, ...others);
      const sent = request({ timeout: SILENCE_MILLISECONDS, ...options }, ...others);
      const end = () => sent.destroy(new Error('its time is up'));
      const timer = setTimeout(end, timeoutMilliseconds(environment)).unref();
      return sent.prependOnceListener('response', boundBody).once('close', () => clearTimeout(timer));
    };
    Object.assign(module, { request: bounded });
  }
}

function boundBody(response: IncomingMessage): void {
  const { push } = response;
  let bytes = 0;
  response.push = (chunk, ...others) => {
    bytes += chunk?.length ?? 0;
    if (bytes <= ANSWER_MAX_BYTES) return push.call(response, chunk, ...others);
    setImmediate(() => response.destroy(new TooLarge())); // when its reader is there to be told
    return false;
  };
}

/** Resolves as `work`, or rejects as soon as `signal` aborts: for work that takes no signal. */
export async function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, end]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
