import { test } from '@jest/globals';
import { expectMessages, showEach } from './expect-messages.ts';

test('what is said of arguments', async () => {
  const shown = await showEach({
    'an unknown option': { input: '', arguments: ['--bogus'] },
    'a misspelt option without a command': { input: '', arguments: ['--verison'] },
    'a misspelt option of the server without its name': { input: '', arguments: ['--insecur', '--ttl', '5m'] },
    'a misspelt command': { input: '', arguments: ['rendr', '.'] },
    'a misspelt command that is asked for help': { input: '', arguments: ['rendr', '--help'] },
    'help for a misspelt command': { input: '', arguments: ['help', 'rendr'] },
    'help for a misspelt code': { input: '', arguments: ['help', 'HOP_DENID'] },
    'help for a misspelt reason of a condition': { input: '', arguments: ['help', 'HopDenid'] },
    'help for what is no code': { input: '', arguments: ['help', 'NO_SUCH_THING'] },
    'help for what is no command': { input: '', arguments: ['--help', 'me'] },
    'a word like two commands': { input: '', arguments: ['renderplan'] },
    'a misspelt option of a command': { input: '', arguments: ['plan', '--ouput', 'json', '.'] },
    'an option of another command': { input: '', arguments: ['plan', '--in-place', '.'] },
    'an option without its value': { input: '', arguments: ['plan', '.', '--output'] },
    'an option in place of a value': { input: '', arguments: ['serve', '--address', '--debug'] },
    'a value for an option that takes none': { input: '', arguments: ['render', '--in-place=yes', '.'] },
    'an argument too many': { input: '', arguments: ['version', 'x'] },
    'a second folder': { input: '', arguments: ['install', 'a', 'b'] },
    'an empty path': { input: '', arguments: ['render', ''] },
    'install into no folder': { input: '', arguments: ['install'] },
    'plan in a format that is none': { input: '', arguments: ['plan', '-o', 'xml', '.'] },
    'completion for another shell': { input: '', arguments: ['completion', 'tcsh'] },
    'an argument with quotes and lines': { input: '', arguments: ["--it's\n'x"] },
    'two dashes alone': { input: '', arguments: ['--'] },
  });
  expectMessages(import.meta.filename, shown);
});
