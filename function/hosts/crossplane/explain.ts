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

/** Faults of the Composition or of the operator's settings: no change in the cluster corrects them. All others wait. */
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

/** True when only the Composition's author or the operator can correct it. */
export function isFatal({ code }: Finding): boolean {
  return FATAL.has(code);
}

/**
 * True for a fault in one object: a field, or a grant that it lacks. A tenant may have written an object of the cluster; the tenant
 * corrects it, and the pipeline goes on.
 */
export function isAboutOneObject({ code }: Finding): boolean {
  return code === 'SPEC_INVALID' || code === 'LIMIT_EXCEEDED' || code === 'NOT_GRANTED';
}

/** True when the limit on sessions was reached. */
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

/** Rewords a message for Crossplane, where there is no ResourceList and nobody runs anything again. */
export function inCrossplaneWords(message: string): string {
  return message
    .replaceAll('the functionConfig', "the step's input")
    .replace(
      /: it is (?:not|neither) in the ResourceList.*$/,
      ': it is not there. Make it; the composite goes on by itself.',
    );
}

const MAX_CHARACTERS = 1000;

/**
 * The message that a composite's owner reads, who may be a tenant. A quoted text is hidden unless it names an object in the composite's
 * namespace or a part of one, or is a fixed word of this function. So no role, account or external ID of others is shown. The log has all.
 */
export function forOwner([first, ...others]: readonly Finding[], composite: NamedRef): string {
  const message = withoutTemplate(inCrossplaneWords(first?.message ?? ''));
  const quoted = message.replaceAll(QUOTED, (text, at: number) =>
    isShown(text, message.slice(0, at), composite) ? text : hidden(text),
  );
  const text = withoutAccounts(quoted, composite);
  const more = others.length === 0 ? '' : ` And ${others.length} more: see the function's log.`;
  return text.length > MAX_CHARACTERS ? cut(text, MAX_CHARACTERS) : `${text}${more}`;
}

/** A text in quotes as `quote` writes it, or up to the end of a message that was cut. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/g;

/** Only that it is an ARN is shown. */
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
/** The words before the name of an object, and before a part of one; a dot or back-quote ends the path of a field. */
const OF_OBJECT = new RegExp(`\\b(?:${KINDS.join('|')}) $`);
const OF_PART = /(?:\b(?:variable|label|key|type|change to|credentials of this step,) |[.`])$/;
/** The words before a fixed word of this function. */
const OF_OURS = /\b(?:such as|must be|must not be|from|to) (?:"[^"]*" or )*$/;

const OBJECT_NAME = /^"(?:([a-z0-9.-]+)\/)?[a-z0-9.-]+"$/;
const PART_NAME = /^"[\w./-]{1,317}"$/;
/** Punctuation alone, or the value of our annotations. */
const NO_NAME = /^(?:[^\p{L}\p{N}]*|"true")$/u;

function isShown(text: string, before: string, { name, namespace }: NamedRef): boolean {
  if (NO_NAME.test(text) || text === `"${name}"` || text === `"${namespace}"`) return true;
  if (OF_PART.test(before)) return PART_NAME.test(text);
  if (OF_OURS.test(before)) return !text.startsWith('"arn:');
  const [isName, ofNamespace] = OBJECT_NAME.exec(text) ?? [];
  if (isName === undefined || !OF_OBJECT.test(before)) return false;
  return namespace === undefined || ofNamespace === undefined || ofNamespace === namespace;
}

/** Cuts the reason of a template's fault: it may contain the template's text without quotes. */
function withoutTemplate(message: string): string {
  return message.replace(/(?<= cannot be rendered: line \d+, column \d+): .*/s, '.');
}

const ACCOUNT = /(?<!\d)\d{12}(?!\d)/g;

/** Hides account IDs, which names of objects may contain; one in the composite's own name stays. */
function withoutAccounts(text: string, { name, namespace = '' }: NamedRef): string {
  return text.replaceAll(ACCOUNT, (account) => (`${namespace}/${name}`.includes(account) ? account : '…'));
}
