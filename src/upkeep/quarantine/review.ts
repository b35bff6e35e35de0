// [quarantine]: what is in it.
//
// A source may have changed since its bad records were put aside. So a line number is told only where the source still has
// the record at that place: then the newlines before it are counted.

import { join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { openSource } from '../../import/source/open.js';
import type { Source } from '../../import/source/source.js';
import { countNewlines } from '../../kernel/plain/bytes.js';
import type { BlobReader, StorePlace } from '../../store/files/blobs.js';
import { QUARANTINE_DIRECTORY } from '../../store/files/layout.js';
import { factsOf, quarantineLines, rawOf } from '../../store/quarantine/lines.js';
import { collectionOf, pathOfQuarantine, type QuarantineName, quarantineNames } from '../../store/quarantine/names.js';
import type { CatalogRead } from '../../store/types.js';

/** A quarantine file: the rejected records of one import. */
export interface QuarantineFile {
  /** The name of the file, without its ending. */
  readonly name: string;
  /** The collection of the import. Absent for a file of an older version. */
  readonly collection?: string;
  /** The time when the import began (ISO 8601). Absent for a file of an older version. */
  readonly time?: string;
  /** The size of the file in bytes. */
  readonly bytes: number;
}

/** A record that an import rejected. */
export interface QuarantinedRecord {
  /** The number of the line in the quarantine file, from 1. It names the record in `retry`. */
  readonly number: number;
  /** The path of the source file. */
  readonly file: string;
  /** The ordinal of the record in that file, from 0. */
  readonly record: number;
  /** The number of bad records that share this entry: short ones that follow one another. */
  readonly records: number;
  /** The line in that file, from 1. Absent if the file no longer has the record at that place. */
  readonly line?: number;
  /** The byte offset of the beginning of the record, and the byte offset that makes it bad, from 0. */
  readonly start: number;
  /** Where the record begins in its source, in bytes. */
  readonly offset: number;
  /** Why it was rejected, such as "BAD_NUMBER", and the same in words. */
  readonly reason: string;
  /** Why the record was rejected, as a sentence. */
  readonly message: string;
  /** Of SCHEMA_VIOLATION: a JSON Pointer to the value in the record, and the keyword of the schema. */
  readonly violation?: { readonly pointer: string; readonly keyword: string };
  /** The text of the record. Bytes that are not UTF-8 are U+FFFD in it. */
  readonly text: string;
}

const READ_BYTES = 1 << 20;

/** All quarantine files of a store, the oldest first. */
export function quarantineFiles(place: StorePlace, catalog: CatalogRead): QuarantineFile[] {
  const names = catalog.collections().map(({ name }) => name);
  return quarantineNames(place).map((found) => {
    const collection = collectionOf(found, names, place.seal);
    // As it is on disk: that of an import at work cannot be read yet in an encrypted store.
    const file = place.blobs.open(pathOfQuarantine(place, found.name), 'file');
    file.close();
    const { name, time } = found;
    return { name, ...(collection !== undefined && { collection }), ...(time && { time }), bytes: file.size };
  });
}

/**
 * The file that a user means: its name, its path, or the beginning of its name, where only one begins so.
 * @throws GristmillError SOURCE_NOT_FOUND
 */
export function findFile(place: StorePlace, given: string): QuarantineName {
  const wanted = given
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.ndjson$/, '');
  const names = quarantineNames(place);
  const found = names.filter(({ name }) => name === wanted);
  const like = found.length > 0 ? found : names.filter(({ name }) => wanted !== '' && name.startsWith(wanted));
  if (like[0] !== undefined && like.length === 1) return like[0];
  const directory = join(place.directory, QUARANTINE_DIRECTORY);
  const what =
    like.length > 1
      ? `${like.length} quarantine files have names that begin with`
      : 'there is no quarantine file named';
  throw new GristmillError(
    'SOURCE_NOT_FOUND',
    `${what} ${JSON.stringify(wanted)} in ${directory}: list the files (gristmill quarantine list)`,
    {
      file: directory,
    },
  );
}

export function openQuarantine(place: StorePlace, { name }: Pick<QuarantineName, 'name'>): BlobReader {
  return place.blobs.open(pathOfQuarantine(place, name), 'quarantine file');
}

/** The records of a quarantine file, in the order of the source. */
export async function* quarantinedRecords(place: StorePlace, given: string): AsyncGenerator<QuarantinedRecord> {
  const found = findFile(place, given);
  const path = pathOfQuarantine(place, found.name);
  const file = openQuarantine(place, found);
  const lines = new LineNumbers();
  try {
    for (const line of quarantineLines(file)) {
      const {
        file: source,
        record,
        records = 1,
        start,
        offset,
        reason,
        message,
        pointer,
        keyword,
      } = factsOf(line, path);
      const raw = rawOf(line);
      const at = lines.of(source, start, raw);
      const place = { file: source, record, records, ...(at !== undefined && { line: at }), start, offset };
      const violation = pointer !== undefined && keyword !== undefined && { violation: { pointer, keyword } };
      yield { number: line.number, ...place, reason, message, ...violation, text: raw.toString() };
    }
  } finally {
    lines.close();
    file.close();
  }
}

/** Line numbers of records that come in the order of a source: each newline is counted once. */
class LineNumbers {
  #source: Source | undefined;
  #path: string | undefined;
  #at = 0;
  #line = 1;

  /** Undefined where the source does not have these bytes there. */
  of(path: string, start: number, raw: Uint8Array): number | undefined {
    try {
      if (path !== this.#path || start < this.#at) this.#open(path);
      const source = this.#source;
      if (source === undefined || start + raw.byteLength > source.fingerprint.bytes) return undefined;
      if (Buffer.compare(source.bytesAt(start, start + raw.byteLength), raw) !== 0) return undefined;
      for (; this.#at < start; this.#at = Math.min(start, this.#at + READ_BYTES)) {
        const bytes = source.bytesAt(this.#at, Math.min(start, this.#at + READ_BYTES));
        this.#line += countNewlines(bytes);
      }
      return this.#line;
    } catch {
      this.close();
      return undefined; // It is gone, or it changes right now.
    }
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #open(path: string): void {
    this.close();
    this.#path = path;
    this.#at = 0;
    this.#line = 1;
    this.#source = openSource(path, 'read');
  }
}
