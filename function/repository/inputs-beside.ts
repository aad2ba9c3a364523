import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { parseDocuments } from '../krm/documents.ts';
import { INPUT_GROUP, isInput } from '../model/kinds.ts';
import { mayAskForSecret } from '../model/meant-kind.ts';
import { attempt, distinct } from '../model/plain-data.ts';
import { MANIFEST, type UnreadableFile } from './find-files.ts';
import { readBounded } from './read-file.ts';
import type { ManifestFile } from './read-manifests.ts';

/**
 * Inputs in the folders of files with generators that the user named alone: an Input is for all of its folder, and a run without it would have
 * another identity, and no guard.
 */
export function inputsBeside(files: readonly ManifestFile[]): readonly UnreadableFile[] {
  const seen = new Set(files.map(({ real }) => real));
  const alone = files.filter(({ isAlone, items }) => isAlone === true && items.some(mayAskForSecret));
  return distinct(alone, ({ real }) => dirname(real)).flatMap(({ real: by, shown }) => {
    const names = (attempt(() => readdirSync(dirname(by))) ?? []).filter((name) => MANIFEST.test(name));
    return names.toSorted().flatMap((name) => {
      const file = { real: join(dirname(by), name), shown: join(dirname(shown), name) };
      if (seen.has(file.real) || !mayBeInput(file.real)) return [];
      const cause = `${quote(file.shown)} has an Input for all of its folder, and was not read. Name that file too, or the folder`;
      return {
        file,
        finding: finding('FUNCTION_CONFIG_INVALID', `cannot choose an Input: ${cause}.`, {
          location: { file: file.shown },
        }),
      };
    });
  });
}

/** True for a file with an Input, or with a text of our group that does not parse and may be one. */
function mayBeInput(path: string): boolean {
  const read = attempt(() => readBounded(path));
  if (read === undefined || 'cause' in read) return false;
  const text = read.bytes.toString();
  return text.includes(INPUT_GROUP) && (attempt(() => parseDocuments(text, path))?.some(isInput) ?? true);
}
