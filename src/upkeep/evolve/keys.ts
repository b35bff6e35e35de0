// [evolve]: shards > [keys] > failures
//
// A function may change anything of a record, but not its key: the index would not find the record any more. So when a migration
// with a call is applied, or undone, the key of each record is compared before and after.

import { MigrationFailure, Refusal } from '../../evolve/failure.js';
import { type KeyPath, namesOf } from '../../keys/key-path.js';
import { keysOfLine, namesInLine } from '../../store/publish/line-keys.js';
import type { Route } from '../../store/shapes/tree.js';
import { formAlong } from '../../store/shards/forms.js';
import { reshapedBytes } from '../../store/shards/line.js';
import type { ShardEntry } from '../../store/types.js';

/** The key that has to stay, for the records of one shard. */
export interface StayingKey {
  /** Its path before and after. */
  readonly from: KeyPath;
  readonly to: KeyPath;
  /** To the version before. Undefined: records are stored in it. */
  readonly route: Route | undefined;
  /** The version whose migration calls. */
  readonly version: number;
}

/** Compares the keys of lines of a shard. @returns what throws MigrationFailure if a key is another one */
export function keyCheck(entry: ShardEntry, { from, to, route, version }: StayingKey) {
  const form = formAlong(entry, route);
  const keyOf = (line: Uint8Array, path: KeyPath): string => {
    const keys = keysOfLine(line, namesInLine(path, entry.named));
    return typeof keys === 'string' ? keys : keys.map((key) => Buffer.from(key).toString('hex')).join();
  };
  return (stored: string, after: string): void => {
    if (keyOf(reshapedBytes(Buffer.from(stored), form), from) === keyOf(Buffer.from(after), to)) return;
    const names = namesOf(to);
    const place = names.every((name) => typeof name === 'string') ? (names as string[]) : [];
    const refusal = new Refusal('KEY_CHANGED', place, 'is the key, which a function must not change');
    throw new MigrationFailure(refusal, { operation: 0, version, op: 'call' });
  };
}
