import { test } from '@jest/globals';
import { expectMessages, showEach } from './expect-messages.ts';

test('what is said of arguments', async () => {
  const shown = await showEach({
    'an unknown argument': { input: '', arguments: ['--bogus'] },
    'a second argument': { input: '', arguments: ['--help', 'me'] },
    'render of an empty path': { input: '', arguments: ['render', ''] },
    'render without a path': { input: '', arguments: ['render'] },
    'install into no folder': { input: '', arguments: ['install'] },
    'plan in a format that is none': { input: '', arguments: ['plan', '-o', 'xml', '.'] },
  });
  expectMessages(import.meta.filename, shown);
});
