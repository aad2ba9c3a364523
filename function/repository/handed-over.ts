/**
 * Most characters of objects that the packages of a repository hand to runs, where several runs get the same ones, beside what is free:
 * three times the characters that there are to read; about a second's work.
 */
const MOST_HANDED = 3_000_000;
const FREE_HANDED = 3;
const FREE_OF_A_FILE = 200;
/** Most packages need less than this. */
const HANDED_AT_FIRST = 1000;

/** The most that all packages of a repository hand to runs: `size` is how many characters there are to read, in so many `files`. */
function mostHanded({ size, files }: { readonly size: number; readonly files: { readonly size: number } }) {
  return MOST_HANDED + FREE_HANDED * size + FREE_OF_A_FILE * files.size;
}

/**
 * Counts what packages hand over, one after the other: each may take half of what the others have left, and always what most of them need.
 * Of each it makes what is called with an amount before that is handed over; `refuse` makes the error when it is too much.
 */
export function shares(there: Parameters<typeof mostHanded>[0]) {
  const most = mostHanded(there);
  let left = most;
  return (refuse: () => Error) => {
    let share = Math.max(left / 2, HANDED_AT_FIRST);
    return (amount: number) => {
      share -= amount;
      left -= amount;
      if (share < 0) throw refuse();
    };
  };
}

/**
 * The packages of a repository that would hand too much to runs: what all of them need does not fit, and these need most. `costOf`: how
 * many characters one hands over; it may stop counting past `most`.
 */
export function overspent<T>(
  packages: readonly T[],
  there: Parameters<typeof mostHanded>[0],
  costOf: (value: T, most: number) => number,
): Set<T> {
  const most = mostHanded(there);
  const refused = new Set(packages);
  let spent = 0;
  for (let [share, counted] = [HANDED_AT_FIRST, 0]; refused.size > 0 && spent < most; share *= 2) {
    for (const value of refused) {
      const cost = costOf(value, share); // all count up to one share before any counts further
      spent += Math.min(cost, share) - counted;
      if (spent >= most) break;
      if (cost <= share) refused.delete(value);
    }
    counted = share;
  }
  return refused;
}
