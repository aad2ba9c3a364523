import { commandsOfScript } from '../function/doctor/commands.ts';
import { parseBounded } from '../function/model/parse-bounded.ts';
import { globOf } from '../function/model/plain-data.ts';
import { WorkBudget } from '../function/model/run-limits.ts';
import type { SecretTemplate } from '../function/model/secret-spec.ts';
import { loadTemplates } from '../function/secret/apply-template.ts';
import { rewriteKeys } from '../function/secret/rewrite-keys.ts';

/**
 * Looks for the dearest inputs: `node bench/dearest.ts [ENGINE] [MINUTES]`. It changes inputs at random, keeps those that take most of the
 * processor for what is charged, and goes on from these. Prints how many times its charge each takes, beside harmless inputs: a price is
 * right where the dearest takes at most its charge. What it finds becomes a price, or a row of test/contract/attacks.
 */

/** An engine: what it takes of an input, in nanoseconds that are charged. It may refuse the input, which ends what it takes. */
interface Engine {
  readonly harmless: readonly string[];
  /** What inputs are made of, beside parts of each other. */
  readonly pieces: readonly string[];
  run(input: string): Promise<number> | number;
}

const OBJECT = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'dearest', namespace: 'team-a' };
const KEYS = ['access_key_id', 'secret_access_key', 'session_token', 'expiration'];
const VALUES = new Map([...KEYS.map((key) => [key, 'AKIAEXAMPLE'] as const), ['long', 'a,b\n'.repeat(250)]]);
const applyTemplate = await loadTemplates();

/** What is linear in the length of an input needs no charge, nor do the first two milliseconds. */
const NANOSECONDS_OF_A_CHARACTER = 2000;
const FREE_NANOSECONDS = 2_000_000;

async function charged(input: string, work: (limits: { work: WorkBudget; throwIfExpired: () => void }) => unknown) {
  const budget = new WorkBudget();
  try {
    await work({ work: budget, throwIfExpired: () => {} });
  } catch {} // refused
  return FREE_NANOSECONDS + budget.spent + NANOSECONDS_OF_A_CHARACTER * input.length;
}

const ENGINES: Readonly<Record<string, Engine>> = {
  expressions: {
    harmless: ['^(.*)_key_id$', '^access_(?P<part>[a-z]+)_', '[^a-z0-9]+', '(secret|session)_'],
    pieces: [
      ...[
        'a',
        'é',
        '.',
        '\\w',
        '\\pL',
        '\\b',
        '$',
        '^',
        '|',
        '(',
        '(?:',
        ')',
        '(?i)',
        '*',
        '+',
        '?',
        '*?',
        '{30}',
        '{0,30}',
      ],
      ...['[a-z]', '[^a]', '[^é]', '[\\pL\\d]', '[B-𞥂]', 'B-𞥂', '[', ']', '\\Q', '\\E', '(?s).', '[[:^alpha:]]', 'k'],
    ],
    run: (source) =>
      charged(source, (limits) =>
        rewriteKeys(
          KEYS.map((key) => key.repeat(60).slice(0, 900)),
          [{ regexp: { source, target: 'x$1' } }],
          { object: OBJECT, field: 'spec.dataFrom[0].rewrite' },
          limits,
        ),
      ),
  },
  templates: {
    harmless: [
      'key: {{ .access_key_id }}\n',
      '{{ range $i, $line := splitList "\\n" .long }}k{{ $i }}: {{ $line | quote }}\n{{ end }}',
      'a: {{ dict "a" .expiration | toJson | b64enc }}\n',
    ],
    pieces: [
      ...[
        '{{ range 1900 }}',
        '{{ end }}',
        '\n',
        ' ',
        '# a\n',
        '- ',
        'a: ',
        '{{ .long }}',
        '{{ $x := .long }}',
        '{{ $x }}',
        '"',
        "'",
      ],
      ...[
        '{{ range $i, $l := splitList "" .long }}',
        '{{ if true }}',
        '{{ with .long }}',
        '{{ . }}',
        ',',
        '[',
        '{',
        '&a ',
        '*a ',
      ],
      ...[
        'b64enc',
        'sha256sum',
        'upper',
        'repeat 100',
        'indent 4',
        'quote',
        'toJson',
        'fromJson',
        'splitList ","',
        'join ","',
      ].map((name) => `{{ .long | ${name} }}`),
      ...[
        'trim',
        'nospace',
        'reverse',
        'sortAlpha',
        'printf "%q"',
        'replace "a" "bb"',
        'contains "aab"',
        'snakecase',
        'date "2006"',
      ].map((name) => `{{ $x := .long | ${name} }}`),
    ],
    run: (text) =>
      charged(text, (limits) => {
        const template = { target: 'Data', key: undefined, field: 'spec.target.template', text, isSecret: false };
        return applyTemplate(
          limits,
          OBJECT,
          { keepsValues: false, templates: [template] } as unknown as SecretTemplate,
          VALUES,
        );
      }),
  },
  yaml: {
    harmless: [
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  labels: {a: b}\n',
      '- name: a\n  value: "b"\n',
    ].map((text) => text.repeat(20)),
    pieces: [
      ...[
        '\n',
        ' ',
        '- ',
        '? ',
        ': ',
        'a: ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '"',
        "'",
        '# a\n',
        '&a ',
        '*a',
        '!!str ',
        '|\n',
        '>-\n ',
        '<<: ',
      ],
      ...[
        '%a\n',
        '---\n',
        '...\n',
        '\t',
        '\r\n',
        '\\u0041',
        '  ',
        'a',
        '~',
        '0x',
        'é',
        '"a": b\n',
        '- - - ',
        '{a: {',
        '[[',
        '\ufeff',
      ],
    ],
    run: (text) => {
      let bytes = 0;
      try {
        parseBounded(text, {}, (more) => {
          bytes += more;
        }).toJS();
      } catch {}
      return FREE_NANOSECONDS + bytes * NANOSECONDS_OF_A_BYTE + NANOSECONDS_OF_A_CHARACTER * text.length;
    },
  },
  /** Nothing is charged for scripts and patterns: they are read in a time that is linear in their length. */
  scripts: {
    harmless: [
      'kustomize build --enable-alpha-plugins --enable-exec overlays/prod\n',
      'for a in *; do kpt fn render "$a"; done\n',
    ],
    pieces: [
      ...[
        'kustomize ',
        'build ',
        'kpt ',
        'fn ',
        'render ',
        '--enable-exec ',
        '-a ',
        '$KUSTOMIZE ',
        'a=b ',
        'a/',
        ' ',
        '\t',
        '\n',
        '\r\n',
      ],
      ...[
        '"',
        "'",
        '\\',
        '\\"',
        '\\\n',
        '`',
        '$(',
        ')',
        '${',
        '}',
        '${{',
        '}}',
        '#',
        '<',
        '<<',
        '<<-EOF\n',
        'EOF\n',
        '>',
        '&',
        '|',
        ';',
        '1',
      ],
    ],
    run: (text) => {
      commandsOfScript(text, { file: { real: '/a/run.sh', shown: 'run.sh' }, line: 1 });
      return FREE_NANOSECONDS + NANOSECONDS_OF_A_CHARACTER * text.length;
    },
  },
  patterns: {
    harmless: ['*.yaml secret_a.yaml', '*-secret_*.yaml team-a-secret_a.yaml'],
    pieces: ['*', 'a', 'b', '.', '-', ' ', '*a', '**', 'ab', 'a*b', 'é'],
    run: (text) => {
      const [pattern = '', name = ''] = text.split(' ');
      globOf(pattern)(name);
      return FREE_NANOSECONDS + NANOSECONDS_OF_A_CHARACTER * text.length;
    },
  },
};
/** As the result of a template is charged. */
const NANOSECONDS_OF_A_BYTE = 60;

const LONGEST = 4000;
const KEPT = 30;
const MOST_SHOWN = 1000;
const LEAST_NANOSECONDS = 10_000_000;

const cpu = () => Number(process.cpuUsage().user + process.cpuUsage().system) * 1000;

/** What an input takes for each nanosecond that is charged; the least of three, since others use the processor too. */
async function priceOf({ run }: Engine, input: string): Promise<number> {
  const prices: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const begin = cpu();
    let [paid, times] = [0, 0];
    do {
      paid += await run(input);
      times += 1;
    } while (cpu() - begin < LEAST_NANOSECONDS && times < 1000);
    prices.push((cpu() - begin) / paid);
  }
  return Math.min(...prices);
}

function changed(inputs: readonly string[], pieces: readonly string[]): string {
  const any = <T>(all: readonly T[]) => all[Math.floor(Math.random() * all.length)] as T;
  const place = (text: string) => Math.floor(Math.random() * (text.length + 1));
  let text = any(inputs);
  for (let count = 1 + Math.floor(Math.random() * 3); count > 0; count -= 1) {
    const [begin, end] = [place(text), place(text)].toSorted((a, b) => a - b) as [number, number];
    const part = Math.random() < 0.7 ? any(pieces) : any(inputs).slice(begin, end);
    const times = Math.random() < 0.3 ? 2 ** Math.floor(Math.random() * 8) : 1;
    const isRemoval = Math.random() < 0.2;
    text = isRemoval
      ? text.slice(0, begin) + text.slice(end)
      : text.slice(0, begin) + part.repeat(times) + text.slice(begin);
  }
  return text.slice(0, LONGEST);
}

const [name, minutes = '10'] = process.argv.slice(2);
for (const [of, engine] of Object.entries(ENGINES)) {
  if (name !== undefined && name !== of) continue;
  const end = performance.now() + Number(minutes) * 60_000;
  const prices = new Map<string, number>();
  for (const input of engine.harmless) prices.set(input, await priceOf(engine, input));
  const harmless = Math.max(...prices.values());
  let tried = 0;
  while (performance.now() < end) {
    const input = changed([...prices.keys()], engine.pieces);
    if (!prices.has(input)) prices.set(input, await priceOf(engine, input));
    tried += 1;
    const [cheapest] = [...prices].toSorted((a, b) => a[1] - b[1])[0] ?? [];
    if (prices.size > KEPT && cheapest !== undefined) prices.delete(cheapest);
  }
  console.log(`${of}: ${tried} inputs. Harmless ones take ${harmless.toFixed(2)} of what is charged.`);
  for (const input of [...prices.keys()].toSorted((a, b) => (prices.get(b) ?? 0) - (prices.get(a) ?? 0)).slice(0, 5))
    console.log(
      `${(await priceOf(engine, input)).toFixed(2)}: ${JSON.stringify(input.length > MOST_SHOWN ? `${input.slice(0, MOST_SHOWN)}…` : input)}`,
    );
}
