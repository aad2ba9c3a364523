import { parse, stringify } from 'yaml';
import type { Files } from '../hosts/odd-files.ts';
import type { Numbers, Tree } from '../kustomize-trees.ts';
import { generatorDocument } from '../manifests.ts';

/** A tree with oddities in it. */
export interface OddTree extends Omit<Tree, 'files'> {
  readonly files: Files;
  readonly oddities: readonly string[];
}

/** What an oddity works on: texts that the tree has, and where its function starts. */
export interface Site {
  readonly tree: OddTree;
  readonly random: Numbers;
  readonly id: string;
  /** Paths of manifests of our generators. */
  readonly specs: readonly string[];
  /** The folder that starts the function, its list, and a root that includes it. */
  readonly folder: string;
  readonly list: string;
  readonly root: string;
}

/** New and changed files, undefined for one that goes; undefined where the tree has nothing that it could work on. */
export type Change = Readonly<Record<string, Files[string] | undefined>>;
type Made = Change | { readonly changed: Change; readonly roots: readonly string[] };
export type Oddity = (site: Site) => Made | undefined;

/** A role that the honest tree has nowhere. */
export const OTHER_ROLE = 'arn:aws:iam::123456789012:role/my-role';
export const GROUP = 'generators.external-secrets.io';
export const EXEC = 'config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"';
export const KIND = 'STSAssumeRoleToken';

export const textOf = ({ tree }: Site, path: string): string | undefined => {
  const content = tree.files[path];
  return typeof content === 'string' ? content : undefined;
};

/** Edits a text; undefined where that changes nothing. */
export function edited(site: Site, path: string, change: (text: string) => string): Change | undefined {
  const text = textOf(site, path);
  const after = text === undefined ? undefined : change(text);
  return after === undefined || after === text ? undefined : { [path]: after };
}

/** Edits a manifest of ours. */
export const spec =
  (change: (text: string, site: Site) => string): Oddity =>
  (site) => {
    const path = site.random.one(site.specs);
    return path === undefined ? undefined : edited(site, path, (text) => change(text, site));
  };

/** Puts another text in place of one in a manifest of ours. */
export const inSpec = (from: string | RegExp, to: string): Oddity => spec((text) => text.replace(from, () => to));

export const kustomizationOf = (folder: string) => `${folder}/kustomization.yaml`;

/** Edits the kustomization that starts the function. */
export const kustomization =
  (change: (text: string, site: Site) => string): Oddity =>
  (site) =>
    edited(site, kustomizationOf(site.folder), (text) => change(text, site));

/** Edits any kustomization. */
export const anyKustomization =
  (change: (text: string, site: Site) => string): Oddity =>
  (site) => {
    const folders = site.tree.reads[site.root] ?? [site.folder];
    return edited(site, kustomizationOf(site.random.one(folders)), (text) => change(text, site));
  };

/** Adds a field with what it names; not where that field is there. */
export function withField(text: string, field: string): string {
  const name = field.slice(0, field.indexOf(':') + 1);
  return text.split('\n').some((line) => line.startsWith(name)) ? text : `${text}${field}\n`;
}

/** Adds a field to the kustomization that starts the function; `{}`: the start of a path in a folder. */
export const field = (
  more: string | ((site: Site) => string | undefined),
  files: (site: Site) => Change = () => ({}),
): Oddity => {
  return (site) => {
    const text = typeof more === 'string' ? more : more(site);
    const change = text && edited(site, kustomizationOf(site.folder), (before) => withField(before, text));
    return change ? { ...change, ...files(site) } : undefined;
  };
};

/** Adds an entry to a list of the kustomization that starts the function, and the files that it names. */
export const entry =
  (
    list: string,
    text: string | ((site: Site) => string),
    files: (site: Site) => Change = () => ({}),
    isFirst = false,
  ): Oddity =>
  (site) => {
    const item = typeof text === 'string' ? text : text(site);
    const path = kustomizationOf(site.folder);
    const before = textOf(site, path);
    if (before === undefined) return undefined;
    const own = new RegExp(`^${list}: \\[(.*)\\]$`, 'm');
    const after = own.test(before)
      ? before.replace(
          own,
          (_, all: string) => `${list}: [${(isFirst ? [item, all] : [all, item]).filter(Boolean).join(', ')}]`,
        )
      : `${before}${list}: [${item}]\n`;
    return { [path]: after, ...files(site) };
  };

export const inFolder =
  (name: string, content: (site: Site) => Files[string]) =>
  (site: Site): Change => ({
    [`${site.folder}/${name}`]: content(site),
  });

/** A generator that the honest tree does not have, with another role. */
export const extra = ({ id }: Site, name = 'extra', role = OTHER_ROLE, metadata = 'namespace: team-a'): string =>
  generatorDocument(`region: eu-west-1, role: "${role}"`, { name: `${name}-${id}`, metadata });

/** What is a generator only with another kind. */
export const foreign = (site: Site, apiVersion = 'example.org/v1', kind = 'Foo'): string =>
  extra(site, 'foreign')
    .replace(/^apiVersion: .*/, `apiVersion: ${apiVersion}`)
    .replace(`kind: ${KIND}`, `kind: ${kind}`);

export const quoted = (text: string) => JSON.stringify(text);

/** A patch of a manifest of ours in the folder that starts the function, which gives it another role. */
export function patchOf(site: Site, change: (text: string) => string = (text) => text): string | undefined {
  const path = site.specs.find((name) => name.startsWith(`${site.folder}/`) && !name.endsWith('start.yaml'));
  const text = path && textOf(site, path);
  if (!text) return undefined;
  const { apiVersion, kind, metadata } = parse(text, { logLevel: 'silent' }) as Record<string, object>;
  const { name, namespace } = metadata as { name: string; namespace?: string };
  const patch = { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, spec: { role: OTHER_ROLE } };
  return change(stringify(patch));
}
export const patched = (change: (text: string) => string): Oddity =>
  field((site) => {
    const patch = patchOf(site, change);
    return patch && `patches: [{patch: ${quoted(patch)}}]`;
  });

export const SETS_ROLE = quoted(JSON.stringify([{ op: 'replace', path: '/spec/role', value: OTHER_ROLE }]));
export const SETS_TYPE = quoted(
  JSON.stringify([
    { op: 'replace', path: '/apiVersion', value: `${GROUP}/v1alpha1` },
    { op: 'replace', path: '/kind', value: KIND },
  ]),
);

export const isTransformers = ({ list }: Site) => list === 'transformers';
export const only =
  (is: (site: Site) => boolean, oddity: Oddity): Oddity =>
  (site) =>
    is(site) ? oddity(site) : undefined;

const escaped = (text: string) =>
  [...text].map((character, at) => (at % 3 === 1 ? `\\x${character.charCodeAt(0).toString(16)}` : character)).join('');
export const ESCAPED_KIND = `"${escaped(KIND)}"`;
export const ESCAPED_VERSION = `"${escaped(`${GROUP}/v1alpha1`)}"`;
export const asJson = (text: string) => JSON.stringify(parse(text, { logLevel: 'silent' }));

export const named = (prefix: string, rows: readonly (readonly [string, Oddity])[]): Record<string, Oddity> =>
  Object.fromEntries(rows.map(([name, oddity]) => [`${prefix}: ${name}`, oddity]));

/** Adds a field to what the change makes of the kustomization that starts the function. */
export function addField(site: Site, change: Change, text: string): Change | undefined {
  const path = kustomizationOf(site.folder);
  const before = typeof change[path] === 'string' ? change[path] : textOf(site, path);
  const after = before === undefined ? undefined : withField(before, text);
  return after === undefined || after === before ? undefined : { ...change, [path]: after };
}
