// [convert]: [shards] > index > rejected records > in place
//
// Writes the shard files of a store once more, sealed or not, into the directory of the conversion. A file gets its name there
// when it is whole and synced. So a conversion that is run again keeps those that are there: the file of a number never
// changes. A joined file keeps the shards that the catalog names.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { failpoint } from '../../base/failpoints.js';
import type { Blobs, Region } from '../../store/files/blobs.js';
import { SHARDS_DIRECTORY, shardFileName, shardPath } from '../../store/files/layout.js';
import { JoinedWriter } from '../../store/shards/joined/join-write.js';
import { byFile, readJoined } from '../../store/shards/joined/joined.js';
import { PACKED } from '../../store/shards/packing.js';
import { ShardReader } from '../../store/shards/read.js';
import { type ShardSummary, ShardWriter } from '../../store/shards/write.js';
import type { CatalogRead, ShardEntry } from '../../store/types.js';
import { copyShard } from './copy-shard.js';

const UNFINISHED = '.unfinished';

export interface Converting {
  readonly store: string;
  /** The directory of the conversion. */
  readonly made: string;
  /** How files are sealed now, and there. */
  readonly from: Blobs;
  readonly to: Blobs;
  /** Takes note of what was read, lets others have their turn, and throws to stop. */
  readonly step: (bytes: number, records: number) => Promise<void>;
}

interface ConvertedShards {
  /** Entries as they are to be, by shard. */
  readonly entries: ReadonlyMap<number, ShardEntry>;
  readonly written: number;
  readonly kept: number;
}

/** @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `step` throws */
export async function convertShards(converting: Converting, old: CatalogRead): Promise<ConvertedShards> {
  const { made, to } = converting;
  const directory = join(made, SHARDS_DIRECTORY);
  const there = new Set(to.list(directory));
  for (const file of there) if (file.endsWith(UNFINISHED)) to.remove(join(directory, file));
  const entries = new Map<number, ShardEntry>();
  let [written, kept] = [0, 0];
  for (const manifest of old.collections()) {
    for (const [file, of] of byFile(old.shards(manifest))) {
      // Inline shards are in the index.
      if (file === '') continue;
      const name = shardFileName(Number.parseInt(file, 10), to.seal !== undefined);
      const found = there.has(name) ? await factsOf(converting, name, of) : undefined;
      if (found !== undefined) kept++;
      else {
        to.remove(shardPath(made, name));
        await write(converting, name, of);
        failpoint('convert.shard');
        written++;
      }
      for (const entry of found ?? (await factsOf(converting, name, of)) ?? []) entries.set(entry.shard, entry);
    }
  }
  to.syncDirectory(directory);
  return { entries, written, kept };
}

async function write(
  { store, made, from, to, step }: Converting,
  name: string,
  entries: readonly ShardEntry[],
): Promise<void> {
  const path = shardPath(made, name);
  const [only] = entries as [ShardEntry];
  const copy = async (entry: ShardEntry, writer: ShardWriter): Promise<ShardSummary> => {
    const reader = ShardReader.open(from, shardPath(store, entry.file), entry);
    try {
      return await copyShard(reader, writer, step);
    } finally {
      reader.close();
    }
  };
  if (only.at === undefined) {
    const writer = ShardWriter.create(to, path + UNFINISHED, PACKED, only.shard);
    try {
      await copy(only, writer);
      await to.sync(path + UNFINISHED);
      to.rename(path + UNFINISHED, path);
    } catch (error) {
      writer.abort();
      throw error;
    }
    return;
  }
  const writer = new JoinedWriter(to, path);
  try {
    for (const entry of inPlaceOrder(entries)) await writer.write(entry.shard, (part) => copy(entry, part));
    await writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function inPlaceOrder(entries: readonly ShardEntry[]): readonly ShardEntry[] {
  return entries.toSorted((left, right) => left.at! - right.at!);
}

/** What the entries of a file are to be, from the file that was written. Undefined where that file is not sound. */
async function factsOf(
  { made, to, step }: Converting,
  file: string,
  entries: readonly ShardEntry[],
): Promise<readonly ShardEntry[] | undefined> {
  const path = shardPath(made, file);
  const first = Number.parseInt(file, 10);
  try {
    if (entries[0]!.at === undefined) {
      const facts = await summaryOf(to, path, entries[0]!, undefined, step);
      return [{ ...entries[0]!, ...facts, file }];
    }
    const blob = to.open(path, 'shard');
    let members: ReturnType<typeof readJoined>;
    try {
      members = readJoined(blob, path, to.seal);
    } finally {
      blob.close();
    }
    const found: ShardEntry[] = [];
    for (const entry of entries) {
      const index = members?.findIndex(({ shard }) => shard === entry.shard) ?? -1;
      if (index < 0) return undefined;
      const { region } = members![index]!;
      const facts = await summaryOf(to, path, entry, region, step);
      found.push({ ...entry, ...facts, file, fileNumber: first + index, at: region.at });
    }
    return found;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'CHECKSUM_MISMATCH') return undefined;
    throw error;
  }
}

async function summaryOf(
  to: Blobs,
  path: string,
  { shard }: ShardEntry,
  region: Region | undefined,
  step: Converting['step'],
): Promise<Pick<ShardSummary, 'storedBytes' | 'sha256'>> {
  const reader = ShardReader.open(to, path, undefined, region);
  try {
    if (reader.sealed !== undefined && reader.sealed.key.shard !== shard) throw new Error(`${path} is another shard`);
    const hash = createHash('sha256');
    let storedBytes = 0;
    for await (const chunk of reader.bytes()) {
      hash.update(chunk);
      storedBytes += chunk.byteLength;
      await step(0, 0);
    }
    return { storedBytes, sha256: hash.digest('hex') };
  } finally {
    reader.close();
  }
}
