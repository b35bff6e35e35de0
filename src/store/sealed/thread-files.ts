// store at rest: [sealed]: the files that a worker thread reads and writes.

import { isWithheld, withholdText } from '../../base/snippet.js';
import type { Blobs } from '../files/blobs.js';
import type { Sealed } from '../seal/types.js';
import { filesOf } from './files.js';

/** The files of a task. A thread has tasks of one store only: if it is encrypted, its errors show no text from then on. */
export function blobsOf({ seal }: Sealed): Blobs {
  if (seal !== undefined && !isWithheld()) withholdText(seal);
  return filesOf(seal);
}
