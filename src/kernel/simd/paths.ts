// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The key paths, handed to the kernel as a trie of member names (assembly/paths.ts, docs/kernel.md, Stage 2). Nodes are given
// depth first, so that a subtree is a range of addresses.

import { KEYS_PER_RECORD_MAX } from '../../base/limits.js';
import { isComposite, type KeyNames, type Names } from '../../keys/key-path.js';
import type { ScanOptions } from '../contract.js';
import type { Exports } from './module.js';
import type { Window } from './window.js';

/** The longest name in a path (more fits the kernel's output buffer, where it is handed over). */
const NAME_BYTES_MAX = 65_536;

/** Most values on key paths of a record that the kernel reads itself, and the most keys of a record less its name. */
const CAPTURES_MAX = 32_767;
const PATH_KEYS_MAX = KEYS_PER_RECORD_MAX - 1;
/** What a node says of the primary key: its path ends here, or that of a component of it does. */
const WHOLE_KEY = 1;
const COMPONENT = 2;
const COLUMN_SHIFT = 16;
/** What a node says of an array in its place: it is transparent, or the twin reads a record with one. */
const TRANSPARENT = 0;
const BOTH = 0xffff_ffff;
/** The position of a node that no position leads to. */
const NO_POSITION = 0xffff_ffff;

interface PathNode {
  readonly children: Map<string, PathNode>;
  /** Keys and components whose path ends here. */
  uses: number;
  primary: number;
  secondary: number;
  /** As what composite keys take the value; 0: none does. */
  column: number;
  /** Whether paths lead here by a position, and whether by a name. */
  isPosition: boolean;
  isName: boolean;
}

/** A composite key: the number of its index, and the columns of its components. */
interface Composite {
  readonly index: number;
  readonly columns: readonly number[];
}

export class KeyPaths {
  readonly #raw: Exports;
  readonly #window: Window;
  /** The paths that the kernel has, as text. */
  #given = '';

  constructor(raw: Exports, window: Window) {
    this.#raw = raw;
    this.#window = window;
  }

  /** Gives the kernel these paths, unless it has them. @throws TypeError two are the same, RangeError too long */
  give({ primary, secondary }: Pick<ScanOptions, 'primary' | 'secondary'>): void {
    const paths = JSON.stringify([primary ?? null, secondary]);
    if (paths === this.#given) return;
    const raw = this.#raw;
    this.#given = '';
    const trie = new Trie();
    if (primary) trie.add(0, primary);
    for (const [i, key] of secondary.entries()) trie.add(i + 1, key);
    raw.clearNodes(Math.min(CAPTURES_MAX, Math.floor(PATH_KEYS_MAX / trie.usesMax)));
    raw.clearComposites();
    for (const { index, columns } of trie.composites) {
      this.#window.bytes.set(new Uint8Array(Uint32Array.from(columns).buffer), raw.out());
      if (!raw.addComposite(index, columns.length)) throw new RangeError('there are too many composite keys');
    }
    if (primary || secondary.length > 0) this.#addNode(0, '', trie.root);
    this.#given = paths;
  }

  #addNode(parent: number, name: string, node: PathNode): void {
    const raw = this.#raw;
    const bytes = generalisedUtf8(name);
    const isFine = bytes.byteLength <= NAME_BYTES_MAX;
    if (isFine) this.#window.bytes.set(bytes, raw.out());
    const secondary = node.secondary | (node.column << COLUMN_SHIFT);
    const address = isFine ? raw.addNode(parent, bytes.byteLength, node.primary, secondary) : 0;
    if (address === 0) throw new RangeError('the key paths are longer than a megabyte, or a name in one than 64 KiB');
    raw.setPosition(address, node.isPosition ? Number(name) : NO_POSITION, arraysAt(node));
    for (const [childName, child] of node.children) this.#addNode(address, childName, child);
    raw.endNode(address);
  }
}

/** The paths of all keys, put together. */
class Trie {
  readonly root = newNode();
  readonly composites: Composite[] = [];
  /** Most keys and components whose path ends at the same node. */
  usesMax = 1;
  readonly #composites = new Set<string>();
  #columns = 0;

  /** @throws TypeError another index has the same path */
  add(index: number, key: KeyNames): void {
    if (!isComposite(key)) {
      const node = this.#descend(key);
      if (index === 0) node.primary = WHOLE_KEY;
      else if (node.secondary !== 0) throw samePath(key);
      else node.secondary = index;
      return;
    }
    const text = JSON.stringify(key);
    if (index > 0 && this.#composites.has(text)) throw samePath(key);
    if (index > 0) this.#composites.add(text);
    const columns = key.map((names) => {
      const node = this.#descend(names);
      if (index === 0) node.primary = COMPONENT;
      node.column ||= ++this.#columns;
      return node.column;
    });
    this.composites.push({ index, columns });
  }

  /** The node at which a path ends, for one more use. */
  #descend(path: Names): PathNode {
    let node = this.root;
    for (const part of path) {
      const name = String(part);
      let child = node.children.get(name);
      if (!child) {
        child = newNode();
        node.children.set(name, child);
      }
      if (typeof part === 'number') child.isPosition = true;
      else child.isName = true;
      node = child;
    }
    node.uses++;
    this.usesMax = Math.max(this.usesMax, node.uses);
    return node;
  }
}

function newNode(): PathNode {
  return { children: new Map(), uses: 0, primary: 0, secondary: 0, column: 0, isPosition: false, isName: false };
}

/** What an array is that stands for this node; or of how many first elements some have nodes of their own. */
function arraysAt({ children, uses }: PathNode): number {
  const positions = Array.from(children).filter(([, { isPosition }]) => isPosition);
  if (positions.length === 0) return TRANSPARENT;
  const isMixed = uses > 0 || Array.from(children.values()).some(({ isName }) => isName);
  return isMixed ? BOTH : Math.max(...positions.map(([name]) => Number(name))) + 1;
}

function samePath(key: KeyNames): TypeError {
  return new TypeError(`two indexes have the path ${JSON.stringify(key)}`);
}

/** UTF-8, and a lone surrogate as the three bytes its code point would have: so the kernel reads escapes, too. */
function generalisedUtf8(text: string): Uint8Array {
  const characters = Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    const isSurrogate = code >> 11 === 0xd800 >> 11;
    if (!isSurrogate) return Buffer.from(character);
    return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  });
  return Buffer.concat(characters);
}
