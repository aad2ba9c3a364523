import { parseTemplate, renderText, TemplateError } from '../function/gotemplate/gotemplate.ts';
import type { Grant } from '../function/model/grant.ts';
import { MOST_LEVELS, MOST_MERGES } from '../function/model/parse-bounded.ts';
import {
  MOST_FAULTS_OF_AN_OBJECT,
  MOST_FINDINGS,
  MOST_HOPS,
  MOST_OF_A_RUN,
  mostOf,
} from '../function/model/run-limits.ts';

/** A table of Markdown: its heads, then its rows. */
export function table(...rows: readonly (readonly string[])[]): string {
  const [heads = [], ...others] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...others.map(line)].join('\n');
}

/** What each part of a grant limits, and what its absence means in a Policy and in `allow`. */
const GRANTS: Readonly<Record<keyof Grant, readonly [limits: string, policy: string, allow: string]>> = {
  namespaces: [
    "The generator's namespace, and that of each Secret that its session goes into. A generator without a namespace fits only a grant without this list.",
    'any',
    'any',
  ],
  roles: ['The last role of a chain: its session, or a login made of it, goes into a Secret.', 'none', 'any'],
  via: [
    'The roles before it, those of `identity` and of a ServiceAccount too: they are only passed.',
    'none',
    'any, but none beside `roles`',
  ],
  withoutRole: ['Kinds of generators without a role of their own, whatever precedes them.', 'none', 'any'],
  regions: ['The region of every hop.', 'any', 'any'],
  sessionNames: [
    'Session names that manifests choose, of every hop. The [default names](chains.md#session-names) need no grant.',
    'none',
    'any',
  ],
  sourceIdentities: ['Source identities, of every hop.', 'none', 'any'],
  tags: ['Session tags, of every hop. The grant must have each key, and a pattern of its value.', 'none', 'any'],
  identities: [
    "Where a token comes from: `github`, `tokenEnv:NAME`, `tokenFile:/PATH`. Keys in a Secret and the SDK's default chain need no grant.",
    'none',
    'any',
  ],
  serviceAccounts: ['ServiceAccounts that `auth.jwt` names.', 'none', 'any'],
  audiences: [
    "Audiences of a ServiceAccount's token and of GitHub's. The default, `sts.amazonaws.com`, must be granted too.",
    'none',
    'any',
  ],
  externalIDs: ['Secrets that `externalIDFrom` names.', 'none', 'any'],
  templateSecrets: ['Secrets that `templateFrom` of an ExternalSecret names.', 'none', 'any'],
  cluster: [
    "The Input's own choice of a cluster, if something may be read there, even if the package turns out to have it. A cluster that the operator switched on needs no grant.",
    'no',
    'yes',
  ],
  fromCluster: ['A generator that an ExternalSecret names and only the cluster has.', 'no', 'no'],
  session: ['What is imposed on sessions: see [Imposing](#imposing).', 'nothing', 'an error if it is there'],
  plaintext: ['Credentials in plain text in files: `warn` or `refuse`.', '`warn`', '`warn`'],
};

export function grantsTable(): string {
  const rows = Object.entries(GRANTS).map(([name, cells]) => [`\`${name}\``, ...cells]);
  return table(['in a grant', 'limits', 'absent in a Policy', 'absent in `allow`'], ...rows);
}

const number = (value: number) => value.toLocaleString('en-US');

/** What one run, and one command over a repository, may take. */
export function limitsTables(): string {
  const run = [
    ['standard input', '256 MB'],
    ['a file with objects for this function', '16 MB'],
    ['generators', number(MOST_OF_A_RUN)],
    ['ExternalSecrets that name them', number(MOST_OF_A_RUN)],
    ['Secrets', number(MOST_OF_A_RUN)],
    ['entries of a list or map in a generator, an ExternalSecret, an Input or a Policy', number(MOST_OF_A_RUN)],
    ['values of such an object, with its aliases followed', '300,000'],
    ['hops of `via`', number(MOST_HOPS)],
    ['things that generators ask for, times the texts in the grants for their namespace', number(mostOf('grants'))],
    [
      'comparisons of generators with `sessions`. An entry with patterns or without `names` counts once for each generator, pattern and label.',
      number(mostOf('comparisons')),
    ],
    [
      'values of entries and ClusterGenerators, once for each generator and each Secret. Fifty characters count as one more.',
      number(mostOf('copies')),
    ],
    ['templates', 'see [templates](templates.md#limits)'],
    ['the key `__proto__` in a manifest', 'none: JavaScript programs drop it'],
    ['lists and maps inside each other', `${number(MOST_LEVELS)} levels`],
    ['maps inside each other by `<<`, without aliases', `${number(MOST_MERGES)} levels`],
    [
      'values of a text, where a list, a map, a `-` and a line without a value count as two',
      '100,000, or one for every 4 characters, and 500,000',
    ],
    ['of these, values that its aliases repeat', '2,000, or one for every 2 characters, and a tenth'],
    ['faults that are reported of one object', `${number(MOST_FAULTS_OF_AN_OBJECT)}; the last one counts the others`],
    ['faults that are reported of all objects', number(MOST_FINDINGS)],
    ['recipients of `encrypt`', number(mostOf('recipients'))],
    ['encrypted Secrets times their recipients', number(mostOf('seals'))],
    ['characters of the path of an item, in an annotation of kpt or kustomize', '4,096'],
    ['characters of the paths of all Secrets', '10,000,000'],
  ];
  const repository = [
    [
      'characters that are read: manifests and options again for each step, and what a kustomization builds again for each object that starts the function',
      '3,000,000, plus 3 times what there is to read, plus 200 for each file',
    ],
    [
      'patches, and entries of kustomizations that may change an object, times the objects and Secrets that they may change',
      number(mostOf('edits')),
    ],
    [
      'what one of several packages may take of the comparisons and values above',
      'a quarter of what is left, and always a thousandth',
    ],
  ];
  return [
    table(['of one run, or one call of Crossplane', 'at most'], ...run),
    '',
    table(['of all paths that a command names', 'at most'], ...repository),
    '',
    'The packages that need most are refused, and the others go on.',
  ].join('\n');
}

const TEMPLATE_DATA = { key: 'AKIAEXAMPLE', expiration: '1767323045', list: 'a,b' };
const TEMPLATE_EXAMPLES = [
  '{{ .key }}',
  '{{ .key | lower | b64enc }}',
  '{{ range $i, $item := splitList "," .list }}{{ $i }}={{ $item }};{{ end }}',
  '{{ dict "AccessKeyId" .key "Version" 1 | toJson }}',
  '{{ date "2006-01-02T15:04:05Z07:00" (int64 .expiration) }}',
  '{{ if eq (trunc 4 .key) "AKIA" }}static{{ else }}temporary{{ end }}',
  '{{ .absent }}',
  '{{ now }}',
];

/** Templates, each with what the engine makes of it. */
export function templateExamples(): string {
  const data = Object.entries(TEMPLATE_DATA).map(([key, value]) => `\`${key}\` = \`${value}\``);
  const rows = TEMPLATE_EXAMPLES.map((template) => [`\`${template.replaceAll('|', '\\|')}\``, resultOf(template)]);
  return table([`with the data ${data.join(', ')}`, 'gives'], ...rows);
}

function resultOf(template: string): string {
  try {
    return `\`${renderText(parseTemplate(template), TEMPLATE_DATA)}\``;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** What templates may take: function/gotemplate/budget.ts has the numbers. */
export function templateLimits(): string {
  const one = [
    ['characters of a template', '1 Mi'],
    ['nested actions and parentheses, of which each `else if` is one', '100'],
    ['variables at one place; characters of a name', '1,000; 128'],
    ['bytes of any text, the result included', '2 MiB'],
    ['levels of a value that is printed or made of JSON', '100'],
    ['work of a run, a repository or a draft', '4 seconds, as priced below'],
    ['of that, one Secret or list of `rewrite`', 'a quarter of what is left, and always 4 milliseconds'],
  ];
  const prices = [
    ['a character of a template', '250'],
    ['a step: an action, a command, an operand, a turn of `range`', '2,000'],
    ['a byte that functions read, write or make, counted as below', '60'],
    ['an instruction of an expression at a character', '60'],
    [
      'an instruction that is compiled',
      '15,000; a class of Unicode 510,000; without regard to case a range beyond ASCII 6,000,000',
    ],
  ];
  const work = [
    ['a text that is read', 'its length'],
    ['a text that is written', 'its length; a result four times more'],
    ['an entry of a list or map that is made, printed, joined or cut', '64; an empty map 320'],
    ['a list, a number, a text or a key in what `fromJson` reads', '128; a map 768'],
    ['an entry of a map whose keys are sorted, as `range` and printing do', '128'],
    ['a line or part in `splitList`, `replace`, `indent`', '64'],
    ['a text that is read character by character, as by `upper`, `lower` and `quote`', '16 times its length'],
    ['a text that is searched for more than 16 bytes', 'its length for each 16 of them'],
    ['a word or mark in the braces of a template', '128'],
    ['an escape in a string; each of several fields in a row', '64'],
    ['a value of YAML that a template gives, with its key', '1,000; a comment or an empty line 250'],
    ['an alias in it', 'the length of all of it'],
  ];
  return [
    table(['the templates of one Secret, or of one list of `rewrite`', 'at most'], ...one),
    '',
    table(['work', 'nanoseconds'], ...prices),
    '',
    table(['work', 'bytes'], ...work),
  ].join('\n');
}
