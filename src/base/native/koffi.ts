// The one importer of koffi, which calls functions of native libraries.

import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

/**
 * Loads it when it is first asked for: that takes ten milliseconds, and most processes and threads do without.
 * @throws where there is none for this machine, or where Node may load no native code
 */
export function loadKoffi(): Koffi {
  return createRequire(import.meta.url)('koffi') as Koffi;
}
