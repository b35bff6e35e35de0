// A service over the catalogue, as somebody writes it who has read gristmill's README. Told the store, it prints its port.

import fastify from 'fastify';
import { openStore } from '../../dist/src/index.js';

const store = await openStore(process.argv[2]);
const items = store.collection('items');
const app = fastify();

app.get('/items/:id', async (request, reply) => {
  const text = await items.getText(Number(request.params.id));
  if (text === undefined) return reply.code(404).send({ error: 'no such item' });
  return reply.type('application/json').send(text);
});

app.get('/categories/:category', async (request, reply) => {
  const { after } = request.query;
  const index = ['category', 'price'];
  const rows = [...items.rangeTextSync({ index, prefix: [request.params.category], limit: 20, after })];
  const next = JSON.stringify(rows.at(-1)?.cursor ?? null);
  return reply.type('application/json').send(`{"items":[${rows.map(({ text }) => text).join(',')}],"next":${next}}`);
});

app.patch('/items/:id', async (request, reply) => {
  await items.patch(Number(request.params.id), request.body);
  return reply.code(204).send();
});

await app.listen({ port: 0, host: '127.0.0.1' });
console.log(app.server.address().port);

process.once('SIGTERM', async () => {
  await app.close();
  await store.close();
});
