import { FunctionRunnerServiceService } from '@crossplane-org/function-sdk-typescript';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { parse } from 'yaml';
import { composite, reconcile, request } from '../crossplane/request.ts';
import { type FunctionServer, startServer } from '../crossplane/start-server.ts';
import type { EmittedSecret } from '../emitted.ts';
import type { Case } from './modes.ts';
import type { Said } from './said.ts';

/** gRPC's own trace, which an operator can switch on. */
const TRACE = { GRPC_VERBOSITY: 'DEBUG', GRPC_TRACE: 'all', GRPC_NODE_VERBOSITY: 'DEBUG', GRPC_NODE_TRACE: 'all' };

/** Starts the server with everything in its log. */
export const startTalking = (environment: Readonly<Record<string, string>>, certificates?: string) =>
  startServer({
    environment: { ...TRACE, ...environment },
    arguments: ['--debug'],
    ...(certificates === undefined ? {} : { certificates }),
  });

/** One reconcile; the answer without the Secret that was asked for, and the server's log and pages so far. */
export async function throughServer(server: FunctionServer, one: Case): Promise<Said> {
  const { documents, sessions = '[]' } = one;
  const objects = documents.map(readable);
  const isSpec = (object: unknown) =>
    /generators|external-secrets/.test((object as { apiVersion?: string }).apiVersion ?? '');
  const input = {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    generators: objects.filter(isSpec),
    sessions: parse(sessions) as unknown,
  };
  const uid = crypto.randomUUID();
  const xr = composite({ metadata: { uid, name: `acme-${uid}` } }); // so that the one before is nothing to it: a composite has a limit
  const asked = request({ input, xr });
  const { response } = await reconcile(
    (parts) => server.call(parts),
    asked,
    objects.filter((object) => !isSpec(object)),
  );
  const secrets = Object.values(response.desired?.resources ?? {}).map(({ resource }) => resource as EmittedSecret);
  return {
    exit: secrets.length > 0 ? 0 : 1,
    texts: { 'kind: Secret': `kind: Secret ${JSON.stringify(response)}`, ...(await pagesOf(server)) },
    given: [],
    secrets,
  };
}

/** What is not YAML is an object without fields: the engine never sends one. */
function readable(document: string): unknown {
  try {
    return parse(document) as unknown;
  } catch {
    return {};
  }
}

async function pagesOf(server: FunctionServer): Promise<Record<string, string>> {
  const pages = ['/metrics', '/healthz', '/readyz', '/nothing'];
  const texts = await Promise.all(pages.map(async (page) => [page, (await server.get(page)).text]));
  return { ...(Object.fromEntries(texts) as Record<string, string>), stderr: server.stderr() };
}

/** Sends what is no request; gives gRPC's answer, with the log. */
export async function sendBytes(server: FunctionServer, bytes: Buffer): Promise<Record<string, string>> {
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const same = (buffer: Buffer) => buffer;
  const answer = await new Promise<string>((resolve) => {
    const { path } = FunctionRunnerServiceService.runFunction;
    client.makeUnaryRequest(
      path,
      same,
      same,
      bytes,
      new Metadata(),
      { deadline: Date.now() + 10_000 },
      (error, given) =>
        resolve(error === null ? String(given) : `${error.code} ${error.details} ${JSON.stringify(error.metadata)}`),
    );
  });
  client.close();
  return { answer, ...(await pagesOf(server)) };
}
