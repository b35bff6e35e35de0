// One method for every operation on an encrypted store: a real process does it and is stopped after every system call that may
// change a file. At each stop all files are searched for plaintext, and of some stops the store is kept: that is what a kill
// leaves. When the process has ended, each of these is opened and compared, as after a kill. Other processes are killed.

import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encryptStore, repairStore, type StoreOptions } from '../../dist/src/index.js';
import type { KeysAtRest } from '../../src/store/seal/types.js';
import {
  build,
  changeSources,
  copyStore,
  type Operation,
  type Sources,
  shown,
  waiting,
  writeSources,
} from './at-rest-store.js';
import { PlaintextSearch } from './plaintexts.js';
import { stopAtCalls, type Then } from './stopped.js';

/** How the store keeps keys; `plain`: it is not encrypted, and plaintext has to be found. */
export type Form = KeysAtRest | 'plain';

/** Where keys in plain may stand, as docs/security.md says: keys of LMDB have the first key of each page. A repair keeps an index. */
const INDEX_FILE = /\/index(\.damaged-[^/]*)?\/data\.mdb$/;

export interface Tried {
  readonly stops: number;
  /** Files, below the directory of the test, with the forms of plaintext that were in them. */
  readonly seen: readonly string[];
  /** Stops whose store was opened. */
  readonly opened: number;
}

/** Stores of one form, of which each operation gets a copy. */
export class AtRest {
  readonly #template: string;
  readonly #keyFile: string;
  /** What a store shows after an operation that was not killed. */
  readonly #after = new Map<Operation, string>();
  #number = 0;

  private constructor(
    readonly directory: string,
    readonly form: Form,
    readonly sources: Sources,
    readonly before: string,
  ) {
    this.#template = join(directory, 'template');
    this.#keyFile = join(directory, 'key');
  }

  static async make(directory: string, form: Form): Promise<AtRest> {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const sources = writeSources(join(directory, 'sources'));
    const options = optionsOf(form, join(directory, 'key'));
    await build(join(directory, 'template'), options, sources);
    const before = await shown(join(directory, 'template'), options);
    changeSources(sources);
    return new AtRest(directory, form, sources, before);
  }

  /** @param isKept of which stops the store is opened afterwards */
  async stopped(operation: Operation, isKept: (n: number) => boolean): Promise<Tried> {
    const { store, temporary, child, held, search } = await this.#begin(operation);
    const kept: { readonly n: number; readonly call: string; readonly copy: string }[] = [];
    const at = (n: number, call: string): Then => {
      if (search.look() && isKept(n)) kept.push({ n, call, copy: copyStore(store, `${store}-${n}`) });
      return 'go on';
    };
    const { stops, code } = await stopAtCalls(child, () => void child.stdin!.write('go on\n'), at);
    for (const file of held) closeSync(file);
    if (code !== 0) throw new Error(`${operation} ended with ${code}`);
    const isEncrypted = this.form !== 'plain' || operation === 'encrypt';
    const after = await this.#shown(store);
    this.#after.set(operation, after);
    const searches = [search, new PlaintextSearch(isEncrypted ? [store, temporary] : [])];
    searches[1]!.look();
    for (const { n, call, copy } of kept) {
      await this.#check(copy, operation, after).catch((cause) => {
        throw new Error(`${operation}, stopped after call ${n}, ${call}: ${cause.message}`, { cause });
      });
      if (isEncrypted) searches.push(this.#searched(copy));
      rmSync(copy, { recursive: true });
    }
    rmSync(store, { recursive: true });
    return { stops, opened: kept.length, seen: this.#seenIn(searches) };
  }

  /** Kills the process after its n-th call. @returns undefined when it has not so many */
  async killed(operation: Operation, n: number): Promise<readonly string[] | undefined> {
    const { store, child, held, search } = await this.#begin(operation);
    const at = (stop: number): Then => (stop === n ? 'be killed' : 'go on');
    const { signal } = await stopAtCalls(child, () => void child.stdin!.write('go on\n'), at);
    search.look();
    for (const file of held) closeSync(file);
    await this.#check(store, operation, this.#after.get(operation)).catch((cause) => {
      throw new Error(`${operation}, killed after call ${n}: ${cause.message}`, { cause });
    });
    const seen = this.#seenIn([search, this.#searched(store)]);
    rmSync(store, { recursive: true });
    return signal === null ? undefined : seen;
  }

  async #begin(operation: Operation) {
    const store = copyStore(this.#template, join(this.directory, `${operation}-${++this.#number}`));
    const temporary = `${store}.temporary`;
    mkdirSync(temporary);
    const isPlain = this.form === 'plain' && operation !== 'encrypt';
    const child = await waiting(operation, store, isPlain ? undefined : this.#keyFile, this.sources, temporary);
    // What an encryption reads is plain. Nothing new takes the place of a file that is open.
    const old = operation === 'encrypt' ? filesIn(store) : [];
    const held = old.map((path) => openSync(path, 'r'));
    const inodes = new Set(old.map((path) => statSync(path).ino));
    const search = new PlaintextSearch([store, temporary], (inode) => inodes.has(inode));
    return { store, temporary, child, held, search };
  }

  /** What it shows, whichever way it has to be opened. */
  async #shown(store: string): Promise<string> {
    const encryption = { keyFile: this.#keyFile };
    return shown(store, {}).catch((error) => {
      if (error.code === 'KEY_NEEDED') return shown(store, { encryption });
      throw error;
    });
  }

  /** @param after what it may also hold; where it is not known, what the store shows was verified */
  async #check(store: string, operation: Operation, after: string | undefined): Promise<void> {
    const found = await this.#shown(store).catch(async (error) => {
      // In the moment in which a repair exchanges the index there is none, and the error names the remedy.
      if (operation !== 'repair' || error.code !== 'STORE_NOT_A_STORE') throw error;
      await repairStore(store, {
        workers: 1,
        ...(this.form !== 'plain' && { encryption: { keyFile: this.#keyFile } }),
      });
      return this.#shown(store);
    });
    if (after !== undefined && found !== this.before && found !== after) throw new Error(`it holds ${found}`);
    if (operation !== 'encrypt') return;
    const encryption = { keyFile: this.#keyFile };
    await encryptStore(store, { encryption, workers: 1 }).catch((error) => {
      if (error.code !== 'STORE_EXISTS') throw error;
    });
    if ((await shown(store, { encryption })) !== this.before) throw new Error('encrypted, it holds something else');
  }

  #searched(store: string): PlaintextSearch {
    const search = new PlaintextSearch([store]);
    search.look();
    return search;
  }

  #seenIn(searches: readonly PlaintextSearch[]): string[] {
    const seen = searches.flatMap((search) => [...search.seen]);
    const isAllowed = (path: string) => this.form === 'plaintext' && INDEX_FILE.test(path);
    return seen.flatMap(([path, forms]) =>
      isAllowed(path) ? [] : [`${path.replace(this.directory, '')}: ${[...forms].join(', ')}`],
    );
  }
}

function optionsOf(form: Form, keyFile: string): StoreOptions {
  return form === 'plain' ? {} : { encryption: { keyFile }, keys: form };
}

function filesIn(store: string): string[] {
  const names = readdirSync(store, { recursive: true, encoding: 'utf8' });
  return names.map((name) => join(store, name)).filter((path) => statSync(path).isFile());
}
