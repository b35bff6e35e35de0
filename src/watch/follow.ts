// [notices] > schedule > readiness > sync > event
//
// Follows folders and files: one `fs.watch` for each directory, none for a file. It says where something happened, not
// what; whoever looks there finds out. It runs in a thread of its own (notices.ts), so it may ask the file system
// synchronously: nothing happens between two of its steps but on the disk.
//
// Two rules make it complete. A directory is watched before it is listed, and told after both: what came into it meanwhile
// is told, or found by whoever looks below it then. And where a name came or went, what is there now is followed anew: it
// may be another directory, even one with the same inode number.

import { type FSWatcher, lstatSync, readdirSync, realpathSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isStoreDirectory } from '../import/source/store-directory.js';

/** What is followed. All paths are absolute. */
export interface Followed {
  /** A directory is followed to its bottom, but for what is hidden, links to directories, and stores. */
  readonly sources: readonly string[];
}

interface FollowListener {
  /** Something happened to this path, or below it. */
  noticed(path: string): void;
  /** What happens in a directory is not told from now on: the system has no room to watch it. */
  failed(error: Error): void;
}

/** A watched directory. */
interface Node {
  readonly watcher: FSWatcher;
  /** Tells the directory from one that took its name unnoticed. */
  readonly identity: string;
}

type Heard = (name: string, cameOrWent: boolean) => void;

/** Codes of what is not there, not a directory any more, or not to be read: nobody could read what is in it either. */
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM']);
/** Times a directory may be replaced while it is looked at. */
const TRIES_MAX = 10;

export class Follower {
  readonly #sources: readonly string[];
  readonly #listener: FollowListener;
  /** Directories of the folders, and the names of directories in them that are followed, too. */
  readonly #nodes = new Map<string, Node>();
  readonly #children = new Map<string, Set<string>>();
  /** Directories that hold sources, watched for the sake of some names, and which sources these names are about. */
  readonly #holders = new Map<string, Node>();
  readonly #names = new Map<string, Map<string, string>>();

  constructor({ sources }: Followed, listener: FollowListener) {
    this.#sources = sources;
    this.#listener = listener;
  }

  /** Begins to follow everything. Called again, it finds what was replaced without a notice, and follows that. */
  check(): void {
    for (const source of this.#sources) this.#holdSource(source);
    for (const path of [...this.#sources, ...this.#nodes.keys()]) {
      if (this.#nodes.get(path)?.identity === this.#identityOf(path)) this.#list(path);
      else this.#follow(path);
    }
  }

  close(): void {
    for (const { watcher } of [...this.#nodes.values(), ...this.#holders.values()]) watcher.close();
    this.#nodes.clear();
    this.#holders.clear();
  }

  /** Watches for the name of a source, and for that of what it links to. */
  #holdSource(source: string): void {
    this.#hold(source, source);
    const target = targetOf(source);
    if (target !== undefined && target !== source) this.#hold(target, source);
  }

  #hold(path: string, source: string): void {
    const directory = dirname(path);
    const names = this.#names.get(directory) ?? new Map<string, string>();
    this.#names.set(directory, names.set(basename(path), source));
    const known = this.#holders.get(directory);
    if (known !== undefined && known.identity === identityOf(directory)) return;
    known?.watcher.close();
    this.#holders.delete(directory);
    const node = this.#watch(directory, identityOf, (name, cameOrWent) => {
      const held = names.get(name);
      if (held === undefined) return;
      if (cameOrWent) {
        this.#holdSource(held);
        this.#follow(held);
      }
      this.#listener.noticed(held);
    });
    if (node !== undefined) this.#holders.set(directory, node);
  }

  /** Forgets the directory that was at `path` with all that is below it, and follows the one that is there now, if any. */
  #follow(path: string): void {
    this.#forget(path);
    const heard: Heard = (name, cameOrWent) => this.#heard(path, name, cameOrWent);
    const node = this.#watch(path, (at) => this.#identityOf(at), heard);
    if (node === undefined) return;
    this.#nodes.set(path, node);
    this.#children.set(path, new Set());
    this.#list(path);
  }

  #forget(path: string): void {
    this.#nodes.get(path)?.watcher.close();
    this.#nodes.delete(path);
    const children = this.#children.get(path) ?? [];
    this.#children.delete(path);
    for (const name of children) this.#forget(join(path, name));
  }

  /** Follows directories in a directory that are not followed yet. */
  #list(path: string): void {
    for (const entry of entriesOf(path)) {
      if (entry.isDirectory() && !this.#nodes.has(join(path, entry.name))) this.#followChild(path, entry.name);
    }
  }

  #followChild(path: string, name: string): void {
    if (isLeftOut(path, name)) return;
    this.#children.get(path)?.add(name);
    this.#follow(join(path, name));
  }

  #heard(path: string, name: string, cameOrWent: boolean): void {
    if (isLeftOut(path, name)) return;
    const isOrWasDirectory = () =>
      this.#children.get(path)?.has(name) || this.#identityOf(join(path, name)) !== undefined;
    if (cameOrWent && isOrWasDirectory()) this.#followChild(path, name);
    this.#listener.noticed(join(path, name));
  }

  /** Calls `heard` with names in the directory that something happened to. Undefined: there is none, or no room to. */
  #watch(path: string, identify: (path: string) => string | undefined, heard: Heard): Node | undefined {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const identity = identify(path);
      if (identity === undefined) return undefined;
      try {
        const watcher = watch(path, (event, name) => {
          if (name !== null) heard(name, event === 'rename');
          else this.#heardNothing();
        });
        // It ends with its directory, of which the directory that holds it tells.
        watcher.on('error', () => watcher.close());
        if (identify(path) === identity) return { watcher, identity };
        watcher.close();
      } catch (error) {
        if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) continue;
        this.#listener.failed(error as Error);
        return undefined;
      }
    }
    return undefined;
  }

  /** Something happened, and the system does not say to what. */
  #heardNothing(): void {
    this.check();
    for (const source of this.#sources) this.#listener.noticed(source);
  }

  /** A source may be a link; links in folders are not followed. */
  #identityOf(path: string): string | undefined {
    return identityOf(path, this.#sources.includes(path) ? statSync : lstatSync);
  }
}

/** Folders leave out what begins with a dot, and stores: the one that is imported into changes with every round. */
const isLeftOut = (path: string, name: string) => name.startsWith('.') || isStoreDirectory(join(path, name));

/** Of a directory, undefined for anything else. The number of an inode is used again, so its birth counts too. */
function identityOf(path: string, look: typeof statSync | typeof lstatSync = statSync): string | undefined {
  try {
    const found = look(path, { bigint: true });
    return found.isDirectory() ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}

function targetOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
