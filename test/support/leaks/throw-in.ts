import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/**
 * Is loaded before the built executable, and makes it have a fault: once it has started, the first call of a common method that comes from
 * the sources under THROW_IN throws, an error that has THROW_TEXT wherever an error can have a text.
 */
const { THROW_IN: location = '', THROW_TEXT: secret = '' } = process.env;
const METHODS: readonly (readonly [of: object, names: readonly string[]])[] = [
  [Array.prototype, ['map', 'flatMap', 'filter', 'some', 'includes', 'find', 'push', 'join']],
  [String.prototype, ['split', 'startsWith', 'slice', 'replaceAll', 'includes', 'charCodeAt', 'trim']],
  [Map.prototype, ['get', 'has', 'set']],
  [Object, ['entries', 'keys', 'hasOwn', 'fromEntries']],
  [JSON, ['stringify', 'parse']],
];
/** Not of a class, whose `get` may be one of them. */
const maps: Record<string, SourceMap> = {};
let isLooking = false;
let hasThrown = false;

/** Where the method was called; Bun leads its frames back itself. */
function caller(): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 4;
  Error.prepareStackTrace = (_, sites) => sites[3]; // behind this function, `isMet` and the method
  const { stack: site } = new Error() as { stack?: unknown } as { stack?: NodeJS.CallSite }; // what the line above makes of it
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  const path = site?.getFileName() ?? '';
  if (!path.endsWith('.cjs')) return path;
  maps[path] ??= new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')));
  const entry = maps[path].findEntry((site?.getLineNumber() ?? 1) - 1, (site?.getColumnNumber() ?? 1) - 1);
  return 'originalSource' in entry ? entry.originalSource : '';
}

function isMet(): boolean {
  if (isLooking || hasThrown || process.listenerCount('uncaughtException') === 0) return false;
  isLooking = true;
  hasThrown = caller().includes(`function/${location}`);
  isLooking = false;
  return hasThrown;
}

function fault(): Error {
  const error = new TypeError(`${secret}\n    at ${secret} (/function/${secret}.ts:1:1)`);
  const texts = { name: secret, code: secret, cause: secret, constructor: { name: secret }, detail: { secret } };
  return Object.assign(error, texts);
}

for (const [of, names] of METHODS)
  for (const name of names) {
    const original = Reflect.get(of, name) as () => unknown; // a method of Node.js
    const value = function (this: unknown, ...given: []): unknown {
      if (isMet()) throw fault();
      return Reflect.apply(original, this, given);
    };
    Object.defineProperty(of, name, { value, configurable: true, writable: true });
  }
