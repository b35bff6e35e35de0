// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Paths as a tree of member names, and names of a record compared with it as they are spelled. A name is only decoded where
// it has an escape. A name that is a number leads to the element of an array at that position, too. To all other paths arrays
// are transparent: they lead on from each element.

import { nameOf } from '../../kernel/plain/tokens.js';
import { isPosition } from '../../keys/key-path.js';

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
  /** Whether a path goes on with a position. */
  isRow = false;
  /** Of a row, the trees of elements by their position; -1: of any other element. */
  readonly #elements = new Map<number, PathTree>();

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

  /** The tree of an element of an array for which this tree stands. */
  element(position: number): PathTree {
    if (!this.isRow) return this;
    const at = this.#named(String(position)) === undefined ? -1 : position;
    let tree = this.#elements.get(at);
    if (tree === undefined) {
      tree = new PathTree();
      tree.#take(this, ({ text }) => !isPosition(text));
      const led = this.#named(String(at));
      if (led !== undefined) tree.#take(led);
      this.#elements.set(at, tree);
    }
    return tree;
  }

  /** Adds another tree to this one, with those of its branches. */
  #take(other: PathTree, isTaken: (branch: Branch) => boolean = () => true): void {
    this.mask |= other.mask;
    this.ends.push(...other.ends);
    for (const branch of other.#branches.filter(isTaken)) this.#branch(branch.text).#take(branch.tree);
  }

  /** The tree below a name, which is made if there is none. */
  #branch(text: string): PathTree {
    let tree = this.#named(text);
    if (tree === undefined) {
      tree = new PathTree();
      this.#branches.push({ text, bytes: Buffer.from(text), tree });
      this.isRow ||= isPosition(text);
    }
    return tree;
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
    this.#branch(name).#add(rest, number);
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < name.byteLength; i++) if (name[i] !== bytes[at + i]) return false;
  return true;
}
