// [verify]: catalog > trees > shards
//
// What the values of all collections say together: that no two of them have the same number, file or index, that numbers
// to be given next are free, and that what is to be removed is nobody's. Where it is not so, writing would damage what is there.

import { MetaKind } from '../../store/catalog/values.js';
import type { FaultList } from './faults.js';
import type { Inventory } from './values.js';

export function verifyRelations(found: Inventory, file: string, faults: FaultList): void {
  const { header, collections, garbage, resumable } = found;
  const fault = (message: string): void => faults.add({ kind: 'value', file, message: `${file}: ${message}` });
  const numbered = (what: string, numbers: readonly number[], next: number | undefined): ReadonlySet<number> => {
    const seen = new Set<number>();
    for (const number of numbers) {
      if (seen.has(number)) fault(`two ${what} have the number ${number}`);
      seen.add(number);
      if (next !== undefined && number >= next)
        fault(`one of the ${what} has the number ${number}, but the next one would get ${next}`);
    }
    return seen;
  };
  const shards = found.allShards;
  const ids = collections.map(({ id }) => id);
  const indexes = collections.flatMap(({ primary, secondary }) => (primary ? [primary, ...secondary] : secondary));
  const numbers = shards.map(({ fileNumber }) => fileNumber).filter((number) => number !== 0);
  numbered('collections', ids, header?.nextCollection);
  const trees = numbered(
    'indexes',
    indexes.map(({ tree }) => tree),
    header?.nextTree,
  );
  const shardNumbers = numbered(
    'shards',
    shards.map(({ shard }) => shard),
    header?.nextShard,
  );
  const fileNumbers = numbered('files of shards', numbers, header?.nextShard);
  const files = new Set(shards.map(({ file }) => file));
  // One fault for each note that cannot be used.
  const note = (kind: number, message: string): void => {
    if (found.damagedNotes.has(kind)) return;
    found.damagedNotes.add(kind);
    fault(message);
  };
  const inline = new Set(shards.filter(({ fileNumber }) => fileNumber === 0).map(({ shard }) => shard));
  for (const one of garbage?.files ?? []) {
    if (files.has(one.file)) note(MetaKind.garbage, `${one.file} is in the list of garbage, but a collection has it`);
  }
  for (const tree of garbage?.trees ?? []) {
    if (trees.has(tree)) note(MetaKind.garbage, `index ${tree} is in the list of garbage, but a collection has it`);
  }
  for (const shard of garbage?.inline ?? []) {
    if (inline.has(shard))
      note(MetaKind.garbage, `records of shard ${shard} are in the list of garbage, but a collection has them`);
  }
  for (const { id, name, edits = 0 } of collections) {
    const there = found.edits.get(id) ?? 0;
    if (there !== edits) fault(`collection ${name} has ${there} edits, but its manifest says ${edits}`);
  }
  for (const { id, name, schema } of collections) {
    if (found.schemas.get(id) !== schema)
      note(MetaKind.schema, `the schema of collection ${name} is not the one that its manifest names`);
  }
  for (const { id, firstShard, spans } of resumable) {
    const isIts = (number: number): boolean => number >= firstShard && number < firstShard + spans;
    const used = [...shardNumbers, ...fileNumbers].find(isIts);
    if (used !== undefined)
      note(MetaKind.resumable, `import ${id} can be resumed, but a collection already has its shard ${used}`);
  }
}
