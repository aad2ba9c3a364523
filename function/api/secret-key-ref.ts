import * as z from 'zod';
import type { NamedRef } from './kinds.ts';
import { dataKey, namespaceName, objectName } from './names.ts';
import { optional } from './optional.ts';

/** `namespace` of a reference: it is looked up in the generator's, whatever it says. */
export const ownNamespace = optional(namespaceName, "The generator's own namespace or absent; any other is refused.");

/** One key of a Secret in the generator's namespace. */
export const secretKeySelector = z
  .strictObject({
    name: objectName.meta({ description: 'Name of the Secret.' }),
    key: dataKey.meta({ description: 'Key in the Secret.' }),
    namespace: ownNamespace,
  })
  .meta({ description: 'One key of a Secret.' });

/** One key of a Secret. */
export interface SecretKeyRef extends NamedRef {
  readonly key: string;
  /** Field path of the reference, in the generator's `spec` or in the functionConfig, for messages. */
  readonly field: string;
}
