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

/**
 * The API groups that this function reads, their kinds that are ours, and those that are others' business: of External Secrets v2 (apis/
 * of external-secrets/external-secrets).
 */
const GROUPS: readonly { group: string; ours: readonly string[]; others: readonly string[] }[] = [
  {
    group: GENERATORS_GROUP,
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
  {
    group: EXTERNAL_SECRETS_GROUP,
    ours: [EXTERNAL_SECRET_KIND],
    others: ['ClusterExternalSecret', 'ClusterPushSecret', 'ClusterSecretStore', 'PushSecret', 'SecretStore'],
  },
  { group: INPUT_GROUP, ours: [INPUT_KIND], others: ['Policy'] },
];

/** A longer word is no slip of the pen, and takes long to compare. */
const LONGEST_SLIP = 64;

/** The word of `known` that is nearest to a misspelt one, in any case of letters. `most`: how many letters of one so long may be wrong. */
export function nearestTo(word: string, known: readonly string[], most: (length: number) => number) {
  if (known.length === 0 || word.length > LONGEST_SLIP) return undefined;
  const lower = known.map((one) => one.toLowerCase());
  const near = closest(word.toLowerCase(), lower);
  return distance(word.toLowerCase(), near) <= most(near.length) ? known[lower.indexOf(near)] : undefined;
}

/**
 * The kind of ours that a misspelt one means: at most a fifth of its letters are wrong, or one. Undefined for a kind that there is, in any
 * case of letters, for one that is nearer to a kind of others, and in all other API groups.
 */
export function meantKind({ apiVersion, kind }: { readonly apiVersion?: string; readonly kind?: string }) {
  const kinds = GROUPS.find(({ group }) => group === apiVersion?.split('/', 1)[0]);
  if (kinds === undefined || !kind) return undefined;
  const near = nearestTo(kind, [...kinds.ours, ...kinds.others], (length) => Math.max(1, Math.floor(length / 5)));
  const isThere = near?.toLowerCase() === kind.toLowerCase();
  return isThere ? undefined : kinds.ours.find((one) => one === near);
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
