import type { KnownObject } from '../model/answers.ts';
import type { Job, Verdict } from '../model/job.ts';
import type { Settings } from '../model/settings.ts';
import { judgePlaceholder } from '../secret/render-placeholder.ts';
import { judgeTarget } from '../secret/renewal.ts';

/** What a run is for. Each draft has one. Only issuer/ asks for its name: it has how each is carried out. */
export interface Purpose {
  readonly name: Settings['purposeName'];
  /** What is to be done about a job's Secret that is there. */
  judge(job: Job, existing: KnownObject, now: Date): Verdict;
  /** False: it says what would be done, and writes nothing. */
  readonly acts: boolean;
  /** True: it looks for what a chain and a template are read from. */
  readonly resolvesReferences: boolean;
  /** True: it issues sessions. Only then are tokens taken, clusters asked and values looked at. */
  readonly mints: boolean;
}

/** One row for each purpose: one without its row does not compile. */
export const PURPOSES: { readonly [Name in Settings['purposeName']]: Purpose } = {
  mint: { name: 'mint', judge: judgeTarget, acts: true, resolvesReferences: true, mints: true },
  placeholder: { name: 'placeholder', judge: judgePlaceholder, acts: true, resolvesReferences: false, mints: false },
  preview: { name: 'preview', judge: judgeTarget, acts: false, resolvesReferences: true, mints: false },
};
