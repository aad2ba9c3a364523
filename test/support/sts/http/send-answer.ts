import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AwsError } from '../aws-error.ts';
import { type Answer, failureAnswer } from './answer.ts';

/** The Date header tells the server's own clock: SDKs correct theirs by it. */
export function sendAnswer(outgoing: ServerResponse, answer: Answer, now: Date): void {
  if (answer.kind === 'reset') {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(answer.status, {
    ...answer.headers,
    date: now.toUTCString(),
    'content-length': Buffer.byteLength(answer.body),
  });
  outgoing.end(answer.body);
}

/** Bytes that are not HTTP: there is no response object yet, so the answer goes straight to the socket. */
export function refuseConnection(socket: Duplex, requestId: string): void {
  if (!socket.writable) return;
  const { status, headers, body } = failureAnswer(new AwsError('MalformedInput', 'This is not HTTP'), requestId);
  const all = { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} Bad Request`, ...lines, '', body].join('\r\n'));
}
