// A process that only reads (bench/start.mjs): imports a library, opens a store, gets a record, and says when.

const { name, path } = JSON.parse(process.argv[2]);
const KEY = 4242;

const OPENERS = {
  gristmill: {
    library: () => import('../dist/src/index.js'),
    open: ({ openStore }) => openStore(path, { readOnly: true }),
    get: async (store) => store.collection('items').get(KEY),
    close: (store) => store.close(),
  },
  'better-sqlite3': {
    library: () => import('better-sqlite3'),
    open: ({ default: Database }) => new Database(path, { readonly: true }),
    get: (database) => JSON.parse(database.prepare('SELECT json FROM items WHERE id = ?').pluck().get(KEY)),
    close: (database) => database.close(),
  },
};

const steps = {};
let wall = 0;
let cpu = 0;
function passed(step) {
  const { user, system } = process.cpuUsage();
  const [now, used] = [performance.now(), (user + system) / 1e3];
  steps[step] = { wall_ms: now - wall, cpu_ms: used - cpu };
  [wall, cpu] = [now, used];
}

const opener = OPENERS[name];
passed('node');
const library = await opener.library();
passed('import');
const store = await opener.open(library);
passed('open');
const { id } = await opener.get(store);
passed('get');
if (id !== KEY) throw new Error(`${name} gave ${id}`);
await opener.close(store);
console.log(JSON.stringify(steps));
