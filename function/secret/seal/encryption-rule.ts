/** Whether the value at a path is encrypted. Lists have no part in a path. */
export type EncryptionRule = (path: readonly string[]) => boolean;

/** sops leaves these plain when a document has no rule (sops.go, DefaultUnencryptedSuffix). */
const DEFAULT_UNENCRYPTED_SUFFIX = '_unencrypted';
const PATTERN_MAX_LENGTH = 256;

const RULES = ['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'] as const;
const COMMENT_RULES = ['unencrypted_comment_regex', 'encrypted_comment_regex'];

/**
 * The rule of a document's `sops` object: each looks at every part of a path (sops.go, shouldBeEncrypted). `malformed`: more
 * than one rule, as for sops itself. `unsupported`: a rule about comments, or a pattern that could take for ever.
 */
export function readRule(sops: Readonly<Record<string, unknown>>): EncryptionRule | 'malformed' | 'unsupported' {
  const given = [...RULES, ...COMMENT_RULES].filter((name) => (sops[name] ?? '') !== '');
  const name = RULES.find((rule) => given.includes(rule)) ?? 'unencrypted_suffix';
  const text = given.length === 0 ? DEFAULT_UNENCRYPTED_SUFFIX : sops[name];
  if (given.length > 1) return 'malformed';
  if (given.some((rule) => COMMENT_RULES.includes(rule))) return 'unsupported';
  if (typeof text !== 'string') return 'malformed';
  const matches = name.endsWith('_regex') ? toMatcher(text) : (part: string) => part.endsWith(text);
  if (matches === undefined) return 'unsupported';
  return name.startsWith('un') ? (path) => !path.some(matches) : (path) => path.some(matches);
}

/**
 * A pattern that JavaScript and Go read alike, and that is quick on any text: nothing is repeated, and at the most one group has
 * alternatives. `(?i)` may come first.
 */
function toMatcher(pattern: string): ((part: string) => boolean) | undefined {
  const isCaseless = pattern.startsWith('(?i)');
  const body = isCaseless ? pattern.slice('(?i)'.length) : pattern;
  const isShort = body.length <= PATTERN_MAX_LENGTH;
  const isAlike = !/\(\?|\\[^.$^|()[\]*+?/\\-]|\[:|\[\^?\]/.test(body);
  const isQuick = !/[*+?{}]/.test(body) && body.split('(').length <= 2;
  if (!isShort || !isAlike || !isQuick) return undefined;
  try {
    const compiled = new RegExp(body, isCaseless ? 'iu' : 'u');
    const known = new Map<string, boolean>();
    return (part) => {
      const matches = known.get(part) ?? compiled.test(part);
      known.set(part, matches);
      return matches;
    };
  } catch {
    return undefined;
  }
}
