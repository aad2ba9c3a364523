import { closest, distance } from 'fastest-levenshtein';
import { isIgnored } from './annotations.ts';
import {
  apiVersionOf,
  asksForSecret,
  CLUSTER_GENERATOR_KIND,
  EXTERNAL_SECRET_KIND,
  EXTERNAL_SECRETS_GROUP,
  GENERATOR_API_VERSION,
  GENERATOR_KINDS,
  GENERATORS_GROUP,
  INPUT_GROUP,
  INPUT_KIND,
  isGenerator,
  manifestTypeOf,
  POLICY_KIND,
  type TypeMeta,
} from './kinds.ts';
import { listAt, textAt, valueAt } from './plain-data.ts';

/** The API groups that this function reads, and their kinds that are ours. */
const GROUPS: readonly { readonly group: string; readonly ours: readonly string[] }[] = [
  { group: GENERATORS_GROUP, ours: [...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND] },
  { group: EXTERNAL_SECRETS_GROUP, ours: [EXTERNAL_SECRET_KIND] },
  { group: INPUT_GROUP, ours: [INPUT_KIND] },
];

/** A longer word is no slip of the pen, and takes long to compare. */
const LONGEST_SLIP = 64;

/** The word of `candidates` nearest to a misspelt one, ignoring case. `most`: how many letters of a word of this length may be wrong. */
export function nearestTo(word: string, candidates: readonly string[], most: (length: number) => number) {
  const short = candidates.filter(({ length }) => length <= LONGEST_SLIP);
  if (short.length === 0 || word.length > LONGEST_SLIP) return undefined;
  const lower = short.map((candidate) => candidate.toLowerCase());
  const near = closest(word.toLowerCase(), lower);
  return distance(word.toLowerCase(), near) <= most(near.length) ? short[lower.indexOf(near)] : undefined;
}

/**
 * True for a slip of the pen: a letter, or a fifth of them, or two that have changed places. Not where only numbers or words of one and two
 * letters differ: those tell `team-a` from `team-b`.
 */
export function isSlip(word: string, meant: string): boolean {
  const isWithin = (most: number) => nearestTo(word, [meant], () => most) !== undefined;
  const most = Math.max(1, Math.floor(meant.length / 5));
  if (!isWithin(Math.max(2, most)) || wordsOf(word) === wordsOf(meant)) return false;
  return isWithin(most) || sorted(word) === sorted(meant);
}

const wordsOf = (text: string) => text.match(/[a-z]{3,}/gi)?.join(' ');
const sorted = (text: string) => [...text.toLowerCase()].sort().join('');

/** So many letters of a group may be wrong where the kind is exactly one of ours. */
const WRONG_IN_GROUP = 2;

/** True for a manifest that says what is to be made, misspelt ones too. */
export function mayAskForSecret(type: TypeMeta | undefined): boolean {
  return asksForSecret(meantType(type) ?? type);
}

/**
 * The type that a misspelt manifest or reference means: one of our kinds in a group like ours or in none, or a kind like ours in our group.
 * A kind is like ours with one wrong letter, with a fifth of its letters wrong, or if it begins as our generators do. Undefined for types
 * that exist, and in all other groups: other functions of Crossplane have an `Input` too.
 */
export function meantType(type: TypeMeta = {}): { readonly apiVersion: string; readonly kind: string } | undefined {
  const { apiVersion = '', kind } = type;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || manifestTypeOf(type) !== undefined)
    return undefined;
  const [group = ''] = apiVersion.split('/', 1);
  const ourKind = GROUPS.flatMap(({ ours }) => ours).find((name) => name.toLowerCase() === kind.toLowerCase());
  const home = GROUPS.find(({ ours }) => ours.some((name) => name === ourKind && name !== INPUT_KIND))?.group;
  if (ourKind !== undefined && home !== undefined) {
    const isLike =
      !apiVersion.includes('/') || // a version alone too
      group.toLowerCase().endsWith(EXTERNAL_SECRETS_GROUP) ||
      nearestTo(group, [home], () => WRONG_IN_GROUP);
    return isLike ? { apiVersion: apiVersionOf(ourKind), kind: ourKind } : undefined;
  }
  const ours = GROUPS.find((row) => row.group === group)?.ours ?? [];
  const start = kind.slice(0, 3).toUpperCase(); // of the service
  const alike = ours.filter((candidate) => candidate.slice(0, 3) === start);
  const whole = ours.find((name) => kind.toLowerCase().includes(name.toLowerCase())); // ClusterSTSAssumeRoleToken
  const slip = whole ?? nearestTo(kind, ours, (length) => Math.max(1, Math.floor(length / 5)));
  const near = slip ?? nearestTo(kind, alike, () => Infinity);
  return near === undefined || near.toLowerCase() === kind.toLowerCase() ? undefined : { apiVersion, kind: near };
}

const ENTRY_FIELDS = ['match', 'via', 'identity', 'last', 'secrets'];

/** What a manifest without `apiVersion` means to be: by its kind, or by lists that only ours have so. */
export function meantByFields(value: unknown): typeof INPUT_KIND | typeof POLICY_KIND | undefined {
  const kind = textAt(value, ['kind']);
  if (valueAt(value, ['apiVersion']) !== undefined) return undefined;
  if (kind !== undefined) return kind === INPUT_KIND || kind === POLICY_KIND ? kind : undefined;
  const hasRoles = (list: string) =>
    listAt(value, [list]).some((grant) => listAt(grant, ['roles']).some((role) => String(role).startsWith('arn:')));
  const isEntry = (entry: unknown) => ENTRY_FIELDS.some((field) => valueAt(entry, [field]) !== undefined);
  if (hasRoles('grants')) return POLICY_KIND;
  return hasRoles('allow') || listAt(value, ['sessions']).some(isEntry) ? INPUT_KIND : undefined;
}

/** True for a text that may be such a manifest. */
export function mayLackApiVersion(text: string): boolean {
  return /^(?:kind: *(?:Input|Policy)\b|(?:sessions|allow|grants):)/m.test(text) && !/^apiVersion:/m.test(text);
}

/** The `apiVersion` of ours or of External Secrets in block YAML, at the margin or in a list. */
const GROUP =
  /(?:^|\n)(?:- | {2})?apiVersion:[ \t]+["']?((?:generators\.)?external-secrets\.io|sts\.fn\.crossplane\.io)\//;

/** True for the text of an object whose kind, which was found in it, is misspelt. The group is looked for before anything is compared. */
export function isMisspelt(text: string, kind: string): boolean {
  if (!text.includes('external-secrets.io/') && !text.includes(`${INPUT_GROUP}/`)) return false;
  const [, group] = GROUP.exec(text) ?? [];
  return group !== undefined && meantType({ apiVersion: group, kind }) !== undefined;
}

/** True for a ClusterGenerator with a generator of our kinds in it, misspelt too, that is not ignored. */
export function hasOurGenerator(manifest: unknown): boolean {
  const named = { apiVersion: GENERATOR_API_VERSION, kind: textAt(manifest, ['spec', 'kind']) };
  return !isIgnored(manifest) && isGenerator(meantType(named) ?? named);
}
