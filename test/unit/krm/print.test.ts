import { expect, test } from '@jest/globals';
import { printBlock } from '../../../function/krm/print.ts';

/** go.yaml.in/yaml/v2, v2.4.2, resolve.go: prefixes in either case, and `_` anywhere in a number. */
test.each(['0O17', '0X1F', '0B1', '1e0_3', 'yes', '0123', '2001-01-01'])(
  '%s, which some reader takes for no text, is printed in quotes',
  (text) => {
    expect(printBlock({ [text]: text })).toBe(`"${text}": "${text}"\n`);
  },
);
