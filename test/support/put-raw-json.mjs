// Puts records with exact numbers as values, of JsonNumber and of JSON.rawJSON in turn; prints the keys and the records found.

import { JsonNumber, memory, openStore } from '../../dist/src/index.js';

const { rawJSON } = /** @type {{ rawJSON: (text: string) => unknown }} */ (/** @type {unknown} */ (JSON));
const tokens = ['9007199254740993', '0.10000000000000000001', '1e400', '1e-400', '12345678901234567.5'];
const store = await openStore(memory(), { create: true });
await store.transaction((transaction) => {
  const records = transaction.createCollection('records', { key: 'id', indexes: ['n'] });
  for (const token of tokens) records.put({ id: rawJSON(token), n: [rawJSON(token)] });
  for (const token of tokens) records.patch(new JsonNumber(token), { id: rawJSON(token) });
});
const collection = store.collection('records');
const found = [];
for (const token of tokens) {
  for await (const { text } of collection.findText('n', new JsonNumber(token))) found.push([token, text]);
  if (!collection.has(new JsonNumber(token))) found.push([token, 'no such key']);
}
console.log(JSON.stringify(found));
await store.close();
