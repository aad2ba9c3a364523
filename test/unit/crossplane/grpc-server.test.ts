import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createGrpcServer, type GrpcServer } from '../../../function/crossplane/grpc-server.ts';

const EVERY_MILLISECONDS = 50;
/** Longer than this process ever rests on a busy machine. */
const TIMEOUT_MILLISECONDS = 1500;
const PINGS = { pingEveryMilliseconds: EVERY_MILLISECONDS, pingTimeoutMilliseconds: TIMEOUT_MILLISECONDS };
/** So many that one without an answer would have ended the connection. */
const MANY = (2 * TIMEOUT_MILLISECONDS) / EVERY_MILLISECONDS;

let grpc: GrpcServer;
let port: number;
let taken: Socket[];
const listener = createServer((socket) => {
  taken.push(socket.on('error', () => {}));
  grpc.take(socket);
});

beforeEach(async () => {
  taken = [];
  grpc = createGrpcServer(() => Promise.reject(new Error('nobody calls')), 1 << 20, PINGS);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  port = (listener.address() as AddressInfo).port;
});
afterEach(() => {
  grpc.close();
  listener.close();
});

test('a connection whose other end does not answer any more is closed', async () => {
  const gone = connect(port, '127.0.0.1').on('error', () => {});
  await once(gone, 'connect');
  while (taken.length === 0) await delay(10);
  await once(taken[0] as Socket, 'close'); // within the time of the test
  gone.destroy();
});

test('one that answers stays, however little it asks', async () => {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  let pings = 0;
  session.on('ping', () => {
    pings += 1;
  });
  let isEnded = false;
  const end = () => {
    isEnded = true;
  };
  session.on('goaway', end).on('close', end);
  while (pings < MANY && !isEnded) await delay(10);
  expect({ connections: taken.length, isEnded }).toEqual({ connections: 1, isEnded: false });
  session.destroy();
});
