// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Paths as a tree of member names, and names of a record compared with it as they are spelled. A name is only decoded where
// it has an escape.

import { nameOf } from '../../kernel/plain/tokens.js';

const BACKSLASH = '\\'.charCodeAt(0);

interface Branch {
  readonly text: string;
  /** The name as it is spelled without escapes. */
  readonly bytes: Uint8Array;
  readonly tree: PathTree;
}

export class PathTree {
  /** The positions, in the list of paths, of those that end here. */
  readonly ends: number[] = [];
  /** A bit for each path that ends here or below. There are bits for the first 31 paths only. */
  mask = 0;
  readonly #branches: Branch[] = [];

  static of(paths: readonly (readonly string[])[]): PathTree {
    const root = new PathTree();
    for (const [number, names] of paths.entries()) root.#add(names, number);
    return root;
  }

  get isEnd(): boolean {
    return this.ends.length > 0;
  }

  /** Whether a path goes on below. */
  get hasBranches(): boolean {
    return this.#branches.length > 0;
  }

  /** The tree below the name that stands at `bytes[start … end)` with its quotes, if a path leads there. */
  below(bytes: Uint8Array, start: number, end: number): PathTree | undefined {
    const length = end - start - 2;
    for (const { bytes: name, tree } of this.#branches) {
      if (name.byteLength === length && isSame(name, bytes, start + 1)) return tree;
    }
    for (let at = start + 1; at < end; at++) {
      if (bytes[at] === BACKSLASH) return this.#named(nameOf(bytes, start, end));
    }
    return undefined;
  }

  #named(text: string): PathTree | undefined {
    return this.#branches.find((branch) => branch.text === text)?.tree;
  }

  #add([name, ...rest]: readonly string[], number: number): void {
    this.mask |= 1 << number;
    if (name === undefined) {
      this.ends.push(number);
      return;
    }
    let tree = this.#named(name);
    if (tree === undefined) {
      tree = new PathTree();
      this.#branches.push({ text: name, bytes: Buffer.from(name), tree });
    }
    tree.#add(rest, number);
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < name.byteLength; i++) if (name[i] !== bytes[at + i]) return false;
  return true;
}
