import { collections } from './functions/collections.ts';
import { comparison, defaults } from './functions/comparison.ts';
import type { Functions, TemplateFunction } from './functions/define.ts';
import { encoding } from './functions/encoding.ts';
import { numbers } from './functions/numbers.ts';
import { printing } from './functions/printing.ts';
import { text } from './functions/text.ts';
import { Refusal, shown } from './template-error.ts';

/** All functions by family, with what they take. */
export const FAMILIES: Readonly<Record<string, Functions>> = {
  text,
  printing,
  encoding,
  comparison,
  defaults,
  numbers,
  collections,
};

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(Object.values(FAMILIES).flatMap(Object.entries));

const NOT_REPEATABLE = 'its result is another one in each run';
const REASONS: ReadonlyMap<string, string> = new Map([
  ...`now ago shuffle randAlphaNum randAlpha randAscii randNumeric randBytes randInt uuidv4 bcrypt htpasswd encryptAES
      genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey`
    .split(/\s+/)
    .map((name) => [name, NOT_REPEATABLE] as const),
  ['keys', 'the order of its result is another one in each run'],
  ['values', 'the order of its result is another one in each run'],
  ['env', 'it reads the environment'],
  ['expandenv', 'it reads the environment'],
  ['getHostByName', 'it asks the network'],
]);

/** @throws Refusal for a function that is not supported, with a reason if one is known. */
export function findFunction(name: string): TemplateFunction {
  const definition = FUNCTIONS.get(name);
  if (definition !== undefined) return definition;
  const reason = REASONS.get(name);
  const why = reason === undefined ? '' : `: ${reason}`;
  throw new Refusal(`function "${shown(name)}" is not supported${why}`, 'unsupported');
}
