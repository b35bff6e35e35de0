// What a process that only looks things up does without: imports, upkeep, watching, exporters. The build makes one file of it
// (rolldown.config.mjs), read when any of it is first asked for (load.ts).

export { runImport } from './import/import.js';
/** For tests that have its tasks done in their own thread. */
export { WorkerPool } from './import/pool.js';
export { MeteredImport } from './metrics/metered-import.js';
export { instrument } from './metrics/opentelemetry.js';
export { prometheusRegistry } from './metrics/prometheus.js';
export { syncSources } from './sources/sync.js';
export { backup } from './upkeep/backup.js';
export { compact } from './upkeep/compact.js';
export { repairStore } from './upkeep/repair.js';
export { verify } from './upkeep/verify.js';
export { Watcher } from './watch/watcher.js';
