import { quote } from '../findings/quote.ts';
import { cached, hasText, listAt, textAt, valueAt } from '../model/plain-data.ts';
import type { Reference } from './references.ts';

/** What AWS's SDKs read; AWS takes none of a session's without the others. */
const VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
const keyOf = (variable: string) => variable.toLowerCase().replace(/^aws_/, '');

/** What is wrong with the variables that a container gets from a Secret of such keys, and what to do. */
export function faultOfVariables({ by, name, field, keys: [key = ''] }: Reference, keys: ReadonlySet<string>) {
  const [, path = '', list = '', index = ''] =
    /^(.+\.\w*[cC]ontainers\[\d+\])\.(env(?:From)?)\[(\d+)\]/.exec(field) ?? [];
  if (path === '') return undefined;
  const container = valueAt(by.value, path.split(/[.[\]]+/).filter(Boolean));
  const sources = listAt(container, ['envFrom']);
  const isSet = cached(SET, Object(container), () => variablesOf(container));
  if (list === 'envFrom') {
    const isAll = VARIABLES.every((variable) => keys.has(keyOf(variable)));
    const isOther = sources.length > 1 || textAt(sources[0], ['prefix']) !== undefined;
    if (!isAll || isOther || hasText(container, (text) => /access_key/i.test(text))) return undefined;
    return `takes variables from Secret ${quote(name)}, of which AWS's SDKs read none: they are called as its keys. Ask for \`format: env\``;
  }
  const variable = textAt(listAt(container, ['env'])[Number(index)], ['name']) ?? '';
  if (!VARIABLES.includes(variable)) return undefined;
  if (VARIABLES.some((other) => other !== variable && keyOf(other) === keyOf(key)))
    return `puts key ${quote(key)} of Secret ${quote(name)} into ${variable}. Take the other key`;
  const lacking = VARIABLES.find((other) => !isSet.has(other));
  const isFirst = VARIABLES.find((other) => isSet.has(other)) === variable; // one line for all
  return lacking === undefined || sources.length > 0 || !isFirst
    ? undefined
    : `reads ${variable} from Secret ${quote(name)}, and has no ${lacking}, without which AWS refuses it. Add it`;
}

/** Each variable of a container is asked for. */
const SET = new WeakMap<object, ReadonlySet<unknown>>();

function variablesOf(container: unknown): ReadonlySet<unknown> {
  return new Set(listAt(container, ['env']).map((variable) => textAt(variable, ['name'])));
}
