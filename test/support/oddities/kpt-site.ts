import type { Files } from '../hosts/odd-files.ts';
import { type Change, edited, extra, type Oddity, type Site } from './site.ts';

/** Edits the package's Kptfile. */
export const kptfile =
  (change: (text: string, site: Site) => string): Oddity =>
  (site) =>
    edited(site, 'Kptfile', (text) => change(text, site));

export const inKptfile = (from: string | RegExp, to: string): Oddity => kptfile((text) => text.replace(from, () => to));

/** Files beside those that are there. */
export const files =
  (more: (site: Site) => Change): Oddity =>
  (site) =>
    more(site);

/** Where a package is, from the folder in which kpt runs. */
export const at = ({ id }: Site) => `./k${id.slice(1, -1)}`;

/** Adds a step before ours, or behind it. */
export const step = (
  where: 'before' | 'behind',
  text: (site: Site) => string,
  more: (site: Site) => Change = () => ({}),
): Oddity => {
  return (site) => {
    const own = `  - ${text(site)}\n`;
    const change = edited(site, 'Kptfile', (before) =>
      where === 'behind' ? `${before}${own}` : before.replace('  mutators:\n', (line) => `${line}${own}`),
    );
    return change && { ...change, ...more(site) };
  };
};

/** Edits our step. */
const ownStep = (change: (text: string, site: Site) => string): Oddity =>
  kptfile((text, site) => text.replace(/\{exec: function-sts-assume-role.*\}$/m, (own) => change(own, site)));
export const inOwnStep = (from: string | RegExp, to: string): Oddity => ownStep((text) => text.replace(from, () => to));
export const moreOfStep = (more: string): Oddity => ownStep((text) => text.replace(/\}$/, () => `, ${more}}`));

export const program = (lines: string): Files[string] => ({ program: `#!/bin/sh\n${lines}\n` });
export const changing = (from: string, to: string) => program(`exec sed 's|${from}|${to}|g'`);
export const SETS_ROLE = changing('role/deployer', 'role/my-role');
export const STARTER = program('exec function-sts-assume-role');
export const ADDER = (site: Site) => {
  const item = extra(site)
    .replaceAll(/^(?=.)/gm, '  ')
    .replace(/^ {2}/, '- ')
    .replaceAll('\n', '\\n');
  return program(`exec sed "s|^items:.*|items:\\n${item.replaceAll('"', '\\"')}|"`);
};

export const innerKptfile = (_: Site, own: string) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: inner}\npipeline:\n  mutators:\n  - ${own}\n`;
