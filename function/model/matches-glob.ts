/** Whether a text fits. */
export type Fits = (text: string) => boolean;

/** Prepares a pattern for comparing it with many texts: `*` in it stands for any part. Linear time, since patterns come from manifests. */
export function globOf(pattern: string): Fits {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return (text) => text === pattern;
  const least = first.length + last.length;
  return (text) => {
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of others) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}

/** True when `*` in `pattern` can stand for what is missing. */
export function matchesGlob(pattern: string, text: string): boolean {
  return globOf(pattern)(text);
}
