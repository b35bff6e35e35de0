// [repair, index]: shards > [entries] > pages
//
// What the kernel looks for in stored lines, as an import that reads them would say it.

import { FRAME_TEXT_BYTES_MAX, WINDOW_BYTES_DEFAULT } from '../../base/limits.js';
import type { ScanSetup } from '../../import/tasks/span.js';
import {
  isComposite,
  type KeyNames,
  type KeyPath,
  type Names,
  type Numbers,
  namesOf,
  numbersIn,
} from '../../keys/key-path.js';
import type { ImportOrigin } from '../../store/shards/origin.js';
import type { KeyRule } from '../../store/types.js';

/** As deep as any import may have accepted. */
const DEPTH_MAX = 100_000;
const LEVEL = 1;

/** What is looked for in a collection's records. */
export interface IndexedBy {
  readonly key: KeyRule;
  readonly indexes: readonly KeyPath[];
  /** Whether numbers in them are positions. */
  readonly positions: true | undefined;
  readonly named: boolean;
  readonly keep: 'last' | 'first';
}

/** @param id differs for every collection and import: a kernel is made for its key paths. */
export function setupOf(id: string, { key, indexes, positions, named, keep }: IndexedBy): ScanSetup {
  const inLine = (names: Names): Names => (named ? ['value', ...names] : names);
  const namesIn = (path: KeyPath, numbers?: Numbers): KeyNames => {
    const names = namesOf(path, numbers);
    return isComposite(names) ? names.map(inLine) : inLine(names);
  };
  const primary = key.kind === 'path' ? namesIn(key.path) : key.kind === 'name' ? ['key'] : undefined;
  const secondary = indexes.map((path) => namesIn(path, numbersIn({ positions })));
  return {
    id,
    scan: {
      ...{ secondary, depthMax: DEPTH_MAX, recordBytesMax: FRAME_TEXT_BYTES_MAX, allowsNull: true },
      ...(primary && { primary }),
    },
    ...{
      level: LEVEL,
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
