import { FunctionRunnerServiceService, type RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';

/** A function of a Composition that answers with what was desired so far: the least that a call over grpc-js takes. */
const server = new Server();
server.addService(FunctionRunnerServiceService, {
  runFunction: ({ request }: ServerUnaryCall<RunFunctionRequest, unknown>, answer: sendUnaryData<unknown>) =>
    answer(null, {
      meta: { tag: request.meta?.tag ?? '', ttl: { seconds: 60, nanos: 0 } },
      desired: request.desired,
      results: [],
      conditions: [],
      context: request.context,
      requirements: undefined,
    }),
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
