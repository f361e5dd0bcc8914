// The comparison as a table: a row for each figure, a column for each contestant. A cell is the median of the rounds, the
// least and the most of them, and what that is of the figure of the one that is compared with.
import { contestants, type ContestantName } from "./contestants.ts";
import type { Figures, Scenario } from "./scenarios/scenario.ts";
import { scenarios, type ScenarioName } from "./scenarios/scenarios.ts";
import { quantile, tableOf } from "./stage.ts";

/** The figures of each round. */
export type Results = Map<`${ScenarioName} ${ContestantName}`, Figures[]>;

const yardstick: ContestantName = "bare";

export function reportOf(results: Results, rounds: number): string {
  const keys = [...results.keys()];
  const shown = (Object.keys(contestants) as ContestantName[]).filter((name) => keys.some((key) => key.endsWith(` ${name}`))); // prettier-ignore
  const rows = (Object.keys(scenarios) as ScenarioName[])
    .filter((name) => keys.some((key) => key.startsWith(`${name} `)))
    .flatMap((name) => rowsOf(results, name, shown));
  const times = rounds === 1 ? "1 round" : `${rounds} rounds`;
  return tableOf(
    [`median (least - most), × of bare; ${times}`, ...shown.map((name) => contestants[name].title)],
    rows,
  );
}

function rowsOf(results: Results, name: ScenarioName, shown: readonly ContestantName[]): string[][] {
  const { title, figures }: Scenario = scenarios[name];
  const head = [`**${title}**`, ...shown.map(() => "")];
  const row = ([figure, meaning]: [string, string]): string[] => [
    meaning,
    ...shown.map((one) =>
      hasBroken(results, `${name} ${one}`)
        ? "breaks down"
        : cell(
            valuesOf(results, `${name} ${one}`, figure),
            valuesOf(results, `${name} ${yardstick}`, figure),
          ),
    ),
  ];
  return [head, ...Object.entries(figures).map(row)];
}

const hasBroken = (results: Results, key: `${ScenarioName} ${ContestantName}`): boolean =>
  results.get(key)?.some((figures) => Object.keys(figures).length === 0) ?? false;

const valuesOf = (results: Results, key: `${ScenarioName} ${ContestantName}`, figure: string): number[] =>
  (results.get(key) ?? []).map((figures) => figures[figure] ?? NaN).filter((value) => !Number.isNaN(value));

function cell(values: readonly number[], compared: readonly number[]): string {
  if (values.length === 0) return "";
  const [least, median, most] = [Math.min(...values), quantile(values, 0.5), Math.max(...values)];
  const spread = least === most ? "" : ` (${shortOf(least)} - ${shortOf(most)})`;
  const base = quantile(compared, 0.5);
  const ratio = values === compared || !(base > 0) || !(median > 0) ? "" : ` ×${shortOf(median / base)}`;
  return `${shortOf(median)}${spread}${ratio}`;
}

/** Three digits that count, and thousands in groups. */
const shortOf = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
