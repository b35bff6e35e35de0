// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Which files of a folder are taken, by their paths in it: those with the usual endings of the format, or those that
// patterns name.

import { plainName } from '../codec/names.js';
import type { FormatName, FormatOption } from '../format/coding.js';
import { anyOf, type Matches, matcherOf } from './globs.js';

const JSON_NAME = /\.(?:json|ndjson|jsonl)$/i;
const NAMES_OF_FORMATS: Partial<Record<FormatName | 'json', RegExp>> = {
  csv: /\.csv$/i,
  tsv: /\.tsv$/i,
  bson: /\.bson$/i,
};

/** The options that choose files. */
export interface NameOptions extends FormatOption {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export class Names {
  readonly #includes: Matches;
  readonly #excludes: Matches;
  readonly #glob: Matches | undefined;
  /** Names on the way to a file, at most. */
  readonly #depthMax: number;

  constructor({ include, exclude, format }: NameOptions = { include: [], exclude: [] }, glob?: string) {
    this.#glob = glob === undefined ? undefined : matcherOf(glob);
    const named = (format && NAMES_OF_FORMATS[format]) ?? JSON_NAME;
    const usual: Matches = this.#glob ?? ((path) => named.test(plainName(path)));
    this.#includes = include.length === 0 ? usual : anyOf(include);
    this.#excludes = exclude.length === 0 ? () => false : anyOf(exclude);
    // A slash within braces or a `**` may stand for any number of folders.
    const isOpen = glob === undefined || /\*\*|[{(]/.test(glob);
    this.#depthMax = isOpen ? Number.POSITIVE_INFINITY : glob.split('/').length;
  }

  /** Whether the pattern of the source itself says which files are meant, so that others need no mention. */
  get isOfPattern(): boolean {
    return this.#glob !== undefined;
  }

  /** Whether a file is taken, unless it is excluded. */
  takes(path: string): boolean {
    return this.#includes(path) && (this.#glob?.(path) ?? true);
  }

  /** Whether a file or a folder is excluded by name, and so all that is in it. */
  excludes(path: string): boolean {
    return this.#excludes(path);
  }

  /** Whether a folder may hold files that are taken. */
  mayHold(path: string): boolean {
    return path.split('/').length < this.#depthMax;
  }
}
