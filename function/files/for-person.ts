import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { notHere, type Reader, toldBy } from '../findings/say.ts';
import { objectKey } from '../model/kinds.ts';
import { type FunctionRun, locationIn, locationOf } from '../repository/function-run.ts';

/** The reader of a command's messages, a person who gave files: he knows no ResourceList and no functionConfig. */
const person = ({ host, names, byKey }: FunctionRun, policy: string | undefined): Partial<Reader> => ({
  options: 'the Input',
  ...(policy === undefined ? {} : { policy: `the Policy ${quote(policy)}` }),
  absent: ({ cureOfGenerator, ...where }) =>
    cureOfGenerator !== undefined && host === 'kustomize' && names === undefined
      ? `not in sight of a kustomize generator: ${cureOfGenerator}`
      : notHere('among the files', where),
  locations: (object) => {
    const [, second] = byKey.get(objectKey(object)) ?? [];
    if (second === undefined) return '';
    const { file, line } = locationIn(second.file, second.item, 'metadata.name');
    return `, here and in ${quote(file)}, line ${line}`;
  },
});

/** A finding in the words of a person, and where its object is written. */
export function forPerson(finding: Finding, run: FunctionRun, policy?: string): Finding {
  const { object, words } = finding;
  const [, another] = (object && run.byKey.get(objectKey(object))) ?? [];
  // of several with one key, what tells of all of them is about the first, and anything else about nobody knows which
  const isClear = another === undefined || words.pieces.some((piece) => Object(piece).kind === 'locations');
  const location = isClear ? locationOf(run, finding) : undefined;
  return { ...finding, words: toldBy(words, person(run, policy)), ...(location === undefined ? {} : { location }) };
}
