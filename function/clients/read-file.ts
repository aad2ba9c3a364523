import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { attempt } from '../model/plain-data.ts';

/** A larger file is not read as a whole. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** More than any program prints that gives credentials. */
export const MOST_OUTPUT_BYTES = 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/**
 * All of a file that the operator named. Links are followed, as tokens that are mounted have them.
 * @throws what the system says, or the same for a file that is too large, or is a device or a pipe, which may give bytes for ever or never.
 */
export function readNamedFile(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // otherwise opening a pipe waits for its writer
  try {
    const stats = fstatSync(descriptor);
    const bytes = refusalOf(stats) === undefined ? bytesOf(descriptor, stats) : undefined;
    if (bytes !== undefined) return bytes;
    throw Object.assign(new Error(), { code: refusalOf(stats) ?? 'EFBIG' });
  } finally {
    closeSync(descriptor);
  }
}

/** The text of such a file; undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  return attempt(() => readNamedFile(path).toString());
}

/** False for a file that {@link readNamedFile} would refuse, before others read it. True where there is none: they say so. */
export function mayBeRead(path: string): boolean {
  return attempt(() => refusalOf(statSync(path))) === undefined;
}

/** The code of why a file is not read. Of devices only the one that is empty is. A folder cannot be read, which the system says. */
function refusalOf(stats: Stats): string | undefined {
  const isEmpty = stats.isCharacterDevice() && stats.rdev === statSync(devNull).rdev;
  if (!stats.isFile() && !stats.isDirectory() && !isEmpty) return 'EFTYPE';
  return stats.isFile() && stats.size > MOST_BYTES ? 'EFBIG' : undefined;
}

/** All bytes of a file; undefined where there are too many, also of one that says it is empty, as those of /proc do. */
export function bytesOf(descriptor: number, { size }: Stats): Buffer | undefined {
  if (size > MOST_BYTES) return undefined;
  if (size > 0) return readFileSync(descriptor);
  const pieces: Buffer[] = [];
  for (const { piece, end } of piecesOf(descriptor)) {
    if (end > MOST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** What a file has, piece by piece. */
export function* piecesOf(descriptor: number): Generator<{ readonly piece: Buffer; readonly end: number }> {
  for (let end = 0; ; ) {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    const length = readSync(descriptor, buffer, { position: end });
    if (length === 0) return;
    end += length;
    yield { piece: buffer.subarray(0, length), end };
  }
}
