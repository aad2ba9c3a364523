import { type ObjectRef, quoted, type Sayable, say, theObject } from '../findings/say.ts';
import type { Chosen, Demand, Grant, Powers } from '../model/grant.ts';
import { globOf, matchesGlob } from '../model/matches-glob.ts';

/** What one list of a grant is about. */
interface Power<Asked, Granted> {
  /** What is asked for, as a refusal has it. */
  readonly words: (asked: Asked) => Sayable;
  /** Whether a list has it: asked once, of many lists. */
  readonly isIn: (asked: Asked) => (granted: Granted) => boolean;
  /** What a grant without the list has of it, all or nothing, where that is the same for each guard. */
  readonly absent?: boolean;
}

/** A new power is a row. */
const POWERS: { readonly [List in keyof Powers]: Power<Powers[List], NonNullable<Grant[List]>> } = {
  // somebody else wrote it: who keeps grants has to know that
  fromCluster: { words: () => 'generators of the cluster', isIn: () => (granted) => granted, absent: false },
  cluster: { words: () => 'the cluster', isIn: () => (granted) => granted },
  identities: { words: quoted, isIn: (name) => (PLAIN.test(name) ? inPatterns(name) : () => false) },
  serviceAccounts: objects(''),
  audiences: {
    words: (audience) => (audience === null ? 'any audience' : say`audience ${quoted(audience)}`),
    isIn: (audience) => (audience === null ? (granted) => granted.length > 0 : inNames(audience)),
  },
  externalIDs: objects('an external ID from '),
  templateSecrets: objects('a template from '),
  roles: { words: quoted, isIn: inPatterns },
  withoutRole: { words: (kind) => say`${kind} without a role`, isIn: inNames },
  regions: {
    words: (region) => say`region ${quoted(region)}`,
    isIn: (region) => (granted) => granted.some((pattern) => matchesGlob(pattern, region)),
    absent: true, // in a Policy too
  },
  sessionNames: { words: ({ value }) => say`session name ${quoted(value)}`, isIn: inOwnPatterns },
  sourceIdentities: { words: ({ value }) => say`source identity ${quoted(value)}`, isIn: inOwnPatterns },
  tags: {
    words: ({ key, value }) => say`tag ${quoted(value === undefined ? key : `${key}=${value}`)}`,
    isIn:
      ({ key, value }) =>
      (granted) => {
        const values = (Object.hasOwn(granted, key) ? granted[key] : undefined) ?? [];
        return values.some((pattern) => value === undefined || matchesGlob(pattern, value));
      },
  },
};

/** A demand that is ready to be compared with many grants. */
export interface Matcher {
  /** As a refusal has it. */
  words(): Sayable;
  /** `absent`: what a grant has that does not speak of it, all or nothing. */
  isIn(grant: Grant, absent: boolean): boolean;
}

/** The matcher of a demand, by the row of its list. */
export function matcherOf<List extends keyof Powers>({ list, of }: Demand<List>): Matcher {
  const power: Power<Powers[List], NonNullable<Grant[List]>> = POWERS[list];
  const isIn = power.isIn(of);
  return {
    words: () => power.words(of),
    isIn({ [list]: granted }, absent) {
      return granted === undefined ? (power.absent ?? absent) : isIn(granted);
    },
  };
}

/** Objects of one kind, by their names. */
function objects(what: string): Power<ObjectRef, readonly string[]> {
  return { words: (object) => say`${what}${theObject(object)}`, isIn: ({ name }) => inNames(name) };
}

function inNames(name: string): (granted: readonly string[]) => boolean {
  return (granted) => granted.includes(name);
}

/** No part of a path leads out of the folder that a pattern names. */
const PLAIN = /^[^/]*(?:\/(?!\.{1,2}(?:\/|$))[^/]+)*$/;

/** Part by part, as an ARN: a grant for a folder is none for what is below it. */
function inPatterns(name: string): (granted: readonly string[]) => boolean {
  const parts = partsOf(name);
  return (granted) => patternsOf(granted).some((fits) => fits(parts));
}

/** The patterns of a grant are asked about everything in a run. */
const taken = new WeakMap<readonly string[], ReturnType<typeof patternOf>[]>();

function patternsOf(patterns: readonly string[]): ReturnType<typeof patternOf>[] {
  const known = taken.get(patterns) ?? patterns.map(patternOf);
  taken.set(patterns, known);
  return known;
}

/** By patterns that may have the generator's own names in them. */
function inOwnPatterns({ value, by: { name, namespace } }: Chosen): (granted: readonly string[]) => boolean {
  const fits = (pattern: string) => {
    if (namespace === undefined && pattern.includes('${namespace}')) return false;
    const own = pattern.replaceAll('${namespace}', namespace ?? '').replaceAll('${name}', name);
    return matchesGlob(own, value);
  };
  return (granted) => granted.some(fits);
}

/** Separators that `*` never crosses. */
const SEPARATORS = /([:/])/;

/** The parts of an ARN or a path, and what stands between them. */
export function partsOf(text: string): readonly string[] {
  return text.split(SEPARATORS);
}

/**
 * A pattern that is asked about many texts, taken apart once, and compared part by part: `arn:aws:iam::123456789012:role/ci-*` fits
 * `…:role/ci-deploy` and neither `…:role/ci-x/admin` nor another account. The last parts of ARNs differ most, so they come first.
 */
export function patternOf(pattern: string): (parts: readonly string[]) => boolean {
  const wanted = partsOf(pattern).map(globOf);
  return (parts) => {
    if (parts.length !== wanted.length) return false;
    for (let index = wanted.length - 1; index >= 0; index--)
      if (wanted[index]?.(parts[index] ?? '') !== true) return false;
    return true;
  };
}
