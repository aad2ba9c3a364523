/** The codes that people meet, in words. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user is not allowed to',
  EDQUOT: 'the quota is used up',
  EFBIG: 'it is too large',
  EFTYPE: 'it is no regular file',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead nowhere',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'it is not there',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  EPERM: 'this user is not allowed to',
  EPIPE: 'its reader has ended',
  EROFS: 'the file system is read-only',
};

/** The cure for a file that cannot be read; for all other codes it is to correct the path. */
const CURES: Readonly<Record<string, string>> = {
  EACCES: 'Let this user read it',
  EFBIG: 'Name one of at most 16 MB',
  EFTYPE: 'Save its content in a file',
  EMFILE: 'Raise `ulimit -n`',
  EPERM: 'Let this user read it',
};

/** Node's code of a failed system call, such as ENOENT; its message would add paths of its own. Another error may have any text there. */
export function systemCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return /^E[A-Z\d_]{1,40}$/.exec(typeof code === 'string' ? code : '')?.[0] ?? 'unknown';
}

/** Why a system call failed: in words where there are some, and the code. */
export function explainSystemError(error: unknown): string {
  const code = systemCode(error);
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  return words === undefined ? code : `${words} (${code})`;
}

/** Why a file that somebody named cannot be read, and what to do about it. */
export function explainUnreadable(error: unknown): string {
  const code = systemCode(error);
  return `${explainSystemError(error)}. ${(Object.hasOwn(CURES, code) ? CURES[code] : undefined) ?? 'Correct the path'}`;
}
