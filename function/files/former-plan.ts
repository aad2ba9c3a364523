import * as z from 'zod';
import { readNamedFile } from '../clients/read-file.ts';
import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainUnreadable } from '../findings/system-error.ts';
import { attempt } from '../model/plain-data.ts';
import { MOST_HOPS } from '../model/run-limits.ts';
import { namespaceName, objectName } from '../model/schema-parts.ts';
import { PLAN_VERSION } from './plan-document.ts';

const named = { name: objectName, namespace: namespaceName.exactOptional() };
/** Longer than any text that is shown in columns. */
const LONGEST = 4096;
/** A tree of a chain is as wide as that is long: hops before a role, an identity's, the role's and calls behind it. */
const MOST_CALLS = MOST_HOPS + 10;
const text = z.string().max(LONGEST);

/** A list that is read up to the first wrong entry: there may be very many, each wrong in several ways. */
const listOf = <T extends z.ZodType>(schema: T, most = Number.POSITIVE_INFINITY) =>
  z
    .array(z.unknown())
    .max(most)
    .transform((entries, context) => {
      const values: z.output<T>[] = [];
      for (const entry of entries) {
        const { success, data } = schema.safeParse(entry);
        if (!success) {
          context.addIssue('has a wrong entry');
          return z.NEVER;
        }
        values.push(data);
      }
      return values;
    });

/** What begins a line of a plan begins with a word, as ours does. */
const session = {
  identity: z.object({ source: text, description: text.regex(/^\w/) }),
  hops: listOf(
    z.union([
      z.object({
        role: text.regex(/^arn:[\w-]+:iam::\d*:role\//),
        region: text,
        sessionName: text,
        sessionDuration: z.number(),
      }),
      z.object({ operation: text.regex(/^\w/), region: text }),
      z.object({ roleOf: text }),
    ]),
    MOST_CALLS,
  ),
  lifetime: z.number(),
};
const generator = z.object({ kind: text, ...named, specPath: text.exactOptional() });
/** What is read of an earlier plan. */
const formerPlan = z.object({
  version: z.literal(PLAN_VERSION),
  secrets: listOf(
    z.object({
      ...{ package: text, host: z.enum(['kpt', 'kustomize', 'none']), generator, target: z.object(named) },
      ...session,
      also: listOf(z.object({ generator, ...session })).exactOptional(),
      ...{ format: text, recipients: listOf(text), specHash: text, digest: text },
    }),
  ),
  incomplete: listOf(
    z.object({
      ...{ package: text, state: z.enum(['missing', 'incomplete']), code: text, reason: z.string() },
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
