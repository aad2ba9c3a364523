import { stringify } from 'yaml';
import { SCRAPED_EVERY, type Simulation, START, simulate } from '../composites/simulate.ts';
import { runProcess } from '../run-function.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { realProgram } from './real-programs.ts';

/** An alert, as far as tests look. */
export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules as Prometheus reads them from a file. */
export interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** What a Prometheus scrapes of one series; promtool's `values` has one for each scrape. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

/** All that a Prometheus scrapes in some hours of composites. */
export async function scrapesOf(simulation: Simulation): Promise<readonly Series[]> {
  const samples = new Map<string, Map<number, number>>();
  let scrapes = 0;
  const scrape = (texts: ReadonlyMap<string, string>) => {
    for (const [instance, text] of texts)
      for (const [series, value] of samplesOf(text, `namespace="crossplane-system",instance="${instance}"`)) {
        const isTime = series.includes('_timestamp_seconds{') && value > 0;
        const all = samples.get(series) ?? new Map<number, number>();
        samples.set(series, all.set(scrapes, isTime ? value - START / 1000 : value)); // promtool's time begins at 0
      }
    scrapes += 1;
  };
  await simulate({ ...simulation, scrape });
  return [...samples].map(([series, all]) => {
    const valueAt = (at: number) => all.get(at) ?? (all.has(at - 1) ? 'stale' : '_');
    return { series, values: Array.from({ length: scrapes }, (_, at) => valueAt(at)).join(' ') };
  });
}

/** The series of a text of metrics with further labels, without the histogram's, and their values. */
function samplesOf(text: string, labels: string): readonly (readonly [series: string, value: number])[] {
  return [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)]
    .filter(([, name = '']) => !name.startsWith('sts_function_call_seconds'))
    .map(([, name, own, value]) => [`${name}{${[...(own ? [own] : []), labels].join(',')}}`, Number(value)]);
}

/** Which alerts fire in each minute of a range, its ends included. */
export interface Expectation {
  readonly from: number;
  readonly to: number;
  readonly alerts: readonly string[];
}

const FIRING = 'group by (alertname) (ALERTS{alertstate="firing"})';

/** What `promtool test rules` says of rules over these series, behind its exit code. */
export async function testRules(
  rules: Rules,
  input: readonly Series[],
  expectations: readonly Expectation[],
): Promise<string> {
  const tests = expectations.flatMap(({ from, to, alerts }) =>
    Array.from({ length: to - from + 1 }, (_, minute) => ({
      expr: FIRING,
      eval_time: `${from + minute}m`,
      exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
    })),
  );
  const interval = `${SCRAPED_EVERY}s`;
  using folder = temporaryFolder({
    'rules.yaml': stringify(rules),
    'test.yaml': stringify({
      rule_files: ['rules.yaml'],
      evaluation_interval: interval,
      tests: [{ interval, input_series: input, promql_expr_test: tests }],
    }),
  });
  const ended = await runProcess(realProgram('promtool'), ['test', 'rules', 'test.yaml'], { cwd: folder.path });
  return `${ended.exit}: ${ended.stdout}${ended.stderr}`;
}
