import { request as requestHttp } from 'node:http';
import { type Agent, request as requestHttps } from 'node:https';
import { rejectOnAbort } from './bounded-answers.ts';

const TIMEOUT_MILLISECONDS = 30_000;
/** Larger than any expected response: a Secret has at most 1 MiB. */
const ANSWER_MAX_BYTES = 8 << 20;

/** One request. */
export interface TextRequest {
  readonly url: URL;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Used for HTTPS alone. */
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

/**
 * Sends one request and reads the whole response, within 30 seconds.
 * @throws Node's errors of a connection, and an Error for a response of more than 8 MiB, or for none.
 */
export function requestText({ url, body, agent, signal, ...options }: TextRequest) {
  const both = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]);
  const bounded = { ...options, signal: both, timeout: TIMEOUT_MILLISECONDS };
  const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps(url, { ...bounded, agent }) : requestHttp(url, bounded);
    request.on('error', reject);
    request.on('close', () => reject(new Error('there was no answer'))); // as when the protocol is switched
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_MAX_BYTES) response.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    request.end(body);
  });
  return rejectOnAbort(answer, bounded.signal); // a proxy that never answers keeps an aborted request from ending
}
