import { constants, open } from 'node:fs/promises';

/** No token is as long: whatever goes on longer is none. */
const READ_BYTES = 64 * 1024;

/**
 * How a file begins that is said to hold a token; undefined when it cannot be read, or is no file but a device or a pipe, which
 * may give bytes for ever, or none.
 */
export async function readTokenFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // else a pipe waits for who writes it
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
