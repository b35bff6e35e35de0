// store at rest: [sealed]
//
// The files of an encrypted store. Whoever writes or reads a file beside the index does it through these blobs, and so nothing
// but sealed bytes ever reaches the disk. Shards are sealed frame by frame (shards/write.ts), so they pass here as they are.

import type { BlobReader, Blobs, BlobWriter } from '../files/blobs.js';
import { continueFile, files } from '../files/file-blobs.js';
import type { SealKeys } from '../seal/types.js';
import type { SealedKind } from './box.js';
import { ChunkReader, ChunkWriter } from './chunks.js';
import { LogReader, LogWriter } from './log.js';

/** Kinds of files, as `what` of `create` and `open` names them. */
const CHUNKED: ReadonlySet<string> = new Set<SealedKind>(['run', 'rejected records', 'text']);
const LOGS: ReadonlySet<string> = new Set<SealedKind>(['quarantine file']);

/** Files of this machine, sealed with these keys; plain without. */
export function filesOf(seal: SealKeys | undefined): Blobs {
  if (seal === undefined) return files;
  return {
    ...files,
    seal,
    create(path, what) {
      const file = files.create(path, what);
      const kind = what as SealedKind;
      if (CHUNKED.has(what)) return closing(file, () => new ChunkWriter(file, path, seal, kind));
      return LOGS.has(what) ? closing(file, () => new LogWriter(file, path, seal, kind)) : file;
    },
    open(path, what) {
      const file = files.open(path, what);
      const kind = what as SealedKind;
      if (CHUNKED.has(what)) return closing(file, () => new ChunkReader(file, path, seal, kind));
      return LOGS.has(what) ? closing(file, () => new LogReader(file, path, seal, kind)) : file;
    },
    extend(path, bytes) {
      const file = continueFile(path, bytes);
      return closing(file, () => new LogWriter(file, path, seal, 'quarantine file'));
    },
  };
}

/** What is made of a file, which is closed if that fails. */
function closing<T>(file: BlobReader | BlobWriter, make: () => T): T {
  try {
    return make();
  } catch (error) {
    file.close();
    throw error;
  }
}
