// sources > plan > scan > profile
//
// The profile of sources that nobody has imported: every source that an import takes, with the same options.

import { resolveImportOptions } from '../../import/options/resolve.js';
import type { ImportOptions } from '../../import/options/types.js';
import { type ProfiledSources, profileHolding } from '../../import/profile.js';
import { type ImportSource, namedSources } from '../../import/sequence/named.js';
import type { ImportTarget } from '../../import/work.js';
import { holdingLock } from '../../sources/import-sources.js';
import { WholeImport } from '../../sources/whole-import.js';

class Profiling extends WholeImport {
  readonly storesNothing = true;

  override get isResumable(): boolean {
    return false;
  }
}

/**
 * @param target an empty store
 * @throws as `importSources`
 */
export async function profileSources(
  target: ImportTarget,
  given: ImportSource | readonly ImportSource[],
  options: ImportOptions = {},
): Promise<ProfiledSources> {
  const { names, streams } = await namedSources(given, resolveImportOptions(options, target.closing).signal);
  try {
    return await holdingLock(target, { ...options, profile: true }, (lock, filled) => {
      const work = new Profiling(target, names, filled, { streams });
      return profileHolding(lock, target, { options: filled, work });
    });
  } finally {
    await streams.close();
  }
}
