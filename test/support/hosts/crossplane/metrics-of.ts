/** What a program counts: `name{labels}` and the value. */
export type Metrics = readonly (readonly [series: string, value: number])[];

/** Reads it. */
export async function metricsOf(port: number, host = '127.0.0.1'): Promise<Metrics> {
  const response = await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))] as const;
  });
}

/** The sum of a counter over its labels, of those that hold `label` if that is given. */
export function sumOf(metrics: Metrics, name: string, label = ''): number {
  const found = metrics.filter(([series]) => series.split('{')[0] === name && series.includes(label));
  return found.reduce((sum, [, value]) => sum + value, 0);
}
