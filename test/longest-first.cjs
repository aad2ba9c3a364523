const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Suites that take long although their files are short, the longest first. Where jest knows no times, as in a fresh clone, it
 * begins with the longest files: these would come last, and one worker alone would end with them.
 */
const LONG = [
  'test/hosts/crossplane-live',
  'test/hosts/image',
  'test/hosts/kustomize-trees',
  'test/hosts/kpt-packages',
  'test/hosts/templates',
  'test/contract/attacks/package-neighbours',
  'test/contract/attacks/package-deep',
  'test/contract/attacks/package-work',
  'test/property/megabyte',
  'test/contract/leak-audit.test',
  'test/contract/attacks/package-size',
  'test/contract/attacks/composite-kept',
  'test/property/second-opinion/second-opinion',
  'test/contract/attacks/sts-credential-endpoints',
  'test/contract/attacks/package-templates',
  'test/contract/load',
  'test/contract/attacks/network-tls',
  'test/contract/attacks/network-proxy',
  'test/contract/atomic-writes',
  'test/contract/attacks/operator-files',
  'test/contract/crossplane-faults',
  'test/contract/retries',
  'test/contract/attacks/neighbours-install',
  'test/contract/attacks/operator-programs',
  'test/contract/internal-errors',
  'test/property/many-composites',
];

/** The order in which suites begin: those of `LONG`, then as jest has it. */
module.exports = class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const rankOf = ({ path }) => LONG.findIndex((name) => path.includes(name)) + 1 || LONG.length + 1;
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
};
