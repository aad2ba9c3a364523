import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import { EXTERNAL_SECRETS_GROUP, INPUT_GROUP } from '../../model/kinds.ts';

/** A larger file is only searched for our groups. */
const MOST_BYTES = 16 * 1024 * 1024;
/** One that is larger still is not even searched. */
const MOST_SEARCHED = 1024 ** 3;
const PIECE_BYTES = 1024 * 1024;

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
    if (!stats.isFile()) return { cause: 'it is not a regular file. Write it to one', mayPass: false };
    const bytes = stats.size === 0 ? beginningOf(descriptor) : stats.size <= MOST_BYTES && readFileSync(descriptor);
    if (bytes) return { bytes, stats };
    const cause = `it is larger than ${MOST_BYTES / 1024 ** 2} MB. Split it, or leave it out`;
    if (stats.size > MOST_SEARCHED) return { cause, mayPass: false };
    const names = searched(descriptor);
    return names === undefined ? { cause, mayPass: true } : { cause, names, mayPass: false };
  } finally {
    closeSync(descriptor);
  }
}

/** All of a file that says it is empty, as those of /proc do; undefined where it is too large. */
function beginningOf(descriptor: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (const { piece, end } of piecesOf(descriptor)) {
    if (end > MOST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Our groups, that of the Input first, as ASCII and as UTF-16, which has a zero beside each character. */
const OUR_GROUPS = [INPUT_GROUP, EXTERNAL_SECRETS_GROUP].flatMap((group) => [group, [...group].join('\0')]);
const LONGEST = Math.max(...OUR_GROUPS.map(({ length }) => length));

/** A group of ours that a file names; where there are several, that of the Input. */
function searched(descriptor: number): string | undefined {
  const found = new Set<string>();
  let before = '';
  for (const { piece, end } of piecesOf(descriptor)) {
    const text = before + piece.toString('latin1').toLowerCase();
    for (const group of OUR_GROUPS) if (text.includes(group)) found.add(group);
    before = text.slice(-LONGEST);
    if (end > MOST_SEARCHED) break;
  }
  return OUR_GROUPS.find((group) => found.has(group))?.replaceAll('\0', '');
}

function* piecesOf(descriptor: number): Generator<{ readonly piece: Buffer; readonly end: number }> {
  for (let end = 0; ; ) {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    const length = readSync(descriptor, buffer, { position: end });
    if (length === 0) return;
    end += length;
    yield { piece: buffer.subarray(0, length), end };
  }
}
