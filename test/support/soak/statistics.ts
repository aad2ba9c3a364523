/** A moment, in minutes, and a value. */
export type Point = readonly [minutes: number, value: number];

/** The slope of the line of least squares, per minute. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [minutes, value]) => sum + (minutes - x) * (value - y), 0);
  return covariance / points.reduce((sum, [minutes]) => sum + (minutes - x) ** 2, 0);
}

/** The value that `share` of all are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}
