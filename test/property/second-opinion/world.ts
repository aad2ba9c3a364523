import type { Asked, AskedHop, Grant } from './permits.ts';

/** What a hop has beside its role, as somebody writes it. */
export interface HopParts {
  readonly sessionName: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly isTransitive: boolean;
  readonly duration: number | undefined;
  /** `literal`, or the name of the Secret that it is in. */
  readonly externalID: string | undefined;
}

export interface ViaHop extends HopParts {
  readonly role: string;
  /** Absent: the generator's. */
  readonly region: string | undefined;
}

export type Auth =
  | { readonly source: 'default' }
  | { readonly source: 'keys'; readonly secret: string }
  | {
      readonly source: 'serviceAccount';
      readonly name: string;
      readonly role: string;
      readonly audiences: readonly string[];
    }
  | TokenAuth;

interface TokenAuth {
  readonly source: 'token';
  /** As `identities` of a grant has it. */
  readonly token: string;
  /** Of GitHub's. */
  readonly audience: string | undefined;
  readonly role: string | undefined;
}

/** A generator, with its entry of the Input. */
export interface DeclarationContext {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kind: 'STSAssumeRoleToken' | 'STSSessionToken' | 'ECRAuthorizationToken';
  readonly role: string | undefined;
  readonly region: string;
  /** `region: ""`, which is that of AWS_REGION. */
  readonly isRegionLeftOut: boolean;
  readonly isPublic: boolean;
  readonly auth: Auth;
  readonly via: readonly ViaHop[];
  readonly last: HopParts;
  /** Of its own Secrets; absent: one in its namespace. */
  readonly namespaces: readonly string[] | undefined;
  /** An ExternalSecret of its namespace names it. */
  readonly isConsumed: boolean;
  readonly isClusterGenerator: boolean;
  /** `manifests`: items, or desired resources. `cluster`: nowhere else. */
  readonly location: 'manifests' | 'input' | 'cluster';
}

/** Everything that a run depends on. */
export interface World {
  readonly host: 'stdin' | 'crossplane';
  readonly composite: { readonly name: string; readonly namespace: string | undefined };
  readonly wanted: readonly DeclarationContext[];
  /** Secrets with templates of all ExternalSecrets. */
  readonly templateSecrets: readonly string[];
  /** Who switched on a cluster. */
  readonly cluster: 'nobody' | 'operator' | 'input' | 'both';
  /** What is looked up: among the items, or in the cluster. */
  readonly isLookedUp: boolean;
  /** The step has credentials under the names of the Secrets with keys. */
  readonly hasStepCredentials: boolean;
  /** STS_FUNCTION_OUTPUT. */
  readonly output: 'files' | 'stream' | 'unknown';
  readonly engine: Engine;
  /** What a tenant has wrong with each generator that only the cluster has, and that an ExternalSecret of the step names. */
  readonly broken: readonly Broken[];
  /** The ExternalSecret of each names one of the step's generators before it, where one can be named there. */
  readonly isBrokenBeside: boolean;
  /** An earlier step composes something else under the key of the first generator's Secret. */
  readonly isKeyTaken: boolean;
  /** Reconciles in which somebody makes the composite anew and deletes what it had. */
  readonly turns: number;
  /** STS refuses every role in these turns. */
  readonly isDenied: boolean;
  readonly policy: readonly Grant[] | undefined;
  readonly allow: readonly Grant[] | undefined;
}

/**
 * What Crossplane shows in the first call of a reconcile: nothing (before 2.4), what the step required in the last one (2.4), or the
 * objects of tenants, since the Composition requires them.
 */
type Engine = 'asks' | 'remembers' | 'bootstraps';

/** `away`: it is not there. */
export type Broken = 'role' | 'spec' | 'field' | 'region' | 'away';
export const BROKEN: readonly Broken[] = ['role', 'spec', 'field', 'region', 'away'];

/** The key of the first generator's Secret, where it has one of its own whatever the cluster has. */
export function takenKey({ host, isKeyTaken, composite, wanted: [first] }: Unguarded): string | undefined {
  if (host === 'stdin' || !isKeyTaken || first === undefined) return undefined;
  if (first.isConsumed || first.location === 'cluster' || first.namespaces !== undefined) return undefined;
  const name = `${composite.name}-${first.name}`;
  return composite.namespace === undefined ? `${first.namespace}/${name}` : name;
}

export type Unguarded = Omit<World, 'policy' | 'allow'>;

export const AWS_REGION = 'eu-west-1';
export const VIA_NAME = 'function-sts-assume-role';
export const DEFAULT_AUDIENCE = 'sts.amazonaws.com';

/** Names of the Secrets that are in each namespace. */
export const KEYS = ['keys-1', 'keys-2'];
export const IDS = ['ids-1', 'ids-2'];
export const TEMPLATES = ['template-1', 'template-2'];

/** What a Policy supplies. */
export const SUPPLIED = ['supplied', 'supplied-2', 'supplied-ci'].map(
  (name) => `arn:aws:iam::111111111111:role/${name}`,
);

export const TOKEN_VARIABLES = ['CI_TOKEN', 'CI_DEPLOY_TOKEN', 'GITLAB_TOKEN'];
/** What a generator of the world asks for. */
export function askedBy(wanted: DeclarationContext, world: Unguarded): Asked {
  const { host, composite, cluster, templateSecrets, hasStepCredentials, output } = world;
  const { name, namespace, kind, role, region, auth, via, last, namespaces, isConsumed } = wanted;
  const isCrossplane = host === 'crossplane';
  const full = isCrossplane ? `${composite.name}-${name}` : name;
  const lastName = namespace === undefined ? full : `${namespace}.${full}`;
  const isPublic = wanted.isPublic ? 'us-east-1' : region;
  const hops: AskedHop[] = [
    ...(auth.source === 'token' && auth.role !== undefined ? [{ role: auth.role, region, defaultName: VIA_NAME }] : []),
    ...via.map((hop) => toHop(hop, hop.role, hop.region ?? region, VIA_NAME)),
    ...(role === undefined ? [] : [toHop(last, role, region, lastName)]),
    ...(kind === 'STSAssumeRoleToken' ? [] : [{ region: isPublic, defaultName: lastName }]),
  ];
  const templates = isConsumed ? templateSecrets : [];
  const isFromCluster = wanted.location === 'cluster';
  const isLookedUp =
    isFromCluster ||
    templates.length > 0 ||
    auth.source === 'keys' ||
    auth.source === 'serviceAccount' ||
    hops.some((hop) => hop.externalIDSecret !== undefined);
  return {
    name,
    namespace,
    kind,
    hasOwnRole: role !== undefined,
    region,
    isBare: auth.source === 'default' && via.length === 0,
    hasNamespace: isCrossplane ? composite.namespace !== undefined : namespace !== undefined,
    secretNamespaces: namespaces ?? [namespace],
    hops,
    ...(auth.source === 'token' ? { token: auth.token } : {}),
    ...(auth.source === 'serviceAccount'
      ? { audiences: auth.audiences, serviceAccount: { name: auth.name, role: auth.role, audience: DEFAULT_AUDIENCE } }
      : { audiences: auth.source === 'token' ? githubAudience(auth) : [] }),
    templateSecrets: templates,
    usesChosenCluster: cluster === 'input' && isLookedUp,
    isFromCluster,
    isInInput: wanted.location === 'input',
    namesStepCredentials: isCrossplane && hasStepCredentials && auth.source === 'keys',
    isPlainInFiles: !isCrossplane && output !== 'stream',
  };
}

/** Of the token that a generator has of GitHub. */
export function githubAudience({ token, audience = DEFAULT_AUDIENCE }: TokenAuth): readonly string[] {
  return token === 'github' ? [audience] : [];
}

function toHop(parts: HopParts, role: string, region: string, defaultName: string): AskedHop {
  const { sessionName = defaultName, sourceIdentity, tags, isTransitive, externalID, duration } = parts;
  return {
    role,
    region,
    sessionName,
    defaultName,
    ...(duration === undefined ? {} : { duration }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(tags === undefined ? {} : { tags }),
    ...(tags !== undefined && isTransitive ? { transitiveTagKeys: Object.keys(tags) } : {}),
    ...(externalID === undefined || externalID === 'literal' ? {} : { externalIDSecret: externalID }),
  };
}
