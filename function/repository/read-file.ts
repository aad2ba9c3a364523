import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { bytesOf, MOST_BYTES, piecesOf } from '../clients/read-file.ts';
import { EXTERNAL_SECRETS_GROUP, INPUT_GROUP } from '../model/kinds.ts';

/** A larger file is not even searched for our groups. */
const MOST_SEARCHED = 1024 ** 3;

/** What is said of a pipe, a socket or a device. */
export const NOT_A_FILE = 'it is not a regular file. Save its content in a file';

/** What a file holds. */
interface FileBytes {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

/** Why a file is not read. */
interface NotRead {
  readonly cause: string;
  /** The group of ours that it names. */
  readonly names?: string;
  /** True where it is too large and names none: who does not need the file can do without it. */
  readonly mayPass: boolean;
}

/**
 * A file that was found in a folder. The last part of its path is followed nowhere, and what is no regular file is not waited for: who
 * wrote the folder could put a link or a pipe there.
 * @throws what the system says.
 */
export function readBounded(path: string): FileBytes | NotRead {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { cause: NOT_A_FILE, mayPass: false };
    const bytes = bytesOf(descriptor, stats);
    if (bytes !== undefined) return { bytes, stats };
    const cause = `it is larger than ${MOST_BYTES / 1024 ** 2} MB. Split it, or leave it out`;
    if (stats.size > MOST_SEARCHED) return { cause, mayPass: false };
    const names = searched(descriptor);
    return names === undefined ? { cause, mayPass: true } : { cause, names, mayPass: false };
  } finally {
    closeSync(descriptor);
  }
}

/** Our groups, that of the Input first, as ASCII and as UTF-16, which has a zero beside each character. */
const OUR_GROUPS = [INPUT_GROUP, EXTERNAL_SECRETS_GROUP].flatMap((group) => [group, [...group].join('\0')]);
const LONGEST = Math.max(...OUR_GROUPS.map(({ length }) => length));

/** An escape, in which a word may stand that is not seen. */
const HIDES = /\\[xu\r\n]/;

/** A group of ours that a file names, or may name; where there are several, that of the Input. */
function searched(descriptor: number): string | undefined {
  const groups = new Set<string>();
  let before = '';
  for (const { piece, end } of piecesOf(descriptor)) {
    const text = before + piece.toString('latin1').toLowerCase();
    for (const group of OUR_GROUPS) if (text.includes(group)) groups.add(group);
    if (HIDES.test(text)) groups.add(EXTERNAL_SECRETS_GROUP);
    before = text.slice(-LONGEST);
    if (end > MOST_SEARCHED) break;
  }
  return OUR_GROUPS.find((group) => groups.has(group))?.replaceAll('\0', '');
}
