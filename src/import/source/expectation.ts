// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What a collection makes a source be that is merged into it, or that it is kept up to date with: of the two ways to read
// some files, the one in which the collection's own records were read. Its first record tells.

import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { formsOf } from '../../store/shards/forms.js';
import { lineText } from '../../store/shards/frame.js';
import { readRecord } from '../../store/shards/line.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines, inlineLines } from '../../store/shards/shard-lines.js';
import type { CatalogRead, CollectionManifest } from '../../store/types.js';
import { plainName } from '../codec/names.js';
import { type Expectation, kindOf } from './layout.js';

/** Keys of records that came from the files of a folder. */
const FILE_KEY = /\.(?:json|ndjson|jsonl|csv|tsv|bson)$/i;
const NUMBER = /#\d+$/;

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR */
export async function expectationOf(
  read: CatalogRead,
  place: StorePlace,
  manifest: CollectionManifest,
): Promise<Expectation | undefined> {
  const { framing, key } = manifest;
  const hasNames = key.kind === 'name';
  if (!hasNames && framing !== 'lines' && framing !== 'values') return undefined;
  const first = await firstRecord(read, place, manifest);
  const kind = first && kindOf(Buffer.from(first.text)[0]!);
  if (hasNames)
    return first && FILE_KEY.test(plainName(first.name.replace(NUMBER, ''))) ? undefined : { layout: 'object', kind };
  return kind === 'array' ? { layout: 'values' } : undefined;
}

async function firstRecord(read: CatalogRead, { directory, blobs }: StorePlace, manifest: CollectionManifest) {
  const entry = read.shards(manifest).find(({ records, holes }) => records > holes);
  if (entry === undefined) return undefined;
  const reader = entry.file === '' ? undefined : ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    for await (const { frame } of reader === undefined ? inlineLines(entry, read) : fileLines(reader)) {
      const { text, name = '' } = readRecord(lineText(frame, 0), formsOf(read, manifest).of(entry));
      return { text, name };
    }
    return undefined;
  } finally {
    reader?.close();
  }
}
