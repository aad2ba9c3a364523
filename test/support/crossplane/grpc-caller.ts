import { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  FunctionRunnerServiceService,
  RunFunctionRequest,
  RunFunctionResponse,
} from '@crossplane-org/function-sdk-typescript';
import { type ChannelCredentials, Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Identity } from '../certificates/make-identity.ts';
import type { Parts } from './request.ts';

const DEADLINE_MILLISECONDS = 30_000;

/** A connection of its own to a function. */
export interface GrpcCaller {
  /** One call; rejects with gRPC's error. `rewrite` changes the bytes that are sent. */
  call(
    request: Parts,
    options?: {
      deadlineMilliseconds?: number;
      signal?: AbortSignal;
      version?: 'v1' | 'v1beta1';
      rewrite?: (bytes: Buffer) => Buffer;
    },
  ): Promise<RunFunctionResponse>;
  close(): void;
}

/** Credentials of the engine: a certificate that `authority` has signed. */
export function mutualTls(authority: Identity, { key, cert }: Identity): ChannelCredentials {
  const named = { checkServerIdentity: () => undefined }; // its name is an address, which SNI cannot have
  return credentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert), named);
}

export function grpcCaller(port: number, channel: ChannelCredentials = credentials.createInsecure()): GrpcCaller {
  // With the pool that all clients share, a new client would not be a new connection.
  const client = new Client(`127.0.0.1:${port}`, channel, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
  const { path, requestSerialize } = FunctionRunnerServiceService.runFunction;
  return {
    call: (
      request,
      { deadlineMilliseconds = DEADLINE_MILLISECONDS, signal, version = 'v1', rewrite = (bytes: Buffer) => bytes } = {},
    ) =>
      new Promise((resolve, reject) => {
        const message = RunFunctionRequest.fromPartial(request as Parameters<typeof RunFunctionRequest.fromPartial>[0]);
        const options = { deadline: Date.now() + deadlineMilliseconds };
        const call = client.makeUnaryRequest(
          path.replace('.v1.', `.${version}.`),
          (asked: RunFunctionRequest) => rewrite(requestSerialize(asked)),
          decodeResponse,
          message,
          new Metadata(),
          options,
          (error, response) => (response === undefined ? reject(error) : resolve(response)),
        );
        signal?.addEventListener('abort', () => call.cancel(), { once: true });
      }),
    close: () => client.close(),
  };
}

/** However deep it is: the SDK's decoder stops where its reader has counted 100 levels. */
function decodeResponse(bytes: Buffer): RunFunctionResponse {
  return RunFunctionResponse.decode(Object.assign(new BinaryReader(bytes), { __tsProtoDecodeDepth: -Infinity }));
}
