/** Makes something when it is first asked for, and once; what failed is made again for the next who asks. */
export function onceMade<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** `work`, or the error of `aborted` as soon as `signal` aborts, for work that takes no signal of its own. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal, aborted: () => Error): Promise<T> {
  let abort = () => {};
  const end = new Promise<never>((_, reject) => {
    abort = () => reject(aborted());
  });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, end]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
