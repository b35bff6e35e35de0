// What a process that only looks things up does without: imports, upkeep, watching, exporters. The build makes one file of it
// (rolldown.config.mjs), read when any of it is first asked for (base/load.ts).

export { runImport } from '../import/import.js';
export { MeteredImport } from '../metrics/metered-import.js';
export { instrument } from '../metrics/opentelemetry.js';
export { prometheusRegistry } from '../metrics/prometheus.js';
/** For tests that have its tasks done in their own thread. */
export { WorkerPool } from '../pool/pool.js';
export { syncSources } from '../sources/sync.js';
export { backup } from '../upkeep/backup.js';
export { compact } from '../upkeep/compact/compact.js';
export { repairStore } from '../upkeep/repair/repair.js';
export { verify } from '../upkeep/verify/verify.js';
export { Watcher } from '../watch/watcher.js';
