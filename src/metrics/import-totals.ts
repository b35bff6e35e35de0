// source > plan > [ map > scan > key > frame > shard ] > verify > merge > publish: what it comes to
//
// What imports add up to, and what an import reports to while it runs.

/** Where the time of an import goes. From map to merge it is the time of all threads together, else that on the clock. */
export type ImportStage = 'plan' | 'map' | 'scan' | 'key' | 'frame' | 'merge' | 'publish';
export const IMPORT_STAGES: readonly ImportStage[] = ['plan', 'map', 'scan', 'key', 'frame', 'merge', 'publish'];

/** What imports of a store object have come to, those under way too. */
export interface ImportTotals {
  /** Source bytes and records gone through. */
  readonly bytes: number;
  readonly records: number;
  /** Bytes of the shards that were published. */
  readonly storedBytes: number;
  /** Seconds by stage. */
  readonly stages: Readonly<Record<ImportStage, number>>;
  /** Seconds that threads had something to do, and what they would be had none ever waited. */
  readonly busySeconds: number;
  readonly capacitySeconds: number;
}

export const NO_IMPORTS: ImportTotals = {
  ...{ bytes: 0, records: 0, storedBytes: 0, busySeconds: 0, capacitySeconds: 0 },
  stages: { plan: 0, map: 0, scan: 0, key: 0, frame: 0, merge: 0, publish: 0 },
};

export function addTotals(left: ImportTotals, right: ImportTotals): ImportTotals {
  const stages = IMPORT_STAGES.map((stage) => [stage, left.stages[stage] + right.stages[stage]]);
  return {
    bytes: left.bytes + right.bytes,
    records: left.records + right.records,
    storedBytes: left.storedBytes + right.storedBytes,
    stages: Object.fromEntries(stages) as Record<ImportStage, number>,
    busySeconds: left.busySeconds + right.busySeconds,
    capacitySeconds: left.capacitySeconds + right.capacitySeconds,
  };
}
