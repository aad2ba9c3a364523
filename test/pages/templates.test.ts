import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseTemplate, renderText } from '../../function/gotemplate/gotemplate.ts';

const DATA = { key: 'AKIAEXAMPLE', expiration: '1767323045', list: 'a,b' };
const page = readFileSync(join(import.meta.dirname, '../../docs/templates.md'), 'utf8');
const examples = [...page.matchAll(/^\| `(\{\{.*\}\})` \| (?:`(.*)`|(line .*)) \|$/gm)];

test('the page has examples', () => expect(examples.length).toBeGreaterThan(6));

test.each(
  examples.map(([, template = '', result, fault]) => ({ template: template.replaceAll('\\|', '|'), result, fault })),
)('$template gives what docs/templates.md says', ({ template, result, fault }) => {
  const render = () => renderText(parseTemplate(template), DATA);
  if (fault === undefined) expect(render()).toBe(result);
  else expect(render).toThrow(fault);
});
