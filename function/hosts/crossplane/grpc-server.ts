import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  FunctionRunnerServiceService,
  RunFunctionRequest,
  type RunFunctionResponse,
} from '@crossplane-org/function-sdk-typescript';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { type Received, RequestReader } from './read-request.ts';

/** For an answer to be read, and a connection to be closed by whoever opened it. */
const LINGER_MILLISECONDS = 2000;

/** Crossplane's connections are few and long. One whose other end is gone without a word would hold its socket for ever. */
const PING_EVERY_MILLISECONDS = 60_000;
const PING_TIMEOUT_MILLISECONDS = 20_000;

/**
 * So that clients spread over the replicas that there are, and none lives on what it once showed. The library ends each
 * connection up to a tenth sooner or later, so that not all come back at once.
 */
const AGE_MILLISECONDS = 3600_000;
/** For calls under way on a connection that has had its time: longer than the engine waits. */
const AGE_GRACE_MILLISECONDS = 60_000;

/** How deep a request may be, in messages. A map in a manifest is three: a thousand of them is more than anybody writes. */
const MOST_LEVELS = 3000;
/** Where the SDK's decoder stops: at some 30 maps, which a CRD in another manifest has. */
const SDK_MOST_LEVELS = 100;

/** Answers one request; `signal` aborts when nobody waits any more. */
export type Handler = (request: Received, signal: AbortSignal) => Promise<RunFunctionResponse>;

/** A connection that is served. */
interface Connection {
  /** Says by GOAWAY that no new calls are taken, and closes it when those under way are answered, or the grace has passed. */
  readonly end: (graceMilliseconds: number) => void;
}

/** A gRPC server without a port of its own. */
export interface GrpcServer {
  /** Serves a connection that may call. */
  readonly take: (socket: Socket) => Connection;
  /** Takes no new calls, and resolves when those under way are answered, or `graceMilliseconds` have passed. */
  readonly drain: (graceMilliseconds: number) => Promise<void>;
  /** Ends all that is left. */
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
  const runFunction = { ...FunctionRunnerServiceService.runFunction, requestDeserialize: decodeRequest };
  const calls = new Set<Promise<unknown>>();
  const runner = { runFunction: unary(handle, calls) };
  server.addService({ runFunction }, runner);
  server.addService({ runFunction: { ...runFunction, path: runFunction.path.replace('.v1.', '.v1beta1.') } }, runner);
  const connections = new Map<Socket, Connection>();
  return {
    take: (socket) => {
      // TLS was ended before. One injector each: it is what ends a connection by GOAWAY.
      const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
      const connection: Connection = {
        end: (graceMilliseconds) => {
          injector.drain(graceMilliseconds);
          // A session that has ended closes its own half only, and waits for a client that may never close the other.
          setTimeout(() => socket.destroy(), graceMilliseconds).unref();
        },
      };
      connections.set(socket, connection);
      socket.once('close', () => {
        connections.delete(socket);
        injector.destroy();
      });
      injector.injectConnection(socket);
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
      const late = delay(graceMilliseconds, undefined, { ref: false });
      await Promise.race([Promise.all(closed), lingering(), late]);
    },
    close: () => {
      server.forceShutdown();
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

/** The SDK's decoder counts levels in its reader: it begins below zero here. */
function decodeRequest(bytes: Buffer): Received {
  const reader = new RequestReader(bytes);
  const depth = { __tsProtoDecodeDepth: SDK_MOST_LEVELS - MOST_LEVELS };
  const request = RunFunctionRequest.decode(Object.assign(reader, depth));
  return { ...request, hasLostKey: reader.hasLostKey };
}

function unary(handle: Handler, calls: Set<Promise<unknown>>) {
  return (call: ServerUnaryCall<Received, RunFunctionResponse>, answer: sendUnaryData<RunFunctionResponse>): void => {
    const controller = new AbortController();
    // `cancelled` also comes when the deadline has passed, and for every call once it has ended
    call.on('cancelled', () => calls.has(answered) && controller.abort());
    const answered = handle(call.request, controller.signal)
      .then(
        (response) => answer(null, response),
        () => answer({ code: status.INTERNAL, details: 'this function has a fault' }),
      )
      .finally(() => calls.delete(answered));
    calls.add(answered);
  };
}
