/** Calls `make` on first use and keeps its result. After a failure the next use calls it again. */
export function onceAsync<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Resolves as `work`, or rejects with `aborted()` as soon as `signal` aborts: for work that takes no signal. */
export async function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal, aborted: () => Error): Promise<T> {
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
