import { forAllTests, forEachTest } from '../for-each-test.ts';
import { startExampleSts } from '../start-example-sts.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What the tests of `render` and `plan` work on: one STS for a file of tests, and a new folder for each test. */
export function filesBench() {
  return { sts: forAllTests(startExampleSts), folder: forEachTest(temporaryFolder) };
}
