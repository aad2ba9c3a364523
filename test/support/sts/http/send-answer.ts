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
  const { status, headers, dated = true, delivery = 'whole' } = answer;
  const body = Buffer.from(answer.body);
  outgoing.sendDate = dated;
  const date = dated ? { date: now.toUTCString() } : {};
  outgoing.writeHead(status, { ...headers, ...date, 'content-length': body.length });
  if (delivery === 'whole') outgoing.end(body);
  else if (delivery === 'cut') outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
  else drip(outgoing, body, delivery.everyMs);
}

/** Until the last byte, or until either side closes the connection. */
function drip(outgoing: ServerResponse, body: Buffer, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent === body.length) outgoing.end();
    else outgoing.write(body.subarray(sent, sent + 1));
    sent += 1;
  }, everyMs);
  outgoing.once('close', () => clearInterval(timer));
}

/** Bytes that are not HTTP: there is no response object yet, so the answer goes straight to the socket. */
export function refuseConnection(socket: Duplex, requestId: string): void {
  if (!socket.writable) return;
  const { status, headers, body } = failureAnswer(new AwsError('MalformedInput', 'This is not HTTP'), requestId);
  const all = { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} Bad Request`, ...lines, '', body].join('\r\n'));
}
