import { findFunction } from './functions.ts';
import type { Operand } from './nodes.ts';
import { readFormat } from './printf.ts';
import { Refusal, shown } from './template-fault.ts';

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

/**
 * What can be said of a call before anything is rendered: that the function is supported, and a format that stands in it.
 * @throws Refusal
 */
export function checkCall(name: string, operands: readonly Operand[] = []): void {
  if (findFunction(name) === undefined) {
    const reason = REASONS.get(name);
    throw new Refusal(`function "${shown(name)}" is not supported${reason === undefined ? '' : `: ${reason}`}`);
  }
  const [format] = operands;
  if (name === 'printf' && format?.type === 'string') for (const _ of readFormat(format.value)); // each is read
}
