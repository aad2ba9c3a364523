const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Suites that take a minute or more although their files are short, the longest first. Where jest knows no times, as in a fresh clone, it
 * begins with the longest files: these would come last, and one worker alone would end with them.
 */
const LONG = [
  'test/contract/attacks/package-work',
  'test/property/megabyte',
  'test/contract/leak-audit.test',
  'test/contract/attacks/package-size',
  'test/contract/doctor',
  'test/contract/attacks/composite-kept',
  'test/property/second-opinion/second-opinion',
  'test/contract/attacks/sts-credential-endpoints',
  'test/contract/attacks/package-templates',
  'test/contract/load',
];

/** The order in which suites begin: those of `LONG`, then as jest has it. */
module.exports = class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const rankOf = ({ path }) => LONG.findIndex((name) => path.includes(name)) + 1 || LONG.length + 1;
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
};
