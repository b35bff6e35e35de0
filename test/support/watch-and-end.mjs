// A process that watches and then has nothing more to do: it has to end by itself. Usage: node watch-and-end.mjs <store> <source>

import { openStore } from '../../dist/src/index.js';

const [directory, source] = /** @type {[string, string]} */ (process.argv.slice(2));
const store = await openStore(directory);
await store.watch(source);
process.stdout.write('watching\n');
