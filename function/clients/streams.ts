import { readSync, writeSync } from 'node:fs';
import { FindingError, finding } from '../findings/finding.ts';
import { explainSystemError, systemCode } from '../findings/system-error.ts';
import { attempt } from '../model/plain-data.ts';

const CHUNK_BYTES = 1 << 16;
/** Bytes that are encoded at a time, so that a large text is not in memory twice. */
const WRITE_BYTES = 1 << 20;
const PAUSE_MILLISECONDS = 5;
/** Most of standard input: half of what one text of JavaScript can be. */
const MOST_INPUT_BYTES = 256 * 1024 * 1024;

/**
 * Reads standard input until its end.
 * @throws FindingError when it cannot be read, as when it is a folder, or is too large.
 */
export function readStandardInput(): Uint8Array {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  try {
    for (;;) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
      const count = whenReady(() => readSync(0, buffer, { offset: filled }));
      if (count === 0) return buffer.subarray(0, filled);
      filled += count;
      if (filled > MOST_INPUT_BYTES) break;
    }
  } catch (error) {
    throw new FindingError(finding('INPUT_UNREADABLE', `cannot read standard input: ${explainSystemError(error)}.`));
  }
  const cause = `it is larger than ${MOST_INPUT_BYTES / 1024 ** 2} MB. Split it`;
  throw new FindingError(finding('LIMIT_EXCEEDED', `cannot read standard input: ${cause}.`));
}

/**
 * Writes all of `text` to standard output, synchronously: a stream loses what it has buffered when the process ends, and a truncated
 * ResourceList makes kpt delete files (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go, pruneResources).
 * @throws FindingError when the reader closed the pipe or the disk is full.
 */
export function writeStandardOutput(text: string): void {
  try {
    writeAll(1, text);
  } catch (error) {
    const cause = `${explainSystemError(error)}. Look at what reads it, and run again`;
    throw new FindingError(finding('OUTPUT_UNWRITABLE', `cannot write standard output: ${cause}.`));
  }
}

/** Writes one line to standard error. A closed one is ignored. */
export function writeStandardError(line: string): void {
  attempt(() => writeAll(2, `${line}\n`)); // the exit code reports an error all the same
}

function writeAll(descriptor: number, text: string): void {
  const bytes = new Uint8Array(Math.min(WRITE_BYTES, 3 * text.length));
  const encoder = new TextEncoder();
  for (let from = 0; from < text.length; ) {
    const { read, written: size } = encoder.encodeInto(text.slice(from), bytes); // stops before a character that does not fit
    for (let at = 0; at < size; ) at += whenReady(() => writeSync(descriptor, bytes, at, size - at));
    from += read;
  }
}

/** Repeats a system call while an inherited non-blocking pipe is not ready. */
function whenReady(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EOF') return 0; // the end of a pipe on Windows
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS);
    }
  }
}
