// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Looks at a folder: lists its files and batches them into spans, small ones by the thousand. A batch is whole files, so
// its boundaries are certain. A large file of many records is a source of its own, cut into spans like any other, where
// its records have keys of their own; a name with a number in it can only be given in one go from the file's beginning.

import { join } from 'node:path';
import type { BadFiles } from '../../base/bad-files.js';
import { GristmillError } from '../../base/errors.js';
import { SPAN_FILES_MAX } from '../../base/limits.js';
import type { Pause } from '../../parallel/pause.js';
import { hasCompressedName } from '../codec/names.js';
import { formatOf } from '../format/coding.js';
import type { Names } from '../names/names.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { openToPlan } from '../sequence/open.js';
import type { CodingOptions } from '../sequence/plain.js';
import { type ListedFile, packFiles, unpackFiles } from '../source/file-list.js';
import { Folder } from '../source/folder.js';
import { containerOf, isNamedLines } from '../source/layout.js';
import type { Fingerprint, Source } from '../source/source.js';
import type { SpanFiles } from '../tasks/span.js';
import { checkCells, checkFormat } from './formats.js';
import { planSource } from './plan.js';
import { COMPRESSION, folderLayout, type SourcePlan, type Span, spanBytesFor } from './source-plan.js';

/** Files of the list as it is held: a few kilobytes a piece. */
const PIECE_FILES = 512;

/** The files of a folder, listed. */
interface FolderListing {
  readonly pieces: readonly Uint8Array[];
  readonly files: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/** The part of a file that is imported: all of it, a beginning of it, or nothing. */
export type Select = (path: string, fingerprint: Fingerprint) => Fingerprint | undefined;

/** @param store its directory is no source. @param bad takes what cannot be read. @throws SOURCE_NOT_READABLE; CANCELLED */
export async function listFolder(
  path: string,
  store: string,
  pause: Pause,
  select: Select = (_path, fingerprint) => fingerprint,
  bad?: BadFiles,
  names?: Names,
): Promise<FolderListing> {
  const folder = new Folder(path, store, pause, bad, names);
  const pieces: Uint8Array[] = [];
  let piece: ListedFile[] = [];
  let [files, bytes] = [0, 0];
  for await (const file of folder.files()) {
    const fingerprint = select(file.path, file.fingerprint);
    if (fingerprint === undefined) continue;
    files++;
    bytes += fingerprint.bytes;
    if (piece.push({ ...file, fingerprint }) < PIECE_FILES) continue;
    pieces.push(packFiles(piece));
    piece = [];
  }
  if (piece.length > 0) pieces.push(packFiles(piece));
  return { pieces, files, bytes, warnings: folder.warnings };
}

/** Plans of a listed folder, in the order of its files. @throws SOURCE_… errors; CANCELLED; TypeError */
export async function planFolder(
  path: string,
  source: number,
  listing: Pick<FolderListing, 'pieces' | 'bytes'>,
  options: FilledImportOptions,
  pause: Pause,
  bad: BadFiles,
): Promise<SourcePlan[]> {
  const spanBytes = spanBytesFor(listing.bytes, options.spanBytes);
  const plans: SourcePlan[] = [];
  let batches = new Batches(path, source, options);
  for (const piece of listing.pieces) {
    for (const file of unpackFiles(piece)) {
      checkFormat(join(path, file.path), options);
      checkCells(join(path, file.path), options);
      const large = textBytesOf(file) > spanBytes && (await planLarge(path, source, file, options, pause, bad));
      if (large === 'bad') continue;
      if (large) {
        if (!batches.isEmpty) plans.push(batches.plan());
        batches = new Batches(path, source, options);
        plans.push({ ...large, isInFolder: true });
      } else batches.add(file, spanBytes);
    }
    await pause();
  }
  if (!batches.isEmpty) plans.push(batches.plan());
  return plans;
}

/** The plan of a folder without files. */
export function planNothing(path: string, options: FilledImportOptions): SourcePlan {
  return new Batches(path, 0, options).plan();
}

/** A large file as a source of its own, where it can be one. */
async function planLarge(
  folder: string,
  source: number,
  { path, fingerprint }: ListedFile,
  options: FilledImportOptions,
  pause: Pause,
  bad: BadFiles,
): Promise<SourcePlan | 'bad' | undefined> {
  const { key, layout, select } = options;
  const hasOwnKeys = key !== undefined || layout === 'object';
  const full = join(folder, path);
  try {
    if (!hasOwnKeys) return undefined;
    if (select !== undefined) {
      return await planSource(
        full,
        { ...options, pass: undefined, container: containerOf(layout) },
        pause,
        source,
        path,
        fingerprint,
      );
    }
    const isKnown = isNamedLines(path) || formatOf(path, options) !== undefined;
    if (layout === undefined && !isKnown && !(await beginsArray(full, options))) return undefined;
    return await planSource(full, options, pause, source, path, fingerprint);
  } catch (error) {
    // The scan finds it again, and leaves the file out so that a synchronisation knows it.
    if (error instanceof GristmillError && error.code.startsWith('SELECT_')) return undefined;
    bad.addOrThrow(error, full);
    return 'bad';
  }
}

/** The bytes of a file's text: of a compressed one about, by what JSON mostly compresses to. */
function textBytesOf({ path, fingerprint }: ListedFile): number {
  return hasCompressedName(path) ? COMPRESSION * fingerprint.bytes : fingerprint.bytes;
}

async function beginsArray(path: string, how: CodingOptions): Promise<boolean> {
  const { file, close } = await openToPlan(path, how);
  try {
    return await hasArray(file);
  } finally {
    close();
  }
}

/** Whether a source begins with an array. */
export async function hasArray(file: Source): Promise<boolean> {
  await file.upTo(4096);
  return /^(?:\xef\xbb\xbf)?[ \t\r\n]*\[/.test(Buffer.from(file.bytesAt(0, 4096)).toString('latin1'));
}

/** Spans of whole files, in order. */
class Batches {
  readonly #path: string;
  readonly #source: number;
  readonly #options: FilledImportOptions;
  readonly #spans: Span[] = [];
  readonly #files: SpanFiles[] = [];
  #open: ListedFile[] = [];
  #openBytes = 0;
  #from = 0;
  #bytes = 0;

  constructor(path: string, source: number, options: FilledImportOptions) {
    this.#path = path;
    this.#source = source;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#open.length === 0 && this.#files.length === 0;
  }

  add(file: ListedFile, spanBytes: number): void {
    const { bytes } = file.fingerprint;
    const isFull = this.#open.length === SPAN_FILES_MAX || this.#openBytes + bytes > spanBytes;
    if (isFull && this.#open.length > 0) this.#close();
    this.#open.push(file);
    this.#openBytes += bytes;
    this.#bytes += bytes;
  }

  plan(): SourcePlan {
    this.#close();
    return {
      path: this.#path,
      source: this.#source,
      relative: '',
      fingerprint: { device: 0n, inode: 0n, bytes: this.#bytes, modifiedNs: 0n },
      bytes: this.#bytes,
      ...folderLayout(this.#options),
      from: 0,
      spans: this.#spans,
      files: this.#files,
    };
  }

  #close(): void {
    const { key, layout } = this.#options;
    const isNamed = key === undefined && layout !== 'object';
    this.#files.push({ list: packFiles(this.#open), isNamed, ...(layout && { layout }) });
    const to = this.#from + this.#openBytes + this.#open.length;
    this.#spans.push({ from: this.#from, to });
    this.#from = to;
    this.#open = [];
    this.#openBytes = 0;
  }
}
