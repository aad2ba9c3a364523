import { expect, test } from '@jest/globals';
import { printBlock } from '../../../function/krm/print.ts';

/** go.yaml.in/yaml/v2, v2.4.2, resolve.go: prefixes in either case, and `_` anywhere in a number. */
test.each(['0O17', '0X1F', '0B1', '1e0_3', 'yes', '0123', '2001-01-01'])(
  '%s, which some reader takes for no text, is printed in quotes',
  (text) => {
    expect(printBlock({ [text]: text })).toBe(`"${text}": "${text}"\n`);
  },
);

/** go.yaml.in/yaml/v3, v3.0.4, scannerc.go: behind the head of a block it wants spaces. */
test.each(['\ta\nb', '\n\ta', '\n\n\ta\nb'])('%j, of which nobody reads a block, is printed in quotes', (text) => {
  expect(printBlock({ text })).toBe(`text: ${JSON.stringify(text)}\n`);
});
