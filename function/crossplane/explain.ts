import { CODES } from '../findings/codes.ts';
import { type Finding, messageOf } from '../findings/finding.ts';
import { cut, quote } from '../findings/quote.ts';
import { describeObject, HOST, type ObjectRef, type Reader } from '../findings/say.ts';
import {
  CLUSTER_GENERATOR_KIND,
  CONFIG_MAP_KIND,
  EXTERNAL_SECRET_KIND,
  GENERATOR_KINDS,
  INPUT_KIND,
  type NamedRef,
} from '../model/kinds.ts';

/** True when waiting does not help: only who wrote it, or the operator, can correct it. */
export function needsAuthor({ code }: Finding): boolean {
  return CODES[code].needsAuthor === true;
}

/** True when a bucket's limit on sessions or refusals was reached. */
export function isLimited({ code }: Finding): boolean {
  return code === 'RATE_LIMITED';
}

/** The code as Kubernetes writes reasons: `HOP_DENIED` as `HopDenied`. */
export function reasonOf({ code }: Finding): string {
  return code
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('');
}

/** The reader of the log: the operator, who may see everything. Crossplane calls again by itself, so no message says "run again". */
export const OPERATOR: Reader = {
  ...HOST,
  options: "the step's input",
  absent: () => 'not there. Create it; the composite is retried automatically',
};

const MAX_CHARACTERS = 1000;

/** What a tenant reads about his composite: the first in words, the others in the log. */
export function forTenant([first, ...others]: readonly Finding[], composite: NamedRef): string {
  const text = first === undefined ? '' : messageOf(first, tenant(composite));
  const more = others.length === 0 ? '' : ` And ${others.length} more: see the function's log.`;
  return text.length > MAX_CHARACTERS ? cut(text, MAX_CHARACTERS) : `${text}${more}`;
}

/** An object as he reads it. */
export function objectForTenant(object: ObjectRef, composite: NamedRef): string {
  return tenant(composite).object(object);
}

/**
 * Who wrote a composite, and may be anybody's tenant. The only values shown to him are objects of his namespace, names of their parts, and his
 * composite's name: no role, account or external ID. The log has the whole message.
 */
function tenant({ name, namespace }: NamedRef): Reader {
  const compositePath = `${namespace ?? ''}/${name}`;
  // an account may be in the name of an object too; in that of the composite it is no news
  const withoutAccounts = (text: string) =>
    text.replaceAll(ACCOUNT, (account) => (compositePath.includes(account) ? account : '…'));
  const ifName = (text: string) => (PART_NAME.test(text) ? withoutAccounts(quote(text)) : HIDDEN);
  return {
    ...OPERATOR,
    quoted: (text) => {
      if (text === name || text === namespace || NO_NAME.test(text)) return quote(text);
      return text.startsWith('arn:') ? HIDDEN_ARN : HIDDEN;
    },
    name: ifName,
    field: (path) =>
      withoutAccounts(path.replaceAll(QUOTED, (text) => (PART_NAME.test(text.slice(1, -1)) ? text : HIDDEN))),
    detail: () => '',
    object: (object) => {
      const isHis = namespace === undefined || object.namespace === undefined || object.namespace === namespace;
      const isShown = isHis && KINDS.includes(object.kind) && OBJECT_NAME.test(object.name);
      return isShown || object.name === '' ? withoutAccounts(describeObject(object)) : `${object.kind} ${HIDDEN}`;
    },
  };
}

const HIDDEN = '"…"';
/** An ARN is what the field is for; more than that is not said. */
const HIDDEN_ARN = '"arn:…"';
const ACCOUNT = /(?<!\d)\d{12}(?!\d)/g;
/** A key in a path, as `quote` writes it. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const OBJECT_NAME = /^[a-z0-9.-]+$/;
const PART_NAME = /^[\w./-]{1,317}$/;
/** Signs alone, and the value of our annotations. */
const NO_NAME = /^(?:[^\p{L}\p{N}]*|true)$/u;

/** Objects that belong to a composite. */
const KINDS: readonly string[] = [
  INPUT_KIND,
  ...GENERATOR_KINDS,
  CLUSTER_GENERATOR_KIND,
  EXTERNAL_SECRET_KIND,
  CONFIG_MAP_KIND,
  'Secret',
  'ServiceAccount',
  'Namespace',
];
