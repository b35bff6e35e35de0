// Records of the suite of recent entries, and what a collection of them must hold, whichever way it is read.

import { expect } from 'vitest';
import type { Collection } from '../../dist/src/index.js';

export interface Row {
  readonly id: number;
  readonly group: string;
  readonly email?: string;
  readonly n: number;
}
export type Rows = Map<number, Row>;

/** More keys than the recent entries that a small tree may have. */
export const KEYS = 300;
/** Reads a collection in every way there is. */
export async function expectHolds(
  rows: Pick<Collection<Row>, 'count' | 'getSync' | 'rangeSync' | 'findSync' | 'distinct'>,
  expected: Rows,
  hasExtra: boolean,
): Promise<void> {
  const byKey = [...expected.values()].sort((a, b) => a.id - b.id);
  expect(rows.count()).toBe(byKey.length);
  for (let id = 0; id < KEYS; id++) expect(rows.getSync(id)).toEqual(expected.get(id));
  const valuesOf = (found: Iterable<{ readonly value: Row }>): Row[] => Array.from(found, ({ value }) => value);
  expect(valuesOf(rows.rangeSync())).toEqual(byKey);
  expect(valuesOf(rows.rangeSync({ reverse: true }))).toEqual(byKey.toReversed());
  for (const [gte, lt] of [
    [0, 10],
    [95, 205],
    [290, 400],
  ] as const) {
    const within = byKey.filter(({ id }) => id >= gte && id < lt);
    expect(valuesOf(rows.rangeSync({ gte, lt }))).toEqual(within);
    expect(valuesOf(rows.rangeSync({ gte, lt, reverse: true }))).toEqual(within.toReversed());
    expect(rows.count({ gte, lt })).toBe(within.length);
  }
  for (const reverse of [false, true]) {
    // Seven at a time, from cursor to cursor, by an index in which many records have one value.
    const groups: string[] = [];
    const paged: number[] = [];
    for (let after: string | undefined; ; ) {
      const some = [...rows.rangeSync({ index: 'group', reverse, limit: 7, ...(after !== undefined && { after }) })];
      for (const { value } of some) {
        groups.push(value.group);
        paged.push(value.id);
      }
      if (some.length < 7) break;
      after = some.at(-1)!.cursor;
    }
    expect(groups).toEqual(reverse ? [...groups].sort().reverse() : [...groups].sort());
    expect(paged.sort((a, b) => a - b)).toEqual(byKey.map(({ id }) => id));
  }
  const counts = new Map<string, number>();
  for (const { group } of byKey) counts.set(group, (counts.get(group) ?? 0) + 1);
  expect(Array.from(rows.distinct('group'), ({ key, count }) => [key, count])).toEqual([...counts].sort());
  for (const group of ['g0', 'g3', 'none']) {
    const found = valuesOf(rows.findSync('group', group)).map(({ id }) => id);
    expect(found.sort((a, b) => a - b)).toEqual(byKey.filter((row) => row.group === group).map(({ id }) => id));
  }
  for (const row of byKey)
    if (row.email !== undefined) expect(valuesOf(rows.findSync('email', row.email))).toEqual([row]);
  if (hasExtra) for (const row of byKey) expect(valuesOf(rows.findSync('n', row.n))).toEqual([row]);
}
