import { beforeEach } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { type Parts, reconcile } from './request.ts';
import { type FunctionServer, startServer } from './start-server.ts';

type SharedServer = Pick<FunctionServer, 'call' | 'reconcile' | 'get' | 'healthPort'>;

/**
 * One server for all tests of a file, which knows nothing of a test that begins: its composites are of a kind and have uids of their own,
 * and by these the function tells apart all that it keeps. Metrics, the log and the process are those of all tests.
 */
export function shareServer(options: Parameters<typeof startServer>[0]): SharedServer {
  const server = forAllTests(() => startServer(options));
  let tests = 0;
  beforeEach(() => {
    tests += 1;
  });
  const call: SharedServer['call'] = (asked, more) => server.call(ofTest(asked, tests), more);
  return {
    call,
    reconcile: (first, objects, remembered) => reconcile(call, first, objects, remembered),
    get: (path) => server.get(path),
    get healthPort() {
      return server.healthPort;
    },
  };
}

/** The same request for a composite that no other test has. */
function ofTest(parts: Parts, test: number): Parts {
  const { observed, requiredResources } = parts;
  const controlled = <T extends { resource?: object | undefined }>(one: T): T => ({
    ...one,
    resource: controlledIn(one.resource, test),
  });
  const required = Object.entries(requiredResources ?? {}).map(
    ([name, { items }]) => [name, { items: items.map(controlled) }] as const,
  );
  return {
    ...parts,
    ...(observed && {
      observed: {
        composite: { resource: compositeIn(observed.composite.resource, test) },
        resources: Object.fromEntries(Object.entries(observed.resources).map(([key, one]) => [key, controlled(one)])),
      },
    }),
    ...(requiredResources && { requiredResources: Object.fromEntries(required) }),
  };
}

function compositeIn(composite: object, test: number): object {
  const { kind, metadata, ...others } = composite as { kind: string; metadata: { uid?: string } };
  const { uid } = metadata;
  return { ...others, kind: `${kind}${test}`, metadata: { ...metadata, ...(uid && { uid: `${uid}-${test}` }) } };
}

/** An object whose controller, if it has one, is of the test. */
function controlledIn<T extends object | undefined>(object: T, test: number): T {
  const { metadata } = Object(object) as { metadata?: { ownerReferences?: readonly { uid: string }[] } };
  if (metadata?.ownerReferences === undefined) return object;
  const ownerReferences = metadata.ownerReferences.map((one) => ({ ...one, uid: `${one.uid}-${test}` }));
  return { ...object, metadata: { ...metadata, ownerReferences } };
}
