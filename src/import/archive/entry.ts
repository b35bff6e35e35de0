// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Opens an entry of an archive as a source, by its place.

import { type ChunkRun, ChunkSource } from '../feed/chunk.js';
import { codingNow } from '../format/open.js';
import { DecodedFile } from '../sequence/decoded-file.js';
import { type CodingOptions, codingFacts, codingIn, limitsOf } from '../sequence/plain.js';
import { openSource } from '../source/open.js';
import type { EntryPlace, Fingerprint, Source } from '../source/source.js';
import { View } from './view.js';
import { openZipEntry } from './zip-entry.js';

/** An archive as a task has it: its text as far as it has come, or a file. */
interface ArchiveTask {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly chunks?: ChunkRun;
}

/** @throws as `openSource` */
export function openArchive({ path, fingerprint, chunks }: ArchiveTask): Source {
  return chunks === undefined ? openSource(path, 'read', fingerprint) : new ChunkSource(path, fingerprint, chunks);
}

/**
 * The plain text of an entry. Its first bytes say whether it is compressed: option `codec` is about the archive.
 * @param archive stays open when the entry is closed. @param path as `entryPath` gives it
 * @throws DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_EXPANDS, SOURCE_NOT_SUPPORTED; as Source.read
 */
export function openEntry(archive: Source, path: string, place: EntryPlace, how: CodingOptions): Source {
  const limits = limitsOf(how);
  const stored =
    place.zip === undefined
      ? new View(archive, path, place, place.at, place.bytes)
      : openZipEntry(archive, path, place, place.zip, limits);
  const coding = codingIn(stored, {});
  if (coding === undefined) return stored;
  try {
    return new DecodedFile(stored, () => codingNow(coding, codingFacts(path, how)), coding);
  } catch (error) {
    stored.close();
    throw error;
  }
}
