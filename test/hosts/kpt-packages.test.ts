import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { forAllTests } from '../support/for-each-test.ts';
import {
  countsOf,
  differingOf,
  isOfOthers,
  judgePackages,
  tableOf,
  unknownOf,
} from '../support/hosts/judge-packages.ts';
import { startFileServer } from '../support/hosts/odd-files.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { OF_KPT } from '../support/kpt-oddities.ts';
import { kptPackage } from '../support/kpt-packages.ts';
import { alone, oddly } from '../support/oddities/choose.ts';
import type { OddTree } from '../support/oddities/site.ts';
import { EXECUTABLE, runProcess, SCRIPT } from '../support/run-function.ts';

/**
 * `plan` and `render` over packages of kpt, beside what kpt itself renders: the Secrets' metadata, and their sessions in STS's log. PACKAGES
 * says how many, PACKAGES_SEED chooses others. The one file, which has the same code, gets a part. With ODDITY, a pattern, each oddity of such
 * a name gets PACKAGES of its own.
 */
const PACKAGES = Number(process.env.PACKAGES ?? (EXECUTABLE === SCRIPT ? 500 : 100));
const SEED = Number(process.env.PACKAGES_SEED ?? 1);
const { ODDITY } = process.env;
const MOST_MILLISECONDS = 3_000_000 + 2000 * PACKAGES;
const hosts = forAllTests(() => startHosts());
const server = forAllTests(() => startFileServer());

/** kpt's own functions need containers. What they would set stands in these packages already. */
const NO_CHANGE = '#!/bin/sh\nexec cat\n';
const CATALOGUE = {
  ...Object.fromEntries(['set-labels', 'set-namespace', 'apply-setters'].map((name) => [name, NO_CHANGE])),
  docker: '#!/bin/sh\n[ "$1" = version ] && echo 26.0.0 && exit\nexec cat\n',
};

async function judge(trees: readonly OddTree[]) {
  const bin = await hosts.folder(CATALOGUE);
  await runProcess('chmod', ['+x', ...Object.keys(CATALOGUE).map((name) => join(bin, name))]);
  const environment = { PATH: `${bin}:${hosts.environment.PATH}` };
  const argv = (folder: string) => ['fn', 'render', folder, '--allow-exec', '-o', 'unwrap'];
  return judgePackages({ hosts, server, environment, host: 'kpt', argv }, trees);
}

/**
 * True for a package with a function of labels, where a step chooses by them, a Secret may get them, or a package inside has made its Secrets
 * before; and for two steps in each other with selectors or options.
 */
function isDoubtful({ files }: OddTree): boolean {
  const { Kptfile, 'options.yaml': options, 'sub/Kptfile': inside } = files;
  const areTwo = String(inside).includes('function-sts');
  const mayLabel = Object.values(files).some((text) => /^kind: (?:External)?Secret$/m.test(String(text)));
  return String(Kptfile).includes('/set-labels:')
    ? /labels: \{tier/.test(`${String(Kptfile)}${String(options)}`) || areTwo || mayLabel
    : areTwo && /selectors|exclude|configPath/.test(`${String(Kptfile)}${String(inside)}`);
}

test(
  'packages are planned and rendered as kpt renders them',
  async () => {
    const all = await judge(
      Array.from({ length: PACKAGES }, (_, at) => ({ ...kptPackage(SEED * 10_000 + at), oddities: [] })),
    );
    const { failed, made } = countsOf(all, 'packages', 'kpt');
    const refused = all.filter(({ tree, verdict }) => verdict.isRefused && !verdict.isFailed && !isDoubtful(tree));
    expect(differingOf(all.filter((judged) => !isOfOthers(judged)))).toEqual([]);
    expect(refused.map(({ tree }) => tree.files)).toEqual([]);
    expect(failed).toBeLessThan(PACKAGES / 10);
    expect(made).toBeGreaterThan(PACKAGES / 2);
  },
  MOST_MILLISECONDS,
);

test(
  'of packages that are spelled oddly nothing differs without a word',
  async () => {
    const trees = ODDITY
      ? alone(OF_KPT, new RegExp(ODDITY), PACKAGES)
      : Array.from({ length: PACKAGES }, (_, at) => oddly(OF_KPT, SEED * 10_000 + at));
    const all = await judge(trees);
    if (ODDITY || process.env.PACKAGES) process.stderr.write(tableOf(all));
    expect(unknownOf(all, 'packages', [])).toEqual([]);
  },
  MOST_MILLISECONDS,
);
