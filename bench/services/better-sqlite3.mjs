// The same service on SQLite: a table of the JSON texts with the columns that are searched. Told the database, it prints its port.
// With a second argument it first makes the database from that file of NDJSON.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import fastify from 'fastify';

const [path, source] = process.argv.slice(2);
const database = new Database(path);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
if (source !== undefined) await fill();

const select = database.prepare('SELECT json FROM items WHERE id = ?').pluck();
const update = database.prepare('UPDATE items SET category = ?, price = ?, json = ? WHERE id = ?');
const first = database.prepare(
  'SELECT id, price, json FROM items WHERE category = ? ORDER BY category, price, id LIMIT 20',
);
const following = database.prepare(
  'SELECT id, price, json FROM items WHERE category = ? AND (price, id) > (?, ?) ORDER BY category, price, id LIMIT 20',
);
const patch = database.transaction((id, changes) => {
  const item = { ...JSON.parse(select.get(id)), ...changes };
  update.run(item.category, item.price, JSON.stringify(item), id);
});
const app = fastify();

app.get('/items/:id', async (request, reply) => {
  const json = select.get(Number(request.params.id));
  if (json === undefined) return reply.code(404).send({ error: 'no such item' });
  return reply.type('application/json').send(json);
});

app.get('/categories/:category', async (request, reply) => {
  const { after } = request.query;
  const { category } = request.params;
  const rows = after === undefined ? first.all(category) : following.all(category, ...after.split('_').map(Number));
  const last = rows.at(-1);
  const next = JSON.stringify(last === undefined ? null : `${last.price}_${last.id}`);
  return reply.type('application/json').send(`{"items":[${rows.map(({ json }) => json).join(',')}],"next":${next}}`);
});

app.patch('/items/:id', async (request, reply) => {
  patch(Number(request.params.id), request.body);
  return reply.code(204).send();
});

await app.listen({ port: 0, host: '127.0.0.1' });
console.log(app.server.address().port);

process.once('SIGTERM', async () => {
  await app.close();
  database.close();
});

async function fill() {
  database.exec(
    'CREATE TABLE items (id INTEGER PRIMARY KEY, category TEXT NOT NULL, price REAL NOT NULL, json TEXT NOT NULL)',
  );
  const insert = database.prepare('INSERT INTO items VALUES (?, ?, ?, ?)');
  const insertAll = database.transaction((lines) => {
    for (const line of lines) {
      const { id, category, price } = JSON.parse(line);
      insert.run(id, category, price, line);
    }
  });
  let lines = [];
  for await (const line of createInterface({ input: createReadStream(source) })) {
    if (lines.push(line) < 10_000) continue;
    insertAll(lines);
    lines = [];
  }
  insertAll(lines);
  database.exec('CREATE INDEX items_by_price ON items (category, price, id)');
}
