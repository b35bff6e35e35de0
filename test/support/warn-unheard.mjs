// A process that watches a source that is bad, and listens to nothing. Usage: node warn-unheard.mjs <store> <source>

import { openStore } from '../../dist/src/index.js';

const [directory, source] = /** @type {[string, string]} */ (process.argv.slice(2));
const store = await openStore(directory);
const watcher = await store.watch(source, { stabilityMs: 0 });
process.stdout.write(`${watcher.refused?.code}\n`);
await store.close();
