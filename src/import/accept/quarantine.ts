// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// The file of an import's rejected records (store/quarantine/names.ts says how it is named): one line each, with its source,
// its ordinal in it, offset, reason and bytes. Made at the first one, with mode 0600 from the start, synced before the import
// is published, and removed when it fails.

import { dirname } from 'node:path';
import type { BadFile } from '../../base/import-report.js';
import { isMissing } from '../../base/system-errors.js';
import type { Pause } from '../../parallel/pause.js';
import type { BlobReader, BlobWriter, StorePlace } from '../../store/files/blobs.js';
import type { QuarantinedFacts } from '../../store/quarantine/lines.js';
import { findQuarantine, newQuarantineName, pathOfQuarantine } from '../../store/quarantine/names.js';

const READ_BYTES = 1 << 20;
const COMMA = ','.charCodeAt(0);
const NEWLINE = '\n'.charCodeAt(0);

export class Quarantine {
  readonly #place: StorePlace;
  #path: string;
  readonly #id: string;
  #file: BlobWriter | undefined;

  /** @param id of the import. */
  constructor(place: StorePlace, id: string, collection: string) {
    this.#place = place;
    this.#path = pathOfQuarantine(place, newQuarantineName(collection, id, new Date(), place.seal));
    this.#id = id;
  }

  /** The file, when there is one. */
  get path(): string | undefined {
    return this.#file === undefined ? undefined : this.#path;
  }

  /** The size of the file. */
  get bytes(): number {
    return this.#file?.size ?? 0;
  }

  /**
   * Continues the file of a killed import after its first `bytes` bytes. Only in a store on disk.
   * @throws IO_ERROR, DISK_FULL
   */
  resume(bytes: number): void {
    const path = findQuarantine(this.#place, this.#id);
    if (path === undefined) return;
    this.#path = path;
    if (bytes === 0) this.#place.blobs.remove(this.#path);
    else this.#file = this.#place.blobs.extend(this.#path, bytes);
  }

  /**
   * Moves the lines of a span's file (import/scan/rejects.ts) here, completed, and removes that file.
   * @param source undefined where the lines are whole
   * @throws IO_ERROR, DISK_FULL
   */
  async take(badPath: string, source: string | undefined, readBefore: number, pause: Pause): Promise<void> {
    const bad = this.#openFor(badPath);
    if (bad === undefined) return;
    const lines = source === undefined ? undefined : new LineCompleter(source, readBefore);
    const buffer = Buffer.alloc(READ_BYTES);
    try {
      for (let at = 0; at < bad.size; ) {
        const bytes = bad.readSync(buffer, at);
        const block = buffer.subarray(0, bytes);
        this.#file?.append(lines === undefined ? block : lines.complete(block));
        at += bytes;
        await pause();
      }
    } finally {
      bad.close();
    }
    this.#place.blobs.remove(badPath);
  }

  /** Notes a file that was left out, as a line like those of records, without bytes. @throws IO_ERROR, DISK_FULL */
  note({ file, reason, message }: BadFile): void {
    const facts = { file, record: 0, offset: 0, start: 0, reason, message, bytes: 0, rawBase64: '' };
    this.#open().append(Buffer.from(`${JSON.stringify(facts)}\n`));
  }

  /** Puts a record aside. @param raw its bytes @throws IO_ERROR, DISK_FULL */
  put(facts: Omit<QuarantinedFacts, 'bytes'>, raw: Buffer): void {
    const line = { ...facts, bytes: raw.byteLength, rawBase64: raw.toString('base64') };
    this.#open().append(Buffer.from(`${JSON.stringify(line)}\n`));
  }

  /** Ends the file, and makes it and its name durable. @throws IO_ERROR, DISK_FULL */
  async sync(): Promise<void> {
    if (this.#file === undefined) return;
    const { directory, blobs } = this.#place;
    this.#file.close();
    await blobs.sync(this.#path);
    blobs.syncDirectory(dirname(this.#path));
    blobs.syncDirectory(directory);
  }

  /** Closes the file; removes it, and its directory if it is the only one there, unless it is to stay. */
  close(stays: boolean): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    if (stays) return;
    this.#place.blobs.remove(this.#path);
    this.#place.blobs.removeEmpty(dirname(this.#path));
  }

  #open(): BlobWriter {
    const { blobs } = this.#place;
    blobs.makeDirectory(dirname(this.#path));
    this.#file ??= blobs.create(this.#path, 'quarantine file');
    return this.#file;
  }

  /** Opens a span's file, and ours with the first of them; undefined where the span rejected nothing. */
  #openFor(badPath: string): BlobReader | undefined {
    const { blobs } = this.#place;
    let bad: BlobReader;
    try {
      bad = blobs.open(badPath, 'rejected records');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      this.#open();
      return bad;
    } catch (error) {
      bad.close();
      throw error;
    }
  }
}

/** Turns the lines of a span's file into whole ones, a block at a time. */
class LineCompleter {
  readonly #beginning: string;
  readonly #readBefore: number;
  /** Digits of the ordinal that a line begins with; undefined in the rest of the line. */
  #digits: string | undefined = '';

  constructor(source: string, readBefore: number) {
    this.#beginning = `{"file":${JSON.stringify(source)},"record":`;
    this.#readBefore = readBefore;
  }

  complete(block: Buffer): Buffer {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < block.byteLength; ) {
      const isOrdinal = this.#digits !== undefined;
      const found = block.indexOf(isOrdinal ? COMMA : NEWLINE, at);
      const end = found === -1 ? block.byteLength : found + 1;
      if (!isOrdinal) parts.push(block.subarray(at, end));
      else this.#digits += block.toString('latin1', at, found === -1 ? end : found);
      if (found !== -1 && isOrdinal) {
        parts.push(Buffer.from(`${this.#beginning}${this.#readBefore + Number(this.#digits)},`));
        this.#digits = undefined;
      } else if (found !== -1) this.#digits = '';
      at = end;
    }
    return Buffer.concat(parts);
  }
}
