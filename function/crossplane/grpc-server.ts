import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FunctionRunnerServiceService, type RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { readSent, type SentRequest, UnreadableRequest } from './decode-request.ts';
import { TurnMissed } from './turns.ts';

/** Time for clients to read the last responses and to close their connections. */
const LINGER_MILLISECONDS = 2000;

/** How often clients are pinged: otherwise a connection whose client vanished would hold its socket for ever. */
const PING_EVERY_MILLISECONDS = 60_000;
const PING_TIMEOUT_MILLISECONDS = 20_000;

/**
 * A connection ends after this time, so that clients spread over new replicas and show their certificate again. grpc-js varies it by up
 * to a tenth, so that not all reconnect at once.
 */
const AGE_MILLISECONDS = 3600_000;
/** Time for the calls under way on a connection of that age: longer than Crossplane waits for a response. */
const AGE_GRACE_MILLISECONDS = 60_000;

/** Answers one request; `signal` aborts when the client no longer waits. */
export type Handler = (request: SentRequest, signal: AbortSignal) => Promise<RunFunctionResponse>;

/** An open connection. */
export interface Connection {
  /** Sends GOAWAY, and closes the connection once its calls are answered or the grace period has passed. */
  readonly end: (graceMilliseconds: number) => void;
}

/** A gRPC server without a port of its own. */
export interface GrpcServer {
  /** Serves a connection that was accepted: with TLS, one that was authenticated. */
  readonly take: (socket: Socket) => Connection;
  /** Refuses new calls, and resolves once the calls under way are answered or `graceMilliseconds` have passed. */
  readonly drain: (graceMilliseconds: number) => Promise<void>;
  /** Closes all connections at once. */
  readonly close: () => void;
}

/** Both versions of the service: Crossplane before 1.17 knows only the older. */
export function createGrpcServer(
  handle: Handler,
  maxReceiveBytes: number,
  {
    pingEveryMilliseconds = PING_EVERY_MILLISECONDS,
    pingTimeoutMilliseconds = PING_TIMEOUT_MILLISECONDS,
    ageMilliseconds = AGE_MILLISECONDS,
  } = {},
): GrpcServer {
  const server = new Server({
    'grpc.keepalive_time_ms': pingEveryMilliseconds,
    'grpc.keepalive_timeout_ms': pingTimeoutMilliseconds,
    'grpc.max_connection_age_ms': ageMilliseconds,
    'grpc.max_connection_age_grace_ms': AGE_GRACE_MILLISECONDS,
    'grpc.max_receive_message_length': maxReceiveBytes,
    'grpc.max_send_message_length': -1,
  });
  const calls = new Set<Promise<unknown>>();
  const runner = { runFunction: toUnaryCall(handle, calls) };
  const runFunction = { ...FunctionRunnerServiceService.runFunction, requestDeserialize: readSent };
  server.addService({ runFunction }, runner);
  server.addService({ runFunction: { ...runFunction, path: runFunction.path.replace('.v1.', '.v1beta1.') } }, runner);
  const connections = new Map<Socket, Connection>();
  return {
    take: (socket) => {
      const connection = connect(socket, server);
      connections.set(socket, connection);
      socket.once('close', () => connections.delete(socket));
      return connection;
    },
    // The server's own tryShutdown does not wait for connections that were injected.
    drain: async (graceMilliseconds) => {
      const closed = [...connections.keys()].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const connection of connections.values()) connection.end(graceMilliseconds);
      const lingering = async () => {
        await Promise.allSettled(calls);
        await delay(LINGER_MILLISECONDS, undefined, { ref: false });
      };
      const timeOver = delay(graceMilliseconds, undefined, { ref: false });
      await Promise.race([Promise.all(closed), lingering(), timeOver]);
    },
    close: () => {
      server.forceShutdown();
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

const FAULT = { code: status.INTERNAL, details: 'this function has a fault' };
const UNREADABLE = { code: status.INTERNAL, details: 'cannot read the request' };
const TURN_MISSED = { code: status.DEADLINE_EXCEEDED, details: 'the time of this call was over' };

function statusOf(error: unknown) {
  if (error instanceof TurnMissed) return TURN_MISSED;
  return error instanceof UnreadableRequest ? UNREADABLE : FAULT;
}

/** Answers each call, and keeps those under way in `calls`. */
function toUnaryCall(handle: Handler, calls: Set<Promise<unknown>>) {
  return (call: ServerUnaryCall<SentRequest, RunFunctionResponse>, respond: sendUnaryData<RunFunctionResponse>) => {
    const controller = new AbortController();
    // grpc-js emits `cancelled` also after the deadline, and for every call once it has ended, which is in `calls` no more
    call.on('cancelled', () => calls.has(answered) && controller.abort());
    const answered = handle(call.request, controller.signal)
      .then(
        (response) => respond(null, response),
        (error: unknown) => respond(statusOf(error)),
      )
      .finally(() => calls.delete(answered));
    calls.add(answered);
  };
}

/** TLS ends in front of the server. Each connection has its own injector, which can send it GOAWAY. */
function connect(socket: Socket, server: Server): Connection {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  socket.once('close', () => injector.destroy());
  injector.injectConnection(socket);
  return {
    end: (graceMilliseconds) => {
      injector.drain(graceMilliseconds);
      // HTTP/2 closes only our half of the socket, and the client may never close the other.
      setTimeout(() => socket.destroy(), graceMilliseconds).unref();
    },
  };
}
