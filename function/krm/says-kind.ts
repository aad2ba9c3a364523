import { CLUSTER_GENERATOR_KIND, GENERATOR_KINDS } from '../api/kinds.ts';

const SPECS = [...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND].join('|');
/** A slip in the kind of an object of our own group must not make it one that nobody reads. */
const OUR_GROUP = /sts\.fn\.crossplane\.io/i;
/** Words without which a document whose kind only the parser can tell holds nothing that is looked at. */
const WORDS = new RegExp(`${SPECS}|${OUR_GROUP.source}|Secret|ServiceAccount`, 'i');

const KINDS = `${SPECS}|Input|Secret|ServiceAccount`;
/** A key at the margin, in quotes or explicit too, or within braces. */
const TOP = String.raw`(?:(?:^\ufeff?|\n)(?:\?[ \t]+)?["']?|[{,]\s*["']?|["'])`;
/** Of an anchor or a tag, such as `!<tag:yaml.org,2002:str>`: with no sign that a key may follow, or n keys would be n² steps. */
const PROPERTY = String.raw`[&!](?:[^\s"'{,]|,2002)*`;
/** Between a key and the beginning of its value: an anchor and a tag may come first. */
const COLON = String.raw`["']?\s*:\s*(?:${PROPERTY}\s+){0,2}["']?`;
const END = String.raw`(?![\w-])`;
const TOP_TYPE = new RegExp(`${TOP}(?:kind${COLON}(?:${KINDS})|apiVersion${COLON}${OUR_GROUP.source})${END}`, 'i');
/** An ExternalSecret of stores is nobody's here, whatever it looks like. */
const EXTERNAL_SECRET = new RegExp(`${TOP}kind${COLON}ExternalSecret${END}`, 'i');
const NAMES_GENERATOR = /generatorRef/;
const LIST = new RegExp(`${TOP}kind${COLON}(?:Resource)?List${END}`);
const ANY_TYPE = new RegExp(String.raw`\skind${COLON}(?:${KINDS})${END}`, 'i');

/** False for a document that holds nothing that is looked at, whatever its kind. */
export function hasOurWords(document: string): boolean {
  return WORDS.test(document);
}

/** True where a document names our group, wherever it does. */
export function namesOurGroup(document: string): boolean {
  return OUR_GROUP.test(document);
}

/**
 * True for a document that says it is of a kind that is looked at, or as a list that one of its items is. It is asked of one
 * that does not parse, such as a template: what mentions a Secret somewhere inside is none.
 */
export function saysKind(document: string): boolean {
  if (NAMES_GENERATOR.test(document) && EXTERNAL_SECRET.test(document)) return true;
  return TOP_TYPE.test(document) || (LIST.test(document) && ANY_TYPE.test(document));
}
