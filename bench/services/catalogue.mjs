// The catalogue of the services: some 430 bytes of JSON an item, the same in every run. An edition has the same items at other
// prices.

import { closeSync, openSync, writeSync } from 'node:fs';
import { randomOrdinals } from '../setup.mjs';

/** The first of them has two items in five, which is 6,000 pages of 20 in a catalogue of full size. */
export const CATEGORIES = ['books', 'music', 'films', 'games', 'tools', 'garden', 'kitchen', 'toys', 'shoes', 'sports'];
export const ITEMS = { full: 300_000, quick: 30_000 };
export const PAGE = 20;
/** How the store of the services is made: of `gristmill import`, and as options. */
export const IMPORT_FLAGS = ['--collection', 'items', '--key', 'id', '--index', '["category","price"]'];
export const BY_PRICE = ['category', 'price'];

const ITEMS_PER_WRITE = 2000;
const WORDS =
  'light strong soft bright small large steel paper cotton oak silver green blue red quiet quick round flat deep warm ' +
  'edition set pair box kit guide lamp chair table bag cup knife rope ball coat hat glove wheel board frame';

/** @returns {Generator<object>} the items in the order of their ids, 0, 1, 2, … */
export function* itemsOf(count, edition = 1) {
  const words = WORDS.split(' ');
  const numbers = randomOrdinals(16 * 1024, 2 ** 30, 7);
  const prices = randomOrdinals(count, 100_000, 100 + edition);
  for (let id = 0; id < count; id++) {
    const number = (at) => numbers[(id * 13 + at * 31) % numbers.length];
    const word = (at) => words[number(at) % words.length];
    const kind = number(0) % 15;
    yield {
      id,
      category: CATEGORIES[kind < 6 ? 0 : kind - 5],
      price: prices[id] / 100,
      name: `${word(1)} ${word(2)} ${word(3)} ${id}`,
      brand: `brand ${number(4) % 500}`,
      stock: number(5) % 1000,
      edition,
      rating: { stars: (number(6) % 50) / 10, votes: number(7) % 5000 },
      tags: [word(8), word(9), word(10)],
      size: { width: number(11) % 300, height: number(12) % 300, depth: number(13) % 300, unit: 'mm' },
      text: Array.from({ length: 22 }, (_, at) => word(20 + at)).join(' '),
      supplier: {
        code: `S-${number(14) % 10_000}`,
        country: word(15).slice(0, 2).toUpperCase(),
        days: number(16) % 30,
      },
    };
  }
}

/** Writes them as NDJSON. @returns the bytes of the file */
export function writeCatalogue(path, count, edition = 1) {
  const file = openSync(path, 'w');
  let bytes = 0;
  let lines = [];
  const write = () => {
    bytes += writeSync(file, `${lines.join('\n')}\n`);
    lines = [];
  };
  for (const item of itemsOf(count, edition)) {
    lines.push(JSON.stringify(item));
    if (lines.length === ITEMS_PER_WRITE) write();
  }
  if (lines.length > 0) write();
  closeSync(file);
  return bytes;
}
