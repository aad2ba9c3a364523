import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../test/support/run-function.ts';

/** As `node --cpu-prof` writes it. Lines and columns begin with 0, times are microseconds. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Where time went: a function of the source, and the module that it belongs to. */
export interface Place {
  readonly name: string;
  readonly module: string;
}

/** Milliseconds that each function itself took, in the profile that is alone in `folder`. Waiting is left out. */
export function selfTimes(folder: string, maps: SourceMaps): Map<string, Place & { milliseconds: number }> {
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const places = new Map<string, Place & { milliseconds: number }>();
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const place = maps.placeOf(frame);
    const before = places.get(place.name)?.milliseconds ?? 0;
    places.set(place.name, { ...place, milliseconds: before + (profile.timeDeltas[index] ?? 0) / 1000 });
  }
  return places;
}

/** The source maps of a bundle, each read once. */
export class SourceMaps {
  readonly #maps = new Map<string, SourceMap>();

  placeOf({ functionName, url, lineNumber, columnNumber }: CallFrame): Place {
    if (url.startsWith('node:')) return { name: `${functionName || 'module'}, ${url}`, module: 'Node.js' };
    if (!url.endsWith('.cjs')) return { name: functionName || 'native code', module: moduleOfEngine(functionName) };
    const path = fileURLToPath(url);
    // The types do not know the name, which Node.js gives (https://nodejs.org/api/module.html#sourcemapfindentrylineoffset-columnoffset).
    const entry: Partial<SourceMapping> & { name?: string } = this.#mapOf(path).findEntry(lineNumber, columnNumber);
    const { originalSource, originalLine = 0 } = entry;
    if (originalSource === undefined) return { name: 'top level of chunks', module: 'top level of chunks' };
    const source = relative(ROOT, join(path, '..', originalSource));
    const name = entry.name ?? functionName;
    const { module, file } = moduleOf(source);
    return { name: `${name || 'module'}, ${file}:${originalLine + 1}`, module };
  }

  #mapOf(path: string): SourceMap {
    const known = this.#maps.get(path) ?? new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')));
    this.#maps.set(path, known);
    return known;
  }
}

/** `(garbage collector)`, `(program)`, and functions of V8 without a file. */
function moduleOfEngine(functionName: string): string {
  return functionName.startsWith('(') ? functionName : 'Node.js';
}

/** A package, or a room of ours; and the file within it. */
function moduleOf(source: string): { module: string; file: string } {
  const [, name, file] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(source) ?? [];
  if (name !== undefined && file !== undefined) return { module: name, file: `${name}/${file}` };
  return { module: source.split('/').slice(0, 2).join('/'), file: source };
}
