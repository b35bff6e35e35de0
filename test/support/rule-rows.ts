// Records that the tests of rules choose from.

export interface Row {
  readonly id: number;
  readonly group: string;
  readonly nested: { readonly score: number; readonly tags: readonly string[] };
  readonly text: string;
}

export const ROWS: readonly Row[] = Array.from({ length: 3000 }, (_, id) => ({
  ...{ id, group: `g${id % 7}`, nested: { score: (id * 7919) % 1000, tags: [`t${id % 3}`, `t${id % 5}`] } },
  text: 'x'.repeat(id % 97),
}));
