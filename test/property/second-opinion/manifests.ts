import { fromGenerator, generatorManifest } from '../../support/manifests.ts';
import {
  type Auth,
  BROKEN,
  type DeclarationContext,
  IDS,
  KEYS,
  TEMPLATES,
  type Unguarded,
  type ViaHop,
  type World,
} from './world.ts';

/** A world as its authors write it. */

type Manifest = { readonly apiVersion: string; readonly kind: string; readonly metadata: object };

const INPUT = 'sts.fn.crossplane.io/v1beta1';

/** A generator or ClusterGenerator. */
function generatorOf(wanted: DeclarationContext): Manifest {
  const { name, namespace, kind, isClusterGenerator, isRegionLeftOut, isPublic, role, auth } = wanted;
  const spec = {
    region: isRegionLeftOut ? '' : wanted.region,
    ...(role === undefined ? {} : { role }),
    ...(isPublic ? { scope: 'public' } : {}),
    ...authOf(auth),
  };
  if (!isClusterGenerator) return generatorManifest(spec, metadata(name, namespace), kind);
  const field = `${kind.replace(/^[A-Z]*(?=[A-Z])/, (start) => start.toLowerCase())}Spec`;
  return generatorManifest({ kind, generator: { [field]: spec } }, { name }, 'ClusterGenerator');
}

function authOf(auth: Auth): object {
  if (auth.source === 'keys') {
    const ref = (key: string) => ({ name: auth.secret, key });
    return { auth: { secretRef: { accessKeyIDSecretRef: ref('id'), secretAccessKeySecretRef: ref('secret') } } };
  }
  if (auth.source !== 'serviceAccount') return {};
  const { name, audiences } = auth;
  return { auth: { jwt: { serviceAccountRef: { name, ...(audiences.length === 0 ? {} : { audiences }) } } } };
}

/** The entry of the Input that is for one generator. */
function entryOf({ kind, name, auth, via, last, namespaces }: DeclarationContext): object {
  return {
    match: { kinds: [kind], names: [name] },
    ...(auth.source === 'token' ? { identity: identityOf(auth) } : {}),
    ...(via.length === 0 ? {} : { via: via.map(viaOf) }),
    ...(Object.keys(hopOf(last)).length === 0 ? {} : { last: hopOf(last) }),
    ...(namespaces === undefined ? {} : { secrets: [{ namespaces }] }),
  };
}

function identityOf({ token, audience, role }: Extract<Auth, { source: 'token' }>): object {
  const [source = '', ...rest] = token.split(':');
  const value = source === 'github' ? { ...(audience === undefined ? {} : { audience }) } : rest.join(':');
  return { [source]: value, ...(role === undefined ? {} : { role }) };
}

function viaOf({ role, region, ...parts }: ViaHop): object {
  return { role, ...(region === undefined ? {} : { region }), ...hopOf(parts) };
}

function hopOf(hop: DeclarationContext['last']): object {
  const { sessionName, sourceIdentity, tags, isTransitive, externalID, duration } = hop;
  return {
    ...(duration === undefined ? {} : { sessionDuration: duration }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(tags === undefined ? {} : { tags }),
    ...(tags !== undefined && isTransitive ? { transitiveTagKeys: Object.keys(tags) } : {}),
    ...(externalID === 'literal' ? { externalID } : {}),
    ...(externalID === undefined || externalID === 'literal'
      ? {}
      : { externalIDFrom: { name: externalID, key: 'id' } }),
  };
}

/** One for each namespace in which generators are named. */
function externalSecretsOf({ wanted, templateSecrets }: Unguarded): Manifest[] {
  const consumed = Map.groupBy(
    wanted.filter(({ isConsumed }) => isConsumed),
    ({ namespace }) => namespace,
  );
  const literals = templateSecrets.map((name) => ({ secret: { name, items: [{ key: 'text' }] } }));
  return [...consumed].map(([namespace, generators]) => ({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: metadata(EXTERNAL_SECRET, namespace),
    spec: {
      ...(literals.length === 0 ? {} : { target: { template: { templateFrom: literals } } }),
      dataFrom: generators.map(namingOf),
    },
  }));
}

function namingOf({ name, kind, isClusterGenerator }: DeclarationContext): object {
  return fromGenerator(name, undefined, isClusterGenerator ? 'ClusterGenerator' : kind);
}

export const EXTERNAL_SECRET = 'both';

/** What is of a tenant's, by its name. */
export const BROKEN_NAME = 'broken';

/** A tenant's generator for each that is broken, each in another way from turn to turn. */
export function brokenIn(turn: number, { broken, composite }: Unguarded): Manifest[] {
  return broken.flatMap((first, index) => {
    const how = BROKEN[(BROKEN.indexOf(first) + turn) % BROKEN.length];
    if (how === 'away') return [];
    const role = how === 'role' ? 'x' : 'arn:aws:iam::111111111111:role/broken';
    const spec = {
      region: how === 'region' ? 'x y' : 'eu-west-1',
      role,
      ...(how === 'field' ? { rolearn: role } : {}),
    };
    const named = metadata(`${BROKEN_NAME}-${index}`, composite.namespace ?? 'team-a');
    return [generatorManifest(how === 'spec' ? 'none' : spec, named)];
  });
}

/** The ExternalSecrets that name them. */
export function namingBroken({ broken, composite, wanted, isBrokenBeside }: Unguarded): Manifest[] {
  const namespace = composite.namespace ?? 'team-a';
  const beside = isBrokenBeside
    ? wanted.filter((one) => one.isConsumed && one.namespace === namespace).slice(0, 1)
    : [];
  return broken.map(
    (_, index) =>
      ({
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: metadata(`of-${BROKEN_NAME}-${index}`, namespace),
        spec: {
          dataFrom: [...beside.map(namingOf), fromGenerator(`${BROKEN_NAME}-${index}`)],
        },
      }) as Manifest,
  );
}

/** External Secrets' objects that somebody has in the package, or composes. */
export function writtenIn(location: 'manifests' | 'input', world: Unguarded): Manifest[] {
  const generators = world.wanted.filter((one) => one.location === location).map(generatorOf);
  return location === 'manifests' ? [...generators, ...externalSecretsOf(world)] : generators;
}

/** What only the cluster has. */
export function inCluster(world: Unguarded): Manifest[] {
  return [
    ...world.wanted.filter(({ location }) => location === 'cluster').map(generatorOf),
    ...(isThere(world) ? readOf(world) : []),
  ];
}

/** What the package has beside External Secrets' objects. */
export function besides(world: Unguarded): Manifest[] {
  return isThere(world) ? [] : readOf(world);
}

function isThere({ host, isLookedUp }: Unguarded): boolean {
  return host === 'crossplane' || isLookedUp;
}

/** Secrets and ServiceAccounts that generators name, in each namespace. */
function readOf({ wanted }: Unguarded): Manifest[] {
  const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
  const secrets = namespaces.flatMap((namespace) => [
    ...KEYS.map((name) => secret(name, namespace, keysOf(name))),
    ...IDS.map((name) => secret(name, namespace, { id: externalIDOf(name) })),
    ...TEMPLATES.map((name) => secret(name, namespace, { text: `from: ${name}` })),
  ]);
  const accounts = new Map(
    wanted.flatMap(({ namespace, auth }) =>
      auth.source === 'serviceAccount' ? [[`${namespace}/${auth.name}`, { namespace, auth }] as const] : [],
    ),
  );
  return [
    ...secrets,
    ...[...accounts.values()].map(({ namespace, auth: { name, role } }) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { ...metadata(name, namespace), annotations: { 'eks.amazonaws.com/role-arn': role } },
    })),
  ];
}

/** The keys in a Secret, or those of the step under its name. */
export function keysOf(name: string): { id: string; secret: string } {
  return {
    id: `AKIA${name
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, '')
      .padEnd(16, 'X')}`,
    secret: `secret/of/${name}`.padEnd(40, '/'),
  };
}

export function externalIDOf(secretName: string): string {
  return `in-${secretName}`;
}

function secret(name: string, namespace: string | undefined, values: Readonly<Record<string, string>>): Manifest {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(name, namespace),
    data: Object.fromEntries(data),
  } as Manifest;
}

function metadata(name: string, namespace: string | undefined): { name: string; namespace?: string } {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

export function inputOf(world: World): Manifest & { readonly generators: readonly unknown[] } {
  const { cluster, allow, host } = world;
  const own = world.wanted.map(entryOf).filter((entry) => Object.keys(entry).length > 1);
  const hasBroken = host === 'crossplane' && world.broken.length > 0;
  const match = { kinds: ['STSAssumeRoleToken'], names: [`${BROKEN_NAME}-*`] };
  const sessions = hasBroken ? [...own, { match, via: ['arn:aws:iam::${role.account}:role/hub'] }] : own;
  const chosen = host === 'stdin' ? { context: 'ci' } : { inCluster: true };
  return {
    apiVersion: INPUT,
    kind: 'Input',
    metadata: { name: 'options' },
    generators: writtenIn('input', world),
    sessions,
    ...(allow === undefined ? {} : { allow }),
    ...(cluster === 'input' || cluster === 'both' ? { cluster: chosen } : {}),
  } as Manifest & { generators: readonly unknown[] };
}

export function policyOf({ policy }: World): string | undefined {
  return policy && JSON.stringify({ apiVersion: INPUT, kind: 'Policy', grants: policy });
}
