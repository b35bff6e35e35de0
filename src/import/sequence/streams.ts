// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The sources of an import that are read once: streams that its caller hands in, remote objects, and pipes. Each has a name, by
// which plans, reports and errors speak of it.

import { dropSpare } from '../feed/chunk-memory.js';
import type { Pieces } from '../feed/pieces.js';
import type { FormatName } from '../format/coding.js';
import type { ListedFile } from '../source/file-list.js';
import type { Once } from './once.js';

/** What gives the bytes of a source, from its beginning. */
export interface StreamOpener {
  /** @param format of the bytes, if it is not JSON: then there are no values among them */
  pieces(format?: FormatName): Pieces;
  /** Whether that can be asked for only once. */
  readonly isOnce: boolean;
  /** Which entries of it are meant, if it is an archive. */
  readonly glob?: string;
}

/** An object of a remote source, in the version in which it was listed. */
export interface RemoteFile extends ListedFile {
  /** By which plans, reports and errors speak of it. */
  readonly name: string;
}

export class Streams {
  readonly #sources: ReadonlyMap<string, StreamOpener>;
  readonly #objects: ReadonlyMap<string, readonly RemoteFile[]>;
  readonly #opened = new Map<string, Promise<Once>>();

  /**
   * @param sources by their names
   * @param objects of remote sources that are kept up to date, by the name of the source, in the order of their paths
   */
  constructor(
    sources: ReadonlyMap<string, StreamOpener>,
    objects: ReadonlyMap<string, readonly RemoteFile[]> = new Map(),
  ) {
    this.#sources = sources;
    this.#objects = objects;
  }

  /** The objects of a remote source that is kept up to date. Undefined for any other source. */
  objectsOf(source: string): readonly RemoteFile[] | undefined {
    return this.#objects.get(source);
  }

  has(name: string): boolean {
    return this.#sources.has(name);
  }

  openerOf(name: string): StreamOpener | undefined {
    return this.#sources.get(name);
  }

  /** What was opened under this name, once for all. */
  opened(name: string, open: () => Promise<Once>): Promise<Once> {
    const known = this.#opened.get(name) ?? open();
    this.#opened.set(name, known);
    return known;
  }

  /** Closes all, also those that nobody has begun to read. Never fails. */
  async close(): Promise<void> {
    for (const [name, source] of this.#sources) if (source.isOnce && !this.#opened.has(name)) source.pieces().close();
    for (const one of this.#opened.values()) {
      await one.then(
        (once) => once.close(),
        () => {},
      );
    }
    dropSpare();
  }
}
