// What is read most, of late: how reads are counted, and how what nobody reads any more fades.
// Method: the counts of a few keys, saved again and again.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StoreEmitter } from '../../src/base/events.js';
import { HOT_PLACES_MAX } from '../../src/base/limits.js';
import { type HotKey, HotPlaces, heaviest, READ_WEIGHT } from '../../src/lookup/cache/hot-places.js';
import { HotSet } from '../../src/lookup/warm/hot-set.js';
import { readHotSet } from '../../src/lookup/warm/hot-set-file.js';
import { onDisk, temporaryDirectory } from '../support/build-store.js';

let scratch: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  scratch = temporaryDirectory();
});
afterEach(() => scratch.remove());

/** One that holds no places but its own. */
const generation = (number: number) => ({ manifest: { generation: number }, holds: () => false });
const at = {
  shard: 1,
  ordinal: 0,
  file: 1,
  frame: 0,
  line: 0,
  form: { isNamed: false, shape: 0, reshape: undefined, newest: undefined },
};

function hotSetOf(places: HotPlaces): HotSet {
  return new HotSet(onDisk(scratch.path), new StoreEmitter(), () => [['records', places]], false);
}

test('are halved each time they are saved: what is read now outweighs what was read once', async () => {
  const places = new HotPlaces();
  const hotSet = hotSetOf(places);
  for (let i = 0; i < 100; i++) {
    places.keep('old', { ...at, generation: 1 });
    places.get('old', generation(1));
  }
  for (let minute = 0; minute < 8; minute++) {
    places.keep('new', { ...at, generation: 1 });
    for (let i = 0; i < 4; i++) places.get('new', generation(1));
    await hotSet.save();
  }
  await hotSet.close();
  const saved = await readHotSet(onDisk(scratch.path));
  expect(saved!.map(({ key }) => key)).toEqual(['new', 'old']);
});

test('outlive a generation, and count a read once however it is answered', () => {
  const places = new HotPlaces();
  places.keep(7, { ...at, generation: 1 });
  expect(places.get(7, generation(1))).toMatchObject({ file: 1 });
  expect(places.get(7, generation(2))).toBeUndefined();
  places.keep(7, { ...at, generation: 2 });
  // The frame was gone: found by its place, but looked up again.
  places.get(7, generation(2));
  places.keep(7, { ...at, generation: 2 });
  expect(places.keys()).toMatchObject([{ key: 7, weight: 4 * READ_WEIGHT }]);
  expect(places.reads).toBe(4);
});

test('choose the heaviest, as sorting all would', () => {
  const keys: HotKey[] = Array.from({ length: 500 }, (_, i) => ({
    key: i,
    weight: ((i * 7919) % 97) + 1,
  }));
  const sorted = keys.toSorted((left, right) => right.weight - left.weight);
  for (const max of [0, 1, 10, 499, 500, 600]) {
    expect(heaviest(keys, max).map(({ weight }) => weight)).toEqual(sorted.slice(0, max).map(({ weight }) => weight));
  }
});

test('while all places are taken, keys that are read once push none out, and one that is read twice gets a place', () => {
  const places = new HotPlaces();
  for (let i = 0; i < HOT_PLACES_MAX; i++) places.keep(`taken ${i}`, { ...at, generation: 1 });
  const once = HOT_PLACES_MAX / 64;
  for (let i = 0; i < once; i++) places.keep(i, { ...at, generation: 1 });
  // Few of the newcomers can have been taken for known ones: at most one in 256 of their bits is set.
  const admitted = Array.from({ length: once }, (_, i) => places.get(i, generation(1))).filter((place) => place);
  expect(admitted.length).toBeLessThan(once / 16);
  for (const key of [-5, 2 ** 40 + 0.5, 2n ** 70n, 'a name', true]) {
    places.keep(key, { ...at, generation: 1 });
    places.keep(key, { ...at, generation: 1 });
    expect(places.get(key, generation(1))).toMatchObject(at);
  }
  expect(places.keys()).toHaveLength(HOT_PLACES_MAX);
});

test('are saved every minute in which something was read, and no other', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const places = new HotPlaces();
  const hotSet = hotSetOf(places);
  const save = vi.spyOn(hotSet, 'save');
  const file = join(scratch.path, 'hot-set.ndjson');
  places.keep(7, { ...at, generation: 1 });
  vi.advanceTimersByTime(60_000);
  expect(save).toHaveBeenCalledTimes(1);
  await save.mock.results[0]!.value;
  const first = readFileSync(file, 'utf8');
  vi.advanceTimersByTime(60_000);
  await save.mock.results[1]!.value;
  expect(readFileSync(file, 'utf8')).toBe(first);
  await hotSet.close();
  vi.useRealTimers();
});
