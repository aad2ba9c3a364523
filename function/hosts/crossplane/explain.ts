import type { Code } from '../../api/codes.ts';
import type { Finding } from '../../api/finding.ts';
import {
  CLUSTER_GENERATOR_KIND,
  CONFIG_MAP_KIND,
  EXTERNAL_SECRET_KIND,
  GENERATOR_KINDS,
  type NamedRef,
} from '../../api/kinds.ts';
import { cut } from '../../api/quote.ts';

/** Faults of the Composition or of the operator's settings: nothing that the cluster does mends them. All others wait. */
const FATAL: ReadonlySet<Code> = new Set<Code>([
  'FUNCTION_CONFIG_INVALID',
  'SPEC_INVALID',
  'LIMIT_EXCEEDED',
  'NOT_GRANTED',
  'TARGET_CONFLICT',
  'SETTING_INVALID',
  'CLUSTER_OFF',
  'INTERNAL',
]);

/** True when nobody but the author of the Composition, or the operator, can mend it. */
export function isFatal({ code }: Finding): boolean {
  return FATAL.has(code);
}

/**
 * True for what one object is the cause of: its fields, or what it asks for and is not granted. Where the cluster has it, a tenant may
 * have written it: that is his to mend, and no reason to stop a pipeline.
 */
export function isOfOneObject({ code }: Finding): boolean {
  return code === 'SPEC_INVALID' || code === 'LIMIT_EXCEEDED' || code === 'NOT_GRANTED';
}

/** True for what only the limit on sessions keeps from being asked for. */
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

/** A message of the core in the words of this host: there is no ResourceList here, and whoever waits has nothing to run again. */
export function inOurWords(message: string): string {
  return message
    .replaceAll('the functionConfig', "the step's input")
    .replace(
      /: it is (?:not|neither) in the ResourceList.*$/,
      ': it is not there. Make it; the composite goes on by itself.',
    );
}

const MAX_CHARACTERS = 1000;

/**
 * What the owner of a composite reads: he may be a tenant. What a message quotes is hidden from him, unless it names an object that he
 * has, a part of one, or is a word of this function: so no role, account or external ID of others reaches him. The log has the whole.
 */
export function forOwner([first, ...others]: readonly Finding[], composite: NamedRef): string {
  const message = withoutTemplate(inOurWords(first?.message ?? ''));
  const quoted = message.replaceAll(QUOTED, (text, at: number) =>
    isShown(text, message.slice(0, at), composite) ? text : hidden(text),
  );
  const text = withoutAccounts(quoted, composite);
  const more = others.length === 0 ? '' : ` And ${others.length} more: see the function's log.`;
  return text.length > MAX_CHARACTERS ? cut(text, MAX_CHARACTERS) : `${text}${more}`;
}

/** As `quote` writes it; to the end of the message where something cut it. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/g;

/** `an ARN` is what the field is for; more than that is not said. */
function hidden(text: string): string {
  return text.startsWith('"arn:') ? '"arn:…"' : '"…"';
}

const KINDS = [
  ...GENERATOR_KINDS,
  CLUSTER_GENERATOR_KIND,
  EXTERNAL_SECRET_KIND,
  CONFIG_MAP_KIND,
  'Secret',
  'ServiceAccount',
  'Namespace',
];
/** What stands before the name of an object, and before that of a part of one; dot and back-quote belong to a field's path. */
const OF_OBJECT = new RegExp(`\\b(?:${KINDS.join('|')}) $`);
const OF_PART = /(?:\b(?:variable|label|key|type|change to|credentials of this step,) |[.`])$/;
/** What stands before words of this function. */
const OF_OURS = /\b(?:such as|must be|must not be|from|to) (?:"[^"]*" or )*$/;

const OBJECT_NAME = /^"(?:([a-z0-9.-]+)\/)?[a-z0-9.-]+"$/;
const PART_NAME = /^"[\w./-]{1,317}"$/;
/** Signs alone, and the value of our annotations. */
const NO_NAME = /^(?:[^\p{L}\p{N}]*|"true")$/u;

function isShown(text: string, before: string, { name, namespace }: NamedRef): boolean {
  if (NO_NAME.test(text) || text === `"${name}"` || text === `"${namespace}"`) return true;
  if (OF_PART.test(before)) return PART_NAME.test(text);
  if (OF_OURS.test(before)) return !text.startsWith('"arn:');
  const [isName, ofNamespace] = OBJECT_NAME.exec(text) ?? [];
  if (isName === undefined || !OF_OBJECT.test(before)) return false;
  return namespace === undefined || ofNamespace === undefined || ofNamespace === namespace;
}

/** Pieces of a template are not quoted as values are. */
function withoutTemplate(message: string): string {
  return message.replace(/(?<= cannot be rendered: line \d+, column \d+): .*/s, '.');
}

const ACCOUNT = /(?<!\d)\d{12}(?!\d)/g;

/** An account may be in the name of an object too; in that of the composite it is no news to its owner. */
function withoutAccounts(text: string, { name, namespace = '' }: NamedRef): string {
  return text.replaceAll(ACCOUNT, (account) => (`${namespace}/${name}`.includes(account) ? account : '…'));
}
