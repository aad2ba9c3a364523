/** `spec.items[0].b`, `metadata.labels[example.org/account]` or `metadata.labels['example.org/account']`. */
const PATH = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[(?:[^\][']+|'[^']*')\])*$/;
const PART = /([A-Za-z_][\w-]*)|\[(?:'([^']*)'|([^\]]+))\]/g;

/** The parts of a field path as Crossplane writes them; undefined when it is none. */
export function readFieldPath(text: string): string[] | undefined {
  if (!PATH.test(text)) return undefined;
  return [...text.matchAll(PART)].map(([, name, quoted, index]) => name ?? quoted ?? index ?? '');
}
