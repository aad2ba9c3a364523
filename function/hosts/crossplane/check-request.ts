import { type Finding, finding } from '../../api/finding.ts';
import { refOf } from './composite.ts';
import type { Received } from './request-reader.ts';

/** What keeps a request from being answered, whatever its step asks for. */
export function checkRequest({ hasLostKey, observed }: Received): Finding[] {
  return [
    ...(hasLostKey ? [lostKey()] : []),
    ...(refOf(observed?.composite?.resource).name === '' ? [noComposite()] : []),
  ];
}

/** The answer would be without it: a desired resource of that name would be deleted. */
function lostKey(): Finding {
  const cause = 'it has a key `__proto__`, which programs on the way lose';
  return finding('FUNCTION_CONFIG_INVALID', `cannot read the request: ${cause}. Choose another name.`);
}

/** The engine keeps what an Operation makes, and shows it to no later one: nobody would renew or delete a Secret. */
function noComposite(): Finding {
  const cause = 'it shows no composite resource, as in an Operation, which is not supported';
  return finding('FUNCTION_CONFIG_INVALID', `cannot answer the request: ${cause}. Use the function in a Composition.`);
}
