import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { attempt, cached } from '../model/plain-data.ts';

/**
 * A fault of ours, as far as it may be told: the class of the error, and where it was, as `draft, function/planner/draft.ts:55`. Nothing
 * of its message and properties, which may repeat a Secret; not even of its `stack`, which begins with the message
 * (docs/decisions/047-frames-of-a-fault.md).
 */
export interface Fault {
  readonly name: string;
  /** The innermost first; empty where the engine knows none any more. */
  readonly frames: readonly string[];
}

/** What is known of an error: the engine gives its call sites once. */
const faults = new WeakMap<object, Fault>();

/** What may be told of a thrown value. Only this reads source maps. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  return cached(faults, error, () => ({
    name: Object.getPrototypeOf(error).constructor.name, // its own `constructor` may be a part of an answer
    frames: (attempt(() => sitesOf(error)) ?? []).flatMap((site) => attempt(() => frameOf(site)) ?? []),
  }));
}

/** The call sites of an error. The engine hands them to `prepareStackTrace` once, when `stack` is read first. */
function sitesOf(error: Error): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error;
  let sites: readonly NodeJS.CallSite[] = [];
  Error.prepareStackTrace = (of, all) => {
    if (of === error) sites = all;
    return '';
  };
  try {
    Reflect.get(error, 'stack');
  } finally {
    Object.assign(Error, { prepareStackTrace });
  }
  return sites;
}

/** A frame in the sources of this function or of a package; Node.js' own and others are left out. Bun leads lines back itself, but no names. */
function frameOf(site: NodeJS.CallSite): string[] {
  const path = site.getFileName() ?? '';
  const { name, file, line } = path.endsWith('.cjs')
    ? inSources(site, chunkAt(path))
    : { name: site.getFunctionName(), file: path, line: site.getLineNumber() };
  const [, source] = /(?:^|\/)((?:function|node_modules)\/.*)$/.exec(file) ?? [];
  if (source === undefined) return [];
  return [`${name ? `${name}, ` : ''}${source}:${line}`];
}

/** A file of the bundle, and its map. */
interface Chunk {
  readonly lines: readonly string[];
  readonly map: SourceMap;
}

const chunks = new Map<string, Chunk>();

function chunkAt(path: string): Chunk {
  return cached(chunks, path, () => ({
    lines: readFileSync(path, 'utf8').split('\n'),
    map: new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8'))),
  }));
}

function inSources(site: NodeJS.CallSite, chunk: Chunk): { name: string | undefined; file: string; line: number } {
  const { originalSource = '', originalLine = 0 } = entryAt(chunk, site.getLineNumber(), site.getColumnNumber());
  return { name: nameOf(site, chunk), file: originalSource, line: originalLine + 1 };
}

/**
 * What the sources call the function. The engine knows the name in the bundle, and the map what stands there in the sources. A name that is
 * not written in the code is data, and not told.
 */
function nameOf(site: NodeJS.CallSite, chunk: Chunk): string | undefined {
  const [name, line, column] = [site.getFunctionName(), site.getEnclosingLineNumber(), site.getEnclosingColumnNumber()];
  if (!name || !line || !column) return undefined;
  const start = Math.max(0, column - 1 - `${name}=`.length); // of an arrow function: others begin at a word or their name
  const text = chunk.lines[line - 1]?.slice(start, column + `async function* ${name}`.length) ?? '';
  const word = text.matchAll(/#?[\w$]+/g).find(([word]) => word === name);
  if (word === undefined) return undefined;
  const entry = entryAt(chunk, line, start + word.index + 1);
  return entry.generatedColumn === start + word.index ? (entry.name ?? name) : name;
}

/** The types do not know the name, which Node.js gives (https://nodejs.org/api/module.html#sourcemapfindentrylineoffset-columnoffset). */
function entryAt(
  { map }: Chunk,
  line: number | null,
  column: number | null,
): Partial<SourceMapping & { name: string }> {
  return map.findEntry((line ?? 1) - 1, (column ?? 1) - 1);
}
