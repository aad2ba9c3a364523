import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Sensitive } from '../../function/model/sensitive.ts';

/** A new pair of age keys. */
export interface AgeKeys {
  readonly identity: Sensitive;
  readonly recipient: string;
}

export async function newAgeKeys(): Promise<AgeKeys> {
  const identity = await generateX25519Identity();
  return { identity: new Sensitive(identity), recipient: await identityToRecipient(identity) };
}
