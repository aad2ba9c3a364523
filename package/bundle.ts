import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { build, type CommonOptions, type Metafile, type Plugin, transform } from 'esbuild';
import { ADDRESS } from './address.ts';

const root = join(import.meta.dirname, '..');

/** A function that the SDK takes as it starts, and calls for event streams alone: its module loads with the first call. */
const isLate = (path: string, name: string) => path === 'node:zlib' && name === 'crc32';

/**
 * Takes of Node's own modules only what the code uses. An ES import of `node:http` or `node:util` reads every export, and so
 * loads what they hold back until it is used, such as fetch (bench/README.md). Here each export is a reading of its own,
 * which esbuild leaves out where its importer does not use it. CommonJS asks for the module itself; a dynamic import gives a namespace, of
 * which nobody knows what is used: it has the plain values.
 */
const builtinsOnDemand: Plugin = {
  name: 'builtins-on-demand',
  setup({ onResolve, onLoad }) {
    // also by their old names, as `events`, which CommonJS modules require
    onResolve({ filter: /^[a-z\d_:/]+$/ }, ({ path, kind, importer }) => {
      if (!isBuiltin(path)) return undefined;
      // one chunk for all who import it dynamically: who has imported it keeps others from needing a file (`loadSts`)
      return { path, suffix: kind === 'dynamic-import' ? '' : `?${importer}`, namespace: `builtin-${kind}` };
    });
    const load = (path: string) => `process.getBuiltinModule(${JSON.stringify(path)})`;
    const asModule = (path: string, isWanted: (export_: PropertyDescriptor) => boolean) => {
      const exports = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(path) ?? {}));
      const names = exports.filter(([name, export_]) => name !== 'default' && isWanted(export_)).map(([name]) => name);
      const read = (name: string) =>
        isLate(path, name) ? `(...given) => ${load(path)}.${name}(...given)` : `/* @__PURE__ */ $read('${name}')`;
      const readings = names.map((name) => `export const ${name} = ${read(name)};`);
      const head = `const $module = /* @__PURE__ */ ${load(path)}, $read = (name) => $module[name]; export default $module;`;
      return { contents: [head, ...readings].join('\n') };
    };
    onLoad({ filter: /.*/, namespace: 'builtin-require-call' }, ({ path }) => ({
      contents: `module.exports = ${load(path)}`,
    }));
    onLoad({ filter: /.*/, namespace: 'builtin-import-statement' }, ({ path }) => asModule(path, () => true));
    onLoad({ filter: /.*/, namespace: 'builtin-dynamic-import' }, ({ path }) =>
      asModule(path, ({ value }) => value !== undefined),
    );
  },
};

/** Of each chunk. The map is beside it and not named in it: Node.js never reads it, and `function/clients/fault.ts` only after a fault. */
const CHUNK: CommonOptions = {
  platform: 'node',
  target: 'node22.19',
  sourcesContent: false,
  legalComments: 'none', // the notices are in a file of their own
};

/**
 * Puts launcher, bundle and its lazy chunks into a folder, and gives what is in them. esbuild splits ES modules alone, of which Node.js
 * keeps no compiled functions, so that each chunk becomes CommonJS (docs/decisions/051-functions-are-kept-compiled.md).
 */
export async function bundleInto(folder: string): Promise<Metafile> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const { metafile, outputFiles } = await build({
    ...CHUNK,
    entryPoints: { main: join(root, 'function/main.ts') },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    // The ES modules of the SDK and of yaml: what is not used is left out, and nothing needs `require`.
    mainFields: ['module', 'main'],
    // Of Crossplane's SDK the messages alone: its index loads a server, a logger and a kubernetes model as well.
    alias: {
      yaml: join(root, 'node_modules/yaml/browser/index.js'),
      '@crossplane-org/function-sdk-typescript': join(
        root,
        'node_modules/@crossplane-org/function-sdk-typescript/dist/proto/run_function.js',
      ),
    },
    minify: true,
    sourcemap: 'inline',
    metafile: true,
    define: { VERSION: JSON.stringify(version), ADDRESS: JSON.stringify(ADDRESS) ?? 'undefined' },
    plugins: [builtinsOnDemand],
    logLevel: 'warning',
  });
  for (const { path, text } of outputFiles) {
    const { code, map } = await transform(text, {
      ...CHUNK,
      format: 'cjs',
      supported: { 'dynamic-import': false }, // a `require` later
      minifySyntax: true,
      minifyWhitespace: true,
      sourcemap: 'external',
      sourcefile: basename(path),
    });
    await writeFile(path, code);
    await writeFile(`${path}.map`, map);
  }
  const executable = join(folder, 'function-sts-assume-role');
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  await copyFile(join(root, 'package/launcher.cjs'), executable);
  await chmod(executable, 0o755);
  return metafile;
}
