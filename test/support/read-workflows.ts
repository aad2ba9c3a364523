import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './run-function.ts';

const FOLDER = join(ROOT, '.github/workflows');

type Permissions = string | Readonly<Record<string, string>>;

/** One step, as far as tests look. */
export interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** One job, as far as tests look. */
export interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  /** The job's own, or its workflow's. */
  readonly permissions?: Permissions;
  readonly steps?: readonly Step[];
}

/** A file of `.github/workflows`. */
export interface Workflow {
  readonly name: string;
  readonly text: string;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** All of them. */
export function readWorkflows(): readonly Workflow[] {
  return readdirSync(FOLDER).map((name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    const { permissions, jobs } = parse(text) as Pick<Workflow, 'jobs'> & Pick<Job, 'permissions'>; // as GitHub reads it
    const inherited = permissions === undefined ? {} : { permissions };
    const named = Object.entries(jobs).map(([id, job]) => [id, { ...inherited, ...job }] as const);
    return { name, text, jobs: Object.fromEntries(named) };
  });
}

/** The commands of one step of release.yml. */
export function releaseCommands(job: string, step: string): string {
  const release = readWorkflows().find(({ name }) => name === 'release.yml');
  const run = release?.jobs[job]?.steps?.find(({ name }) => name === step)?.run;
  if (run === undefined) throw new Error(`release.yml has no step "${step}" in its job "${job}"`);
  return run;
}
