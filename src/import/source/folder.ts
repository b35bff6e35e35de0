// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The files of a folder, in the order of the bytes of their paths. Names (names/names.ts) says which are taken; left out, and
// told, are other names, hidden names, links that lead out of the folder or to other folders, gristmill stores, and whatever is no file.

import { isUtf8 } from 'node:buffer';
import { type BigIntStats, type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import type { BadFiles } from '../../base/bad-files.js';
import { GristmillError } from '../../base/errors.js';
import { isMissing } from '../../base/system-errors.js';
import type { Pause } from '../../parallel/pause.js';
import { Names } from '../names/names.js';
import { comparePaths, type ListedFile } from './file-list.js';
import { fingerprintOfStat } from './source-file.js';
import { isStoreDirectory } from './store-directory.js';

/** Entries after which others may have a turn. */
const ENTRIES_A_TURN = 256;

/** The files that were left out for one reason: their number, and the path of the first. */
interface LeftOut {
  count: number;
  first: string;
}

type WhyLeftOut =
  | 'hidden'
  | 'names that do not match'
  | 'excluded by a pattern'
  | 'links out of the folder'
  | 'links to folders'
  | 'gristmill stores'
  | 'not regular files'
  | 'names that are not UTF-8';

/** The files of one folder. Reading it is `files()`. */
export class Folder {
  /** As given. */
  readonly path: string;
  readonly leftOut = new Map<WhyLeftOut, LeftOut>();
  readonly #real: string;
  readonly #except: string | undefined;
  readonly #pause: Pause;
  readonly #bad: BadFiles | undefined;
  readonly #names: Names;
  /** Directories, and whether they are stores. */
  readonly #stores = new Map<string, boolean>();
  #entries = 0;

  /**
   * @param except the store to import into: no warning names it. Absent for memory.
   * @param bad takes what cannot be read, if that is left out
   * @param names says which files are taken
   * @throws GristmillError SOURCE_NOT_READABLE
   */
  constructor(path: string, except: string, pause: Pause, bad?: BadFiles, names = new Names()) {
    this.path = path;
    this.#real = orUnreadable(path, () => realpathSync(path));
    this.#except = isAbsolute(except) ? realPathOf(except) : undefined;
    this.#pause = pause;
    this.#bad = bad?.areLeftOut ? bad : undefined;
    this.#names = names;
  }

  /** @throws GristmillError SOURCE_NOT_READABLE; any error that `pause` throws */
  files(): AsyncGenerator<ListedFile> {
    return this.#within('');
  }

  /** Only those at these paths, or below them. @throws as `files` */
  async *filesAt(paths: Iterable<string>): AsyncGenerator<ListedFile> {
    const found: { readonly path: string; readonly isDirectory: boolean }[] = [];
    for (const path of paths) {
      const stat = this.#isPlace(path) ? this.#unlessBad(path, (full) => statIfThere(full, lstatSync)) : undefined;
      if (stat?.isDirectory()) {
        if (!this.#isStore(path)) found.push({ path: `${path}/`, isDirectory: true });
      } else if (stat !== undefined && this.#names.takes(path)) found.push({ path, isDirectory: false });
    }
    found.sort((left, right) => comparePaths(left.path, right.path));
    let above: string | undefined;
    for (const { path, isDirectory } of found) {
      // What is below a directory of the list comes with it.
      if (above !== undefined && path.startsWith(above)) continue;
      if (isDirectory) above = path;
      yield* isDirectory ? this.#within(path) : this.#file(path);
      await this.#pause();
    }
  }

  /** Whether the folder reads files at this path: not if the path is hidden, in a store, or below a link to a folder. */
  #isPlace(path: string): boolean {
    const directory = join(this.#real, dirname(path));
    if (path.split('/').some((name) => name.startsWith('.'))) return false;
    if (this.#isInStore(path) || this.#isExcluded(path)) return false;
    try {
      return realpathSync(directory) === directory;
    } catch {
      return false;
    }
  }

  /** Whether a directory on the way to this path is a store. */
  #isInStore(path: string): boolean {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) if (this.#isStore(at)) return true;
    return false;
  }

  #isExcluded(path: string): boolean {
    for (let at = path; at !== '.'; at = dirname(at)) if (this.#names.excludes(at)) return true;
    return false;
  }

  #isStore(path: string): boolean {
    const known = this.#stores.get(path);
    if (known !== undefined) return known;
    const directory = join(this.#real, path);
    const isStore = directory === this.#except || isStoreDirectory(directory);
    this.#stores.set(path, isStore);
    return isStore;
  }

  /** The warnings of the report about files that were left out. */
  get warnings(): string[] {
    return [...this.leftOut].map(
      ([why, { count, first }]) => `${this.path}: ${count} left out (${why}), such as ${first}.`,
    );
  }

  async *#within(prefix: string): AsyncGenerator<ListedFile> {
    const names = this.#unlessBad(prefix, (directory) => this.#namesIn(directory, prefix)) ?? [];
    for (const { name, isDirectory } of names) {
      if (++this.#entries % ENTRIES_A_TURN === 0) await this.#pause();
      const path = prefix + name;
      if (isDirectory) {
        if (!this.#isStore(path)) yield* this.#within(`${path}/`);
        else if (join(this.#real, path) !== this.#except) this.#leaveOut('gristmill stores', path);
        continue;
      }
      yield* this.#file(path);
    }
  }

  /** What `read` returns of the place at this path; undefined if that cannot be read, and is left out. */
  #unlessBad<T>(path: string, read: (full: string) => T): T | undefined {
    const full = join(this.#real, path);
    try {
      return read(full);
    } catch (error) {
      if (this.#bad === undefined || path === '') throw error;
      return this.#bad.addOrThrow(error, full);
    }
  }

  *#file(path: string): Generator<ListedFile> {
    const stat = this.#unlessBad(path, (full) => this.#statOf(path, full));
    if (stat !== undefined) yield { path, fingerprint: fingerprintOfStat(stat) };
  }

  /** Sorted as the paths under them are. */
  #namesIn(directory: string, prefix: string): { readonly name: string; readonly isDirectory: boolean }[] {
    // One that went meanwhile has no files.
    const entries = orUnreadable(directory, () => {
      try {
        return readdirSync(directory, { encoding: 'buffer', withFileTypes: true });
      } catch (error) {
        if (prefix !== '' && isMissing(error)) return [];
        throw error;
      }
    });
    const taken: { readonly order: Buffer; readonly isDirectory: boolean }[] = [];
    for (const entry of entries as unknown as Dirent<Buffer>[]) {
      const name = entry.name.toString();
      const path = prefix + name;
      if (name.startsWith('.')) this.#leaveOut('hidden', path);
      else if (!isUtf8(entry.name)) this.#leaveOut('names that are not UTF-8', path);
      else {
        const isDirectory = isUnknown(entry) ? isRealDirectory(join(directory, name)) : entry.isDirectory();
        if (this.#names.excludes(path)) this.#leaveOut('excluded by a pattern', path);
        else if (isDirectory ? this.#names.mayHold(path) : this.#names.takes(path)) {
          taken.push({ order: isDirectory ? Buffer.concat([entry.name, Buffer.of(0x2f)]) : entry.name, isDirectory });
        } else if (!this.#names.isOfPattern) this.#leaveOut('names that do not match', path);
      }
    }
    taken.sort((left, right) => Buffer.compare(left.order, right.order));
    return taken.map(({ order, isDirectory }) => {
      return { name: order.toString('utf8', 0, order.byteLength - (isDirectory ? 1 : 0)), isDirectory };
    });
  }

  /** Of a file that is taken. */
  #statOf(path: string, full: string): BigIntStats | undefined {
    const stat = statIfThere(full, lstatSync);
    if (stat === undefined) return undefined; // it went meanwhile
    if (stat.isFile()) return stat;
    if (!stat.isSymbolicLink()) return this.#leaveOut('not regular files', path);
    const target = statIfThere(full, statSync);
    if (target === undefined || !realPathOf(full)?.startsWith(this.#real + sep)) {
      return this.#leaveOut('links out of the folder', path);
    }
    if (target.isFile()) return target;
    return this.#leaveOut(target.isDirectory() ? 'links to folders' : 'not regular files', path);
  }

  #leaveOut(why: WhyLeftOut, path: string): undefined {
    const known = this.leftOut.get(why);
    if (known === undefined) this.leftOut.set(why, { count: 1, first: path });
    else known.count++;
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // it went meanwhile
  }
}

/** Some file systems do not report the kind of an entry. */
function isUnknown(entry: Dirent<Buffer>): boolean {
  return !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink();
}

function isRealDirectory(path: string): boolean {
  return statIfThere(path, lstatSync)?.isDirectory() ?? false;
}

function statIfThere(path: string, stat: typeof lstatSync | typeof statSync): BigIntStats | undefined {
  return orUnreadable(path, () => stat(path, { bigint: true, throwIfNoEntry: false }));
}

function orUnreadable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = `${path} cannot be read (${code ?? message}).`;
    throw new GristmillError('SOURCE_NOT_READABLE', what, { file: path, cause });
  }
}
