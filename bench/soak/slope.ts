// How fast something grows: the line of least squares through its samples, and how sure that is.

export type Point = { readonly hours: number; readonly bytes: number };

/** Bytes an hour: the slope, and the bounds of its 95 % interval. */
export type Slope = { readonly slope: number; readonly least: number; readonly most: number };

/** The quantile of Student's distribution for 95 %, within a hundredth from 3 degrees of freedom on. */
const student = (freedom: number): number =>
  1.96 + 2.37 / freedom + 2.82 / freedom ** 2 + 2.56 / freedom ** 3;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Without an interval, that is, with an endless one, where there are fewer than four points. */
export function slopeOf(points: readonly Point[]): Slope {
  const [x, y] = [mean(points.map(({ hours }) => hours)), mean(points.map(({ bytes }) => bytes))];
  const spread = points.reduce((sum, { hours }) => sum + (hours - x) ** 2, 0);
  const slope = points.reduce((sum, { hours, bytes }) => sum + (hours - x) * (bytes - y), 0) / spread;
  const freedom = points.length - 2;
  if (freedom < 2) return { slope, least: -Infinity, most: Infinity };
  const off = points.reduce((sum, { hours, bytes }) => sum + (bytes - y - slope * (hours - x)) ** 2, 0);
  const half = student(freedom) * Math.sqrt(off / freedom / spread);
  return { slope, least: slope - half, most: slope + half };
}

/** What has certainly been added from the first point to the last: by the lower bound. Bytes. */
export function certainGrowth(points: readonly Point[]): number {
  const span = (points.at(-1)?.hours ?? 0) - (points[0]?.hours ?? 0);
  return slopeOf(points).least * span;
}
