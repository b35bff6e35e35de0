// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The key paths, handed to the kernel as a trie of member names (assembly/paths.ts, docs/kernel.md, Stage 2). Nodes are given
// depth first, so that a subtree is a range of addresses.

import type { ScanOptions } from '../contract.js';
import type { Exports } from './module.js';
import type { Window } from './window.js';

/** The longest name in a path (more fits the kernel's output buffer, where it is handed over). */
const NAME_BYTES_MAX = 65_536;

interface PathNode {
  readonly children: Map<string, PathNode>;
  primary: boolean;
  secondary: number;
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
    this.#raw.clearNodes();
    this.#given = '';
    const root: PathNode = { children: new Map(), primary: false, secondary: 0 };
    if (primary) descend(root, primary).primary = true;
    secondary.forEach((path, i) => {
      const node = descend(root, path);
      if (node.secondary !== 0) throw new TypeError(`two indexes have the path ${JSON.stringify(path)}`);
      node.secondary = i + 1;
    });
    if (primary || secondary.length > 0) this.#addNode(0, '', root);
    this.#given = paths;
  }

  #addNode(parent: number, name: string, node: PathNode): void {
    const raw = this.#raw;
    const bytes = generalisedUtf8(name);
    const isFine = bytes.byteLength <= NAME_BYTES_MAX;
    if (isFine) this.#window.bytes.set(bytes, raw.out());
    const address = isFine ? raw.addNode(parent, bytes.byteLength, node.primary ? 1 : 0, node.secondary) : 0;
    if (address === 0) throw new RangeError('the key paths are longer than a megabyte, or a name in one than 64 KiB');
    for (const [childName, child] of node.children) this.#addNode(address, childName, child);
    raw.endNode(address);
  }
}

function descend(root: PathNode, path: readonly string[]): PathNode {
  let node = root;
  for (const name of path) {
    let child = node.children.get(name);
    if (!child) {
      child = { children: new Map(), primary: false, secondary: 0 };
      node.children.set(name, child);
    }
    node = child;
  }
  return node;
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
