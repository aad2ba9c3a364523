import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundledPackages, noticesOf } from './third-party.ts';

/** Makes dist/: launcher, ESM bundle and its lazy chunks, the notices of what is in it, and what esbuild says of it. */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const executable = join(dist, 'function-sts-assume-role');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Takes of Node's own modules only what the code uses. An ES import of `node:http` or `node:util` reads every export, and so
 * loads what they hold back until it is used, such as fetch (docs/benchmarks.md). Here each export is a reading of its own,
 * which esbuild leaves out where its importer does not use it. CommonJS asks for the module itself; a dynamic import gives a namespace, of
 * which nobody knows what is used: it has the plain values.
 */
const builtinsOnDemand: Plugin = {
  name: 'builtins-on-demand',
  setup({ onResolve, onLoad }) {
    // also by their old names, as `events`, which CommonJS modules require
    onResolve({ filter: /^[a-z\d_:/]+$/ }, ({ path, kind, importer }) =>
      isBuiltin(path) ? { path, suffix: `?${importer}`, namespace: `builtin-${kind}` } : undefined,
    );
    const load = (path: string) => `process.getBuiltinModule(${JSON.stringify(path)})`;
    const asModule = (path: string, isWanted: (export_: PropertyDescriptor) => boolean) => {
      const exports = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(path) ?? {}));
      const names = exports.filter(([name, export_]) => name !== 'default' && isWanted(export_)).map(([name]) => name);
      const readings = names.map((name) => `export const ${name} = /* @__PURE__ */ $read('${name}');`);
      const head = `const $module = ${load(path)}, $read = (name) => $module[name]; export default $module;`;
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

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const { metafile } = await build({
  entryPoints: { main: join(root, 'function/main.ts') },
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  // The ES modules of the SDK and of yaml: what is not used is left out, and nothing needs \`require\`.
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
  legalComments: 'none', // the notices are in a file of their own
  metafile: true,
  define: { VERSION: JSON.stringify(version) },
  plugins: [builtinsOnDemand],
  logLevel: 'warning',
});
await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), noticesOf(bundledPackages(metafile)));
await writeFile(join(dist, 'meta.json'), JSON.stringify(metafile));
await writeFile(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
await copyFile(join(root, 'package/launcher.cjs'), executable);
await chmod(executable, 0o755);

// The first start fills the compile cache; a build that cannot start is no build.
const started = spawnSync(process.execPath, [executable, '--version'], { encoding: 'utf8', timeout: 30_000 });
if (started.stdout !== `${version}\n`) throw new Error(`the built executable does not start: ${started.stderr}`);
