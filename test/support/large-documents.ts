// Sources of hundreds of kilobytes, made from a number: what small documents cannot hold (tiles, long strings, thousands of
// members) in combinations nobody would think of. The same number makes the same source.

import type { RecordLayout } from '../../src/kernel/contract.js';

/** The sizes at which the kernel changes from one thing to the next: a block and a tile, and what is just beside them. */
const EDGES = [64, 128, 8192, 16_384, 65_536];

const CHARACTERS = [
  'a',
  '}',
  ']',
  ',',
  ':',
  '{"',
  ' ',
  '\u007f',
  'é',
  'ß',
  '€',
  '\u2028',
  '\uffff',
  '😀',
  '\u{10ffff}',
  '\\\\',
  '\\"',
  '\\/',
  '\\n',
  '\\u0000',
  '\\u00e9',
  '\\uD83D\\ude00',
  '\\ud83d',
  '\\\\\\"',
  '\\\\\\\\',
].map((text) => text.replace('{"', '{'));

/** Names that paths meet, in several spellings, and others. */
const NAMES = [
  'a',
  '\\u0061',
  'b',
  'id',
  '\\u0069d',
  'é',
  '\\u00e9',
  'tab\\tname',
  'x',
  'aa',
  'ab',
  'i',
  'ids',
  '\\"',
  '\\\\',
];

export const LARGE_PATHS = { primary: ['id'], secondary: [['a'], ['b', 'a'], ['é'], ['tab\tname'], ['b', 'b', 'b']] };

/** Never valid, wherever they stand in a source; some of them only after a long way. */
const BAD_RECORDS = [
  'x',
  '[1 2]',
  '{"a" 1}',
  '"\\q"',
  '{"a":tru}',
  '[01]',
  '{"a":1]',
  '[1}',
  '"\t"',
  `["${'y'.repeat(9000)}",,]`,
  `{"a":"${'z'.repeat(8185)}\\x"}`,
];

/** A small generator of numbers (mulberry32): what fast-check would take too long to make. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % count;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }
}

class Maker {
  /** How much white space there is. */
  readonly #blanks: readonly string[];

  constructor(
    readonly dice: Dice,
    readonly layout: RecordLayout,
  ) {
    const newline = layout === 'ndjson' ? '\r' : '\n';
    this.#blanks = dice.of([
      [''],
      ['', '', '', ' '],
      [' ', '  ', `${newline}    `, `${newline}${' '.repeat(17)}`, ''],
      [' '.repeat(64), newline.repeat(70), '\t', ''],
    ]);
  }

  /** A record of about `bytes` bytes. */
  record(bytes: number): string {
    const { dice } = this;
    const fill = dice.of([
      () => this.string(bytes),
      () => this.members(bytes),
      () => this.elements(bytes),
      () => this.deep(),
      () => this.mixed(bytes),
    ]);
    const b = this.blank;
    return `{${b()}"${dice.of(['id', 'id', '\\u0069\\u0064'])}"${b()}:${b()}${this.scalar()}${b()},${b()}"${dice.of(NAMES.slice(4))}x"${b()}:${fill()}${b()}}`;
  }

  blank = (): string => this.dice.of(this.#blanks);

  scalar(): string {
    const { dice } = this;
    switch (dice.below(5)) {
      case 0:
        return String(dice.below(100_000));
      case 1:
        return dice.of(['-0.5e-7', '123456789012345678901234567890', '1E400', 'true', 'false', 'null', '0', '-12.25']);
      case 2:
        return `-${dice.below(10)}.${dice.below(1e9)}e${dice.of(['', '+', '-'])}${dice.below(400)}`;
      default:
        return this.string(dice.below(20));
    }
  }

  string(bytes: number): string {
    const { dice } = this;
    if (dice.once(3)) return `"${'p'.repeat(bytes)}${dice.of(CHARACTERS)}"`;
    const characters = dice.once(3) ? [dice.of(CHARACTERS)] : CHARACTERS;
    let text = 'q'.repeat(dice.below(9));
    while (text.length < bytes) text += dice.once(2) ? dice.of(characters) : dice.of(characters).repeat(dice.below(70));
    return `"${text}"`;
  }

  members(bytes: number): string {
    const { dice } = this;
    const members: string[] = [];
    const isWide = dice.once(2);
    for (let made = 0; made < bytes; made += members.at(-1)!.length) {
      const name = isWide && !dice.once(20) ? `n${members.length}` : dice.of(NAMES);
      const value = dice.once(5) ? this.mixed(30) : this.scalar();
      members.push(`${this.blank()}"${name}"${this.blank()}:${this.blank()}${value}${this.blank()}`);
    }
    return `{${members.join(',')}}`;
  }

  elements(bytes: number): string {
    const elements: string[] = [];
    for (let made = 0; made < bytes; made += elements.at(-1)!.length + 1) {
      elements.push(this.blank() + (this.dice.once(10) ? this.mixed(20) : this.scalar()) + this.blank());
    }
    return `[${elements.join(',')}]`;
  }

  mixed(bytes: number): string {
    return bytes < 100 && this.dice.once(2)
      ? this.scalar()
      : this.dice.once(2)
        ? this.elements(bytes / 2)
        : this.members(bytes / 2);
  }

  deep(): string {
    const depth = 1 + this.dice.below(900);
    const [open, close] = this.dice.of([
      ['[', ']'],
      ['{"a":', '}'],
      ['{"b":', '}'],
      ['[[', ']]'],
    ] as const);
    const times = open === '[[' ? depth >> 1 : depth;
    return open.repeat(times) + this.scalar() + close.repeat(times);
  }
}

export interface LargeSource {
  readonly bytes: Uint8Array;
  readonly layout: RecordLayout;
  /** Whether all records are good. */
  readonly isGood: boolean;
}

/** A source of at least `bytes` bytes. */
export function largeSource(seed: number, layout: RecordLayout, bytes: number): LargeSource {
  const dice = new Dice(seed);
  const maker = new Maker(dice, layout);
  const isGood = !dice.once(3);
  const sizes = dice.of([[10], [10, 10, 10, 9000], EDGES, [1, 40, 200, 3000]]);
  const records: string[] = [];
  for (let made = 0; made < bytes; made += records.at(-1)!.length) {
    const record =
      !isGood && dice.once(4) ? dice.of(BAD_RECORDS) : maker.record(Math.max(0, dice.of(sizes) - 8 + dice.below(17)));
    const name = layout === 'object' ? `"${dice.of(NAMES)}${records.length}"${maker.blank()}:${maker.blank()}` : '';
    records.push(maker.blank() + name + record + maker.blank());
  }
  const separator = {
    ndjson: dice.of(['\n', '\r\n', '\n\n \n']),
    values: isGood ? dice.of(['', ' ', '\n']) : '\n',
    array: ',',
    object: ',',
  }[layout];
  const ending = { ndjson: dice.of(['', '\n']), values: dice.of(['', ' ']), array: ']', object: '}' }[layout];
  // Where blocks and tiles begin within the records is different from source to source.
  const text = ' '.repeat(dice.below(130)) + records.join(separator) + ending;
  return { bytes: Buffer.from(text), layout, isGood };
}
