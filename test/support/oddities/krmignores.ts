import { files, innerKptfile } from './kpt-site.ts';
import { extra, named, type Oddity } from './site.ts';

/** A text behind 500 rules of `.krmignore`. */
const behindMany = (text: string) =>
  `${Array.from({ length: 500 }, (_, rule) => `nothing-${rule}`).join('\n')}\n${text}`;
const ignore = (text: string, name = 'extra.yaml'): Oddity =>
  files((site) => ({ [name]: extra(site), '.krmignore': text }));

/** What a package leaves out. */
export const IGNORES = named('.krmignore', [
  ['a file', ignore('extra.yaml\n')],
  ['a file in a folder', ignore('more/extra.yaml\n', 'more/extra.yaml')],
  ['a file at any depth', ignore('extra.yaml\n', 'more/extra.yaml')],
  ['a path at any depth', ignore('more/extra.yaml\n', 'deep/more/extra.yaml')],
  ['a path from the top', ignore('/extra.yaml\n')],
  ['a path from the top, of a file below', ignore('/extra.yaml\n', 'more/extra.yaml')],
  ['a path with a dot', ignore('./extra.yaml\n')],
  ['a folder', ignore('more\n', 'more/extra.yaml')],
  ['a folder with a slash', ignore('more/\n', 'more/extra.yaml')],
  ['a file with a slash', ignore('extra.yaml/\n')],
  ['a folder from the top', ignore('/more/\n', 'more/extra.yaml')],
  ['a star', ignore('extra*\n')],
  ['a star alone', ignore('*\n')],
  ['a star of an ending', ignore('*.yml\n', 'extra.yml')],
  ['a star of an ending at any depth', ignore('*.yml\n', 'more/deep/extra.yml')],
  ['a star of a hidden name', ignore('.*\n', 'more/.extra.yaml')],
  ['a star in another folder', ignore('other/*\ntests/**\n', 'more/extra.yaml')],
  ['a file with a blank and signs', ignore("an extra@it's.yaml\n", "an extra@it's.yaml")],
  ['two stars', ignore('**/extra.yaml\n', 'more/deep/extra.yaml')],
  ['two stars behind', ignore('more/**\n', 'more/deep/extra.yaml')],
  ['two stars between', ignore('more/**/extra.yaml\n', 'more/extra.yaml')],
  ['a question mark', ignore('extr?.yaml\n')],
  ['brackets', ignore('[e]xtra.yaml\n')],
  ['brackets of others', ignore('[!e]xtra.yaml\n')],
  ['a backslash', ignore('extra\\.yaml\n')],
  ['a backslash before a mark', ignore('\\!extra.yaml\n', '!extra.yaml')],
  ['a backslash before a number sign', ignore('\\#extra.yaml\n', '#extra.yaml')],
  ['a comment', ignore('#extra.yaml\n')],
  ['a comment behind', ignore('extra.yaml # not this\n')],
  ['a blank before', ignore(' extra.yaml\n')],
  ['a blank behind', ignore('extra.yaml \n')],
  ['a tab behind', ignore('extra.yaml\t\n')],
  ['a blank with a backslash', ignore('extra.yaml\\ \n', 'extra.yaml ')],
  ['no line end', ignore('extra.yaml')],
  ['line ends of Windows', ignore('extra.yaml\r\nnothing\r\n')],
  ['line ends of old', ignore('extra.yaml\rnothing\r')],
  ['a byte order mark', ignore('\ufeffextra.yaml\n')],
  ['a mark', ignore('extra.yaml\n!extra.yaml\n')],
  ['a mark before', ignore('!extra.yaml\nextra.yaml\n')],
  ['a mark in an ignored folder', ignore('more\n!more/extra.yaml\n', 'more/extra.yaml')],
  ['a mark alone', ignore('!extra.yaml\n')],
  ['a mark for all', ignore('extra.yaml\n!*\n')],
  ['two marks', ignore('extra.yaml\n!!extra.yaml\n')],
  ['a file behind 500', ignore(behindMany('extra.yaml\n'))],
  ['a mark behind 500', ignore(`extra.yaml\n${behindMany('!extra.yaml\n')}`)],
  ['a file with many stars', ignore('e*x*t*r*a*.yaml\n')],
  ['a mark with many stars', ignore('extra.yaml\n!e*x*t*r*a*.yaml\n')],
  ['capitals', ignore('EXTRA.YAML\n')],
  ['the Kptfile', ignore('Kptfile\n')],
  ['the Input', ignore('options.yaml\n')],
  ['specs', ignore('spec0.yaml\nspec1.yaml\n')],
  ['a hidden file', ignore('.extra.yaml\n', '.extra.yaml')],
  [
    'of a folder that is no package',
    files((site) => ({ 'more/extra.yaml': extra(site), 'more/.krmignore': 'extra.yaml\n' })),
  ],
  [
    'of a package inside',
    files((site) => ({
      'inner/extra.yaml': extra(site),
      'inner/.krmignore': 'extra.yaml\n',
      'inner/Kptfile': innerKptfile(site, '{exec: cat}'),
    })),
  ],
  [
    'of the package around',
    files((site) => ({
      'inner/extra.yaml': extra(site),
      '.krmignore': 'extra.yaml\n',
      'inner/Kptfile': innerKptfile(site, '{exec: cat}'),
    })),
  ],
  [
    'of a package inside, all',
    files((site) => ({
      'inner/extra.yaml': extra(site),
      '.krmignore': 'inner\n',
      'inner/Kptfile': innerKptfile(site, '{exec: cat}'),
    })),
  ],
  [
    'of a package inside, a path',
    files((site) => ({
      'inner/extra.yaml': extra(site),
      '.krmignore': 'inner/extra.yaml\n',
      'inner/Kptfile': innerKptfile(site, '{exec: cat}'),
    })),
  ],
  [
    'a link',
    files((site) => ({ 'extra.yaml': extra(site), '.krmignore': { link: 'rules.txt' }, 'rules.txt': 'extra.yaml\n' })),
  ],
  ['a folder named so', files((site) => ({ 'extra.yaml': extra(site), '.krmignore/a': 'extra.yaml\n' }))],
  ['.gitignore', files((site) => ({ 'extra.yaml': extra(site), '.gitignore': 'extra.yaml\n' }))],
]);
