// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Which entries of an archive are taken, and by which names: as the files of a folder would be if it was unpacked. What is
// left out is told. A name is only a name here, because nothing is written by it: it may begin with `/`, or hold `..`.

import { isUtf8 } from 'node:buffer';
import type { Names } from '../names/names.js';

/** What is no file. */
export type OtherKind = 'links' | 'not regular files';
type WhyLeftOut =
  | OtherKind
  | 'hidden'
  | 'names that do not match'
  | 'excluded by a pattern'
  | 'names that are not UTF-8';

/** An entry as the archive has it. */
export interface NamedEntry {
  readonly name: Uint8Array;
  /** Absent for a file. */
  readonly kind?: OtherKind | 'directory' | undefined;
}

export class EntryNames {
  /** Entries taken. */
  taken = 0;
  readonly #archive: string;
  readonly #names: Names;
  readonly #check: (path: string) => void;
  /** Of each reason the number of entries that were left out, and the path of the first. */
  readonly #leftOut = new Map<WhyLeftOut, { count: number; readonly first: string }>();

  /** @param check throws for an entry that is taken and that the options are not for */
  constructor(archive: string, names: Names, check: (path: string) => void) {
    this.#archive = archive;
    this.#names = names;
    this.#check = check;
  }

  /** The path of an entry that is taken. Undefined for any other. */
  take({ name, kind }: NamedEntry): string | undefined {
    const path = pathOf(name);
    if (kind === 'directory' || path.endsWith('/')) return undefined;
    const why = kind ?? this.#whyNot(name, path);
    if (why === undefined) {
      this.#check(path);
      this.taken++;
      return path;
    }
    if (why === 'names that do not match' && this.#names.isOfPattern) return undefined;
    const known = this.#leftOut.get(why);
    if (known === undefined) this.#leftOut.set(why, { count: 1, first: path });
    else known.count++;
    return undefined;
  }

  /** The warnings of the report about entries that were left out. */
  get warnings(): string[] {
    return [...this.#leftOut].map(
      ([why, { count, first }]) => `${this.#archive}: ${count} left out (${why}), such as ${first}.`,
    );
  }

  #whyNot(name: Uint8Array, path: string): WhyLeftOut | undefined {
    if (path.split('/').some((part) => part.startsWith('.') && part !== '..')) return 'hidden';
    if (!isUtf8(name)) return 'names that are not UTF-8';
    for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) {
      if (this.#names.excludes(at)) return 'excluded by a pattern';
    }
    return this.#names.takes(path) ? undefined : 'names that do not match';
  }
}

/** The name without parts that say nothing (`./`), as it would be in a folder. */
function pathOf(name: Uint8Array): string {
  const text = Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString();
  return text.replace(/^(?:\.\/+)+/, '').replace(/\/(?:\.?\/)+/g, '/');
}
