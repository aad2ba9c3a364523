import type { Finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { describeObject } from '../../findings/say.ts';
import { secretKey, secretObject } from '../../model/kinds.ts';
import { unwritable } from './check-writable.ts';
import type { FunctionRun } from './function-run.ts';
import type { MadeSecret } from './rendered.ts';

/** What a run made. */
interface Made<R> {
  readonly run: R;
  readonly of: FunctionRun;
  readonly made: readonly MadeSecret[];
}

/**
 * The Secrets that are written, where several runs made the same one. Of runs of one pipeline the last one counts, and of kpt packages in
 * each other the outermost, as under their hosts. Of other runs neither: one package must not write over what another one makes, so
 * nothing of theirs is written.
 */
export function joinRuns<R>(all: readonly Made<R>[]): {
  readonly made: readonly MadeSecret[];
  readonly runs: readonly R[];
  readonly findings: readonly Finding[];
} {
  const each = all.flatMap(({ of, run, made }) => made.map((one) => ({ of, run, one })));
  const places = Map.groupBy(each, ({ one }) => JSON.stringify([one.file.real, secretKey(one.secret.metadata)]));
  const refused = new Set<R>();
  const findings: Finding[] = [];
  const left = new Set<MadeSecret>();
  for (const same of places.values()) {
    const [first, ...others] = same;
    const other = others.find(({ of }) => of.folder !== first?.of.folder || of.host !== first.of.host);
    if (first === undefined || others.length === 0) continue;
    if (other === undefined || same.every(({ of }) => of.host === 'kpt')) {
      const last = same.findLast(({ of }) => of.folder === first.of.folder);
      for (const { one } of same) if (one !== last?.one) left.add(one);
      continue;
    }
    for (const { run } of same) refused.add(run);
    const secret = describeObject(secretObject(first.one.secret.metadata));
    const both = `those of ${quote(first.of.folder)} and ${quote(other.of.folder)} both make ${secret}`;
    findings.push(unwritable(first.one.file, `two runs are for it: ${both}`, 'Leave one out; neither was written'));
  }
  const runs = all.filter(({ run }) => !refused.has(run));
  const made = runs.flatMap((one) => one.made.filter((secret) => !left.has(secret)));
  return { made, runs: runs.map(({ run }) => run), findings };
}
