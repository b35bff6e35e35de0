// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The one place where sources are opened: by the plan, by workers, by whoever looks whether one has changed.

import type { Access, Fingerprint, Source } from './source.js';
import { SourceFile } from './source-file.js';

/**
 * Opens a source for reading.
 * @param expected the state that the source must have. Without it, all reads are compared with the present state.
 * @throws GristmillError SOURCE_NOT_FOUND, SOURCE_NOT_READABLE, SOURCE_NOT_A_FILE, SOURCE_CHANGED
 */
export function openSource(path: string, access: Access = 'read', expected?: Fingerprint): Source {
  return SourceFile.open(path, access, expected);
}

/** The present state of a source. @throws as `openSource` */
export function fingerprintAt(path: string): Fingerprint {
  const file = openSource(path);
  file.close();
  return file.fingerprint;
}
