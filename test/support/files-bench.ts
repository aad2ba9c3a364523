import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { ci, roles } from './accounts.ts';
import { type PackageFolder, packageFolder } from './package-folder.ts';
import { type EmbeddedSts, startSts } from './sts/start-sts.ts';

/** What the tests of `render` and `plan` work on: one STS for a file of tests, and a new folder for each test. */
export interface FilesBench {
  readonly sts: EmbeddedSts;
  readonly folder: PackageFolder;
}

/** Registers what makes and removes them. */
export function filesBench(): FilesBench {
  const bench: { sts?: EmbeddedSts; folder?: PackageFolder } = {};
  beforeAll(async () => {
    bench.sts = await startSts({ users: [ci], roles });
  });
  afterAll(() => bench.sts?.close());
  beforeEach(() => {
    bench.folder = packageFolder();
  });
  afterEach(() => bench.folder?.remove());
  return bench as FilesBench; // whole while a test runs
}
