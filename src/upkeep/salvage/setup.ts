// [repair, index]: shards > [entries] > pages
//
// What the kernel looks for in stored lines, as an import that reads them would say it.

import { FRAME_TEXT_BYTES_MAX, WINDOW_BYTES_DEFAULT } from '../../base/limits.js';
import type { ScanSetup } from '../../import/tasks/span.js';
import { type KeyPath, numbersIn } from '../../keys/key-path.js';
import { namesInLine, primaryInLine, STORED_LIMITS } from '../../store/publish/line-keys.js';
import type { ImportOrigin } from '../../store/shards/origin.js';
import { PACKED } from '../../store/shards/packing.js';
import type { KeyRule } from '../../store/types.js';

/** What is looked for in a collection's records. */
export interface IndexedBy {
  readonly key: KeyRule;
  readonly indexes: readonly KeyPath[];
  /** Whether numbers in them are positions. */
  readonly positions: true | undefined;
  /** By index number, what hides the keys, where they are hidden. */
  readonly secrets?: readonly Uint8Array[] | undefined;
  readonly named: boolean;
  readonly keep: 'last' | 'first';
}

/** @param id differs for every collection and import: a kernel is made for its key paths. */
export function setupOf(id: string, { key, indexes, positions, secrets, named, keep }: IndexedBy): ScanSetup {
  const primary = primaryInLine(key, named);
  const secondary = indexes.map((path) => namesInLine(path, named, numbersIn({ positions })));
  return {
    id,
    scan: {
      ...{ secondary, ...STORED_LIMITS },
      ...(primary && { primary }),
      ...(secrets && { secrets }),
    },
    ...{
      packing: PACKED,
      access: 'read',
      coding: {
        ...{ codec: 'none', format: 'json', types: undefined, key: undefined },
        ...{ maxExpansion: 1, maxDecoderMemory: 0, recordBytesMax: FRAME_TEXT_BYTES_MAX },
      },
      windowBytes: WINDOW_BYTES_DEFAULT,
      onBadRecord: 'fail',
      keepsCut: false,
      leavesOutBadFiles: false,
      badMax: 0,
      keep,
    },
    ...{
      namesDuplicates: false,
      hashesSpans: false,
      origin: {} as ImportOrigin,
    },
  };
}
