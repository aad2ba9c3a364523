import { setImmediate as nextTurn } from 'node:timers/promises';

/** What asks a process to end. SIGPIPE is not among them: Node.js and Bun ignore it. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Does what must not be left half done. After a signal the process still says what it did, and then ends; a second signal ends it at once.
 * From here on other listeners for these signals are not called.
 */
export async function uninterrupted(action: () => void): Promise<void> {
  await handOver(); // of what came before, nothing is done
  const held: NodeJS.Signals[] = [];
  const hold = (signal: NodeJS.Signals) => held.push(signal);
  for (const signal of ENDING) {
    const others = process.listeners(signal);
    process.on(signal, hold); // first, so that somebody listens all the time
    for (const other of others) process.off(signal, other);
  }
  try {
    action();
  } finally {
    await handOver();
    for (const signal of ENDING) process.off(signal, hold);
    const [first] = held;
    if (first !== undefined) process.once('exit', () => process.kill(process.pid, first));
  }
}

/** Lets the loop of events hand over the signals that have come: it looks for them once in each turn. */
async function handOver(): Promise<void> {
  await nextTurn(); // the turn that it is in may be partly over
  await nextTurn();
}
