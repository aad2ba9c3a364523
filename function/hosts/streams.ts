import { readSync, writeSync } from 'node:fs';
import { FindingError, finding } from '../api/finding.ts';

const CHUNK_BYTES = 1 << 16;
const PAUSE_MILLISECONDS = 5;

/**
 * Everything that comes from standard input, until its end.
 * @throws FindingError when it cannot be read, such as a folder.
 */
export function readStandardInput(): Uint8Array {
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = whenReady(() => readSync(0, chunk));
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
    }
  } catch (error) {
    throw new FindingError(finding('INPUT_UNREADABLE', `cannot read standard input: ${codeOf(error)}.`));
  }
}

/**
 * Writes all of `text` to standard output. Synchronous, since a process that ends cuts what a stream still holds, and a
 * cut ResourceList makes kpt delete files (krm-hosts.md 2.4).
 * @throws FindingError when the reader went away or the disk is full.
 */
export function writeStandardOutput(text: string): void {
  try {
    writeAll(1, text);
  } catch (error) {
    throw new FindingError(
      finding(
        'OUTPUT_UNWRITABLE',
        `cannot write standard output: ${codeOf(error)}. Look at what reads it, and run again.`,
      ),
    );
  }
}

/** One line to standard error. A closed one changes nothing. */
export function writeStandardError(line: string): void {
  try {
    writeAll(2, `${line}\n`);
  } catch {
    // nowhere left to say it; the exit code still tells
  }
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += whenReady(() => writeSync(descriptor, bytes, at));
}

/** Repeats a system call while a non-blocking pipe, inherited from whoever started us, is not ready. */
function whenReady(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EOF') return 0; // how Windows says that a pipe has ended
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
