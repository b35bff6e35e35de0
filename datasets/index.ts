// Seeded test data: three kinds of records, any amount, the same bytes for the same seed on every machine.

import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import * as events from './events.js';
import * as flat from './flat.js';
import { type Chunk, chunks, type Form, type RecordSource } from './forms.js';
import * as nested from './nested.js';

export { type Chunk, type ChunkOptions, FORMS, type Form } from './forms.js';

export type DatasetName = 'nested' | 'events' | 'flat';

export interface Dataset {
  readonly name: DatasetName;
  /** The path of the primary key in a record. */
  readonly key: string;
  /** Paths that make sense as secondary indexes. */
  readonly indexes: readonly string[];
  readonly description: string;
  /** The mean size of a record as compact JSON, measured over 128 MiB. */
  readonly recordBytesMean: number;
}

export const DATASETS: Readonly<Record<DatasetName, Dataset>> = {
  nested: {
    name: 'nested',
    key: 'id',
    indexes: ['user.id', 'user.screen_name', 'lang'],
    description: 'posts of a social network with users, entities and other posts inside; 64-bit integer keys',
    recordBytesMean: 4_190,
  },
  events: {
    name: 'events',
    key: 'event_id',
    indexes: ['type', 'user.id', 'session.id'],
    description: 'analytics events of nine types with session and context; uuid keys',
    recordBytesMean: 1_460,
  },
  flat: {
    name: 'flat',
    key: 'id',
    indexes: ['country', 'name'],
    description: 'places of the world on one level; integer keys in no order',
    recordBytesMean: 162,
  },
};

const SOURCES: Readonly<Record<DatasetName, RecordSource>> = { nested, events, flat };

/** One record as compact JSON. The same name, seed and ordinal always give the same text. */
export function recordAt(name: DatasetName, seed: number, ordinal: number): string {
  return SOURCES[name].recordAt(seed, ordinal);
}

/** The key of that record as text, without quotes: what a lookup needs, without making the record. */
export function keyAt(name: DatasetName, seed: number, ordinal: number): string {
  return SOURCES[name].keyAt(seed, ordinal);
}

/** Records without end, from ordinal 0. */
export function* records(name: DatasetName, { seed = 1 }: { readonly seed?: number } = {}): Generator<string> {
  for (let ordinal = 0; ; ordinal++) yield recordAt(name, seed, ordinal);
}

export interface DatasetOptions {
  readonly name: DatasetName;
  /** At least this much compact text; the file holds the same records whatever the form, and pretty makes it bigger. */
  readonly bytes: number;
  readonly form?: Form;
  readonly seed?: number;
}

/** What `writeDataset` writes, for those who want to hash or stream it instead. A chunk is valid until the next one. */
export function datasetChunks({ name, bytes, form = 'ndjson', seed = 1 }: DatasetOptions): Generator<Chunk> {
  return chunks(SOURCES[name], { form, seed, bytes });
}

export interface Written {
  readonly records: number;
  readonly bytes: number;
}

export interface WriteOptions extends DatasetOptions {
  readonly onProgress?: (soFar: Written) => void;
}

/** Writes a dataset to a file. An interrupted run may leave a `.part` file, never a short one under the final name. */
export function writeDataset(path: string, options: WriteOptions): Written {
  const partPath = `${path}.${process.pid}.part`;
  const file = openSync(partPath, 'wx');
  let written: Written = { records: 0, bytes: 0 };
  try {
    try {
      for (const chunk of datasetChunks(options)) {
        for (let at = 0; at < chunk.bytes.length; ) at += writeSync(file, chunk.bytes, at);
        written = { records: chunk.records, bytes: written.bytes + chunk.bytes.length };
        options.onProgress?.(written);
      }
    } finally {
      closeSync(file);
    }
    renameSync(partPath, path);
  } catch (error) {
    rmSync(partPath, { force: true });
    throw error;
  }
  return written;
}
