import { randomBytes } from 'node:crypto';

/** A value that is nowhere else in the world, so that finding it means that it leaked; with a digit, as all secrets have. */
export const newCanary = () => `c7${randomBytes(24).toString('base64')}`;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** One with the shape of a long-term access key's ID. */
export function newAccessKeyId(): string {
  return `AKIA${Array.from(randomBytes(16), (byte) => BASE32[byte % BASE32.length]).join('')}`;
}

/** The lines of a private key in PEM, each as a canary. */
export function linesOfKey(name: string, pem: string): Record<string, string> {
  const lines = pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
  return Object.fromEntries(lines.map((line, index) => [`${name}, line ${index + 1}`, line]));
}
