import { closest, distance } from 'fastest-levenshtein';
import {
  CLUSTER_GENERATOR_KIND,
  EXTERNAL_SECRET_KIND,
  EXTERNAL_SECRETS_GROUP,
  GENERATOR_KINDS,
  GENERATORS_GROUP,
  INPUT_GROUP,
  INPUT_KIND,
} from './kinds.ts';

/** The kinds of an API group. */
interface Kinds {
  readonly ours: readonly string[];
  /** Those that are others' business. */
  readonly others: readonly string[];
}

/** The API groups that this function reads. Others' kinds are those of External Secrets v2 (apis/ of external-secrets/external-secrets). */
const GROUPS: ReadonlyMap<string, Kinds> = new Map([
  [
    GENERATORS_GROUP,
    {
      ours: [...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND],
      others: [
        'ACRAccessToken',
        'CloudsmithAccessToken',
        'Fake',
        'GCRAccessToken',
        'GeneratorState',
        'GithubAccessToken',
        'Grafana',
        'MFA',
        'Password',
        'QuayAccessToken',
        'SSHKey',
        'UUID',
        'VaultDynamicSecret',
        'Webhook',
      ],
    },
  ],
  [
    EXTERNAL_SECRETS_GROUP,
    {
      ours: [EXTERNAL_SECRET_KIND],
      others: ['ClusterExternalSecret', 'ClusterPushSecret', 'ClusterSecretStore', 'PushSecret', 'SecretStore'],
    },
  ],
  [INPUT_GROUP, { ours: [INPUT_KIND], others: ['Policy'] }],
]);

/** A longer word is no slip of the pen, and takes long to compare. */
const LONGEST_SLIP = 64;

/**
 * The kind of ours that a misspelt one means: at most a fifth of its letters are wrong, or one. Undefined for a kind that there is, in any
 * case of letters, for one that is nearer to a kind of others, and in all other API groups.
 */
export function meantKind({ apiVersion, kind }: { readonly apiVersion?: string; readonly kind?: string }) {
  const kinds = GROUPS.get(apiVersion?.split('/', 1)[0] ?? '');
  if (kinds === undefined || kind === undefined || kind === '' || kind.length > LONGEST_SLIP) return undefined;
  const lower = kind.toLowerCase();
  const all = [...kinds.ours, ...kinds.others];
  if (all.some((one) => one.toLowerCase() === lower)) return undefined;
  const near = closest(
    lower,
    all.map((one) => one.toLowerCase()),
  );
  const isNear = distance(lower, near) <= Math.max(1, Math.floor(near.length / 5));
  return isNear ? kinds.ours.find((one) => one.toLowerCase() === near) : undefined;
}

/** A line that puts an object of a block, at the margin or in a list, into one of those groups. */
const GROUP =
  /(?:^|\n)(?:- | {2})?apiVersion:[ \t]+["']?((?:generators\.)?external-secrets\.io|sts\.fn\.crossplane\.io)\//;

/** True for the text of an object whose kind, which was found in it, is misspelt. The group is looked for before anything is compared. */
export function isMisspelt(text: string, kind: string): boolean {
  if (!text.includes('external-secrets.io/') && !text.includes(`${INPUT_GROUP}/`)) return false;
  const [, group] = GROUP.exec(text) ?? [];
  return group !== undefined && meantKind({ apiVersion: group, kind }) !== undefined;
}
