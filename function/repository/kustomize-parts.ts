import type { ObjectRef } from '../findings/say.ts';
import type { Contents, OwnStart } from './kustomize-contents.ts';
import type { Change, Edit } from './metadata-change.ts';
import type { PipelineFile } from './pipelines.ts';
import type { FileItem } from './read-manifests.ts';

/** A build of kustomize as it goes on. */
export interface Build {
  /** The kustomization that is built, and what it and all others have. */
  readonly root: PipelineFile;
  readonly contents: Contents;
  /** What stands so far, in the order in which kustomize adds it. */
  readonly parts: Part[];
  /** What kustomizations have edited so far. */
  readonly edited: EditedParts[];
  /** All edits of the build that may touch some objects; and those that may make others ours, whatever they touch. */
  readonly edits: readonly Edit[];
  readonly wide: readonly Edit[];
  /** Edits that want an object which may not be there, and starts over one that stays. */
  readonly unsure: Edit[];
  /** What patches may have deleted: true for those that have the name by which they delete. An edit may have given that to any object of the kind. */
  readonly deleted: Map<ObjectRef, boolean>;
  /** Counts work, in characters that are handed to a run, before it is done. @throws FindingError where it is too much. */
  readonly spend: (work: number) => void;
}

/** Something that stands while a build goes on, and what has been done to it. */
export interface Part {
  /** Those of a file that are ours, or that ours read. */
  readonly items: readonly FileItem[];
  /** All of a file, or what kustomize makes itself. */
  readonly objects: readonly ObjectRef[];
  readonly isMade?: true;
  /** What it takes to hand it to a run, in characters. */
  readonly cost: number;
  /** What a start makes. */
  readonly start?: StartContext;
  readonly change: Change;
}

/** The edits of one kustomization, and the parts that stood then: those from one to another, which is none of them. */
export interface EditedParts {
  readonly edits: readonly Edit[];
  readonly from: number;
  readonly end: number;
}

/** Starts that stand and have been changed, and all names of what has been (api/resmap/reswrangler.go, AbsorbAll): a generator makes none of these. */
export type Former = ReadonlySet<OwnStart | string>;

/** A start in a build. */
export interface StartContext {
  readonly start: OwnStart;
  /** What a transformer gets. */
  readonly standing: readonly Part[];
  /** Of a generator. */
  readonly former: Former | undefined;
  /** Where what it gets begins among the parts of the build. */
  readonly around: number;
  /** The kustomization that starts it, and how many have made their edits before. */
  readonly by: PipelineFile;
  readonly done: number;
}
