import { asText, cached, isRecord, listAt, stringsIn, valueAt } from '../model/plain-data.ts';
import { sizeOf } from '../model/run-limits.ts';

/** Keys of a file that are no jobs (docs.gitlab.com, CI/CD YAML syntax reference, "Global keywords"); `pages` is one. */
const KEYWORDS: ReadonlySet<string> = new Set(
  'default include stages variables workflow image services cache before_script after_script spec'.split(' '),
);

/** GitLab follows so many `extends` of each other; so many are looked at in one. */
const MOST_LEVELS = 11;

/** What jobs extend is looked at for each of them: as much, in the unit of `sizeOf`. What is behind that is not looked at. */
const MOST_EXTENDED = 50_000;

/** What is looked at of a job. */
const FIELDS = [
  'variables',
  'before_script',
  'script',
  'after_script',
  'allow_failure',
  'artifacts',
  'cache',
  'id_tokens',
] as const;
type Job = Readonly<Partial<Record<(typeof FIELDS)[number], unknown>>>;

/**
 * The jobs of a `.gitlab-ci.yml` as a workflow of GitHub has them, so that each check holds for both. Where its shell knows
 * `pipefail` GitLab sets it (gitlab-org/gitlab-runner, merge request 4577). What precedes every job is a job of its own.
 */
export function asWorkflow(file: unknown): unknown {
  const byName = new Map(Object.entries(Object(file)).filter(([, job]) => isRecord(job)));
  const texts = new WeakMap<object, string>();
  const textOf = (lines: unknown) =>
    typeof lines === 'string' || !Array.isArray(lines)
      ? lines
      : cached(texts, lines, () => lines.flat(MOST_LEVELS).map(asText).join('\n'));
  const exported = new Map<unknown, Readonly<Record<string, string>>>();
  const environmentOf = (variables: unknown, before: unknown) => ({
    ...stringsIn(variables),
    ...cached(exported, textOf(before), exportsOf),
  });
  const sizes = new Map<unknown, number>();
  let left = MOST_EXTENDED;
  const read = new Map<string, Job>();
  const jobOf = (name: string, level = 0): Job => {
    const former = read.get(name);
    if (former !== undefined || level > MOST_LEVELS) return former ?? {};
    read.set(name, {}); // for one that extends itself
    const job = byName.get(name);
    const bases = [valueAt(job, ['extends'])].flat().filter((base) => typeof base === 'string');
    const last = [...bases.slice(-MOST_LEVELS).map((base) => jobOf(base, level + 1)), Object(job)].toReversed();
    const fields = FIELDS.flatMap((field) => {
      const from = last.find((each) => Object.hasOwn(each, field));
      const isExtended = from !== undefined && from !== job;
      if (isExtended) left -= cached(sizes, from[field], sizeOf);
      return from === undefined || (isExtended && left < 0) ? [] : [[field, from[field]]];
    });
    const merged = Object.fromEntries(fields);
    read.set(name, merged);
    return merged;
  };
  const stepsOf = ({ before_script: before, script, after_script: after, artifacts, cache }: Job) => [
    ...[before, script, after].flatMap((lines) => (lines === undefined ? [] : [{ run: textOf(lines), shell: 'bash' }])),
    { uses: 'actions/upload-artifact', with: { path: textOf(artifactsIn(artifacts)) } },
    ...[cache].flat().map((each) => ({ uses: 'actions/cache', with: { path: textOf(valueAt(each, ['paths'])) } })),
  ];
  const first = valueAt(file, ['default', 'before_script']) ?? valueAt(file, ['before_script']);
  const byDefault = valueAt(file, ['default', 'id_tokens']);
  const jobs = [...byName.keys()].flatMap((name) => {
    if (KEYWORDS.has(name) || name.startsWith('.')) return [];
    const job = jobOf(name);
    const env = environmentOf(job.variables, job.before_script);
    const { allow_failure, id_tokens = left < 0 ? undefined : byDefault } = job;
    if (id_tokens !== undefined && id_tokens === byDefault) left -= cached(sizes, byDefault, sizeOf);
    return [[name, { env, allow_failure, id_tokens, steps: stepsOf(job) }]];
  });
  const before = listAt(first, []).length === 0 ? [] : [['default', { steps: stepsOf({ before_script: first }) }]];
  return {
    env: environmentOf(valueAt(file, ['variables']), first),
    jobs: Object.fromEntries([...before, ...jobs]),
  };
}

/** The paths of artifacts, those of reports and of all that git does not know too. */
function artifactsIn(artifacts: unknown): unknown[] {
  const all = valueAt(artifacts, ['untracked']) === true ? ['.'] : [];
  return [...listAt(artifacts, ['paths']), ...[valueAt(artifacts, ['reports', 'dotenv']) ?? []].flat(), ...all];
}

/** The variables of ours that a script sets for those behind it. */
function exportsOf(script: unknown): Readonly<Record<string, string>> {
  const all = asText(script).matchAll(/^[ \t]*export[ \t]+(STS_FUNCTION_\w+)=["']?([^\s"']*)/gm);
  return Object.fromEntries(all.map(([, name = '', value = '']) => [name, value]));
}

/** Where a field of such a workflow stands in its file. */
export function fieldOfGitlab(field: string): string {
  return field.replace(/^jobs\./, '').replace(/(^|\.)env(?=\.)/, '$1variables');
}
