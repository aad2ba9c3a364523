const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Suites that take long although their files are short. jest begins with the longest files where it knows no times, as in a fresh clone,
 * so these would come last, with one of them alone at the end.
 */
const LONG = [
  'test/property/megabyte',
  'test/contract/leak-audit.test',
  'test/contract/doctor',
  'test/property/second-opinion/',
  'test/contract/load',
];

/** The order in which suites begin: those of `LONG`, then as jest has it. */
module.exports = class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const isLong = ({ path }) => LONG.some((name) => path.includes(name));
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
