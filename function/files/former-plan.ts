import * as z from 'zod';
import { readNamedFile } from '../clients/read-file.ts';
import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainUnreadable } from '../findings/system-error.ts';
import { attempt } from '../model/plain-data.ts';
import { namespaceName, objectName } from '../model/schema-parts.ts';
import { PLAN_VERSION } from './plan-document.ts';

const named = { name: objectName, namespace: namespaceName.exactOptional() };
/** What begins a line of a plan begins with a word, as ours does. */
const session = {
  identity: z.object({ source: z.string(), description: z.string().regex(/^\w/) }),
  hops: z.array(
    z.union([
      z.object({
        role: z.string().regex(/^arn:[\w-]+:iam::\d*:role\//),
        region: z.string(),
        sessionName: z.string(),
        sessionDuration: z.number(),
      }),
      z.object({ operation: z.string().regex(/^\w/), region: z.string() }),
      z.object({ roleOf: z.string() }),
    ]),
  ),
  lifetime: z.number(),
};
const generator = z.object({ kind: z.string(), ...named, specPath: z.string().exactOptional() });
/** What is read of an earlier plan. */
const formerPlan = z.object({
  version: z.literal(PLAN_VERSION),
  secrets: z.array(
    z.object({
      ...{ package: z.string(), host: z.enum(['kpt', 'kustomize', 'none']), generator, target: z.object(named) },
      ...session,
      also: z.array(z.object({ generator, ...session })).exactOptional(),
      ...{ format: z.string(), recipients: z.array(z.string()), specHash: z.string(), digest: z.string() },
    }),
  ),
  incomplete: z.array(
    z.object({
      ...{ package: z.string(), state: z.enum(['missing', 'incomplete']), code: z.string(), reason: z.string() },
      ...{ command: z.string().exactOptional(), file: z.string().exactOptional(), line: z.number().exactOptional() },
      isFormer: z.boolean().exactOptional(),
    }),
  ),
});
export type FormerPlan = z.infer<typeof formerPlan>;
export type FormerSecret = FormerPlan['secrets'][number];

/**
 * Reads what `plan -o json` has printed into a file, or for `-` into standard input.
 * @throws FindingError for anything else, and for what a later version has printed.
 */
export function readFormerPlan(file: string, readInput: () => Uint8Array): FormerPlan {
  const refuse = (why: string) =>
    new FindingError(finding('INPUT_UNREADABLE', `cannot compare with ${quote(file)}: ${why}.`));
  const read = () => {
    try {
      return file === '-' ? Buffer.from(readInput()) : readNamedFile(file);
    } catch (error) {
      throw error instanceof FindingError ? error : refuse(explainUnreadable(error));
    }
  };
  const text = read().toString();
  const value: unknown = attempt(() => JSON.parse(text));
  const { success, data } = formerPlan.safeParse(value);
  if (success) return data;
  const { version } = Object(value);
  throw typeof version === 'number' && version > PLAN_VERSION
    ? refuse('a later version of this program has written it. Use that one')
    : refuse('it is no output of `plan -o json`. Print the earlier plan so');
}
