// Goal: whatever programs do to a watched folder, its records are those of its files. Method: random scripts of writing (bad
// JSON, too), removing and renaming, with and without waiting; JSON.parse of the files that are there says what has to be.

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { memory } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { until } from '../support/until.js';
import { place, QUICK } from '../support/watched.js';

describe('whatever is done to a folder', () => {
  const names = ['a.json', 'b.json', 'in/a.json', 'in/deep/c.json'];
  const texts = ['{"v":1}', '{"v":2,"w":[1,2]}', '[{"v":3},{"v":4}]', '[5]', '{"v":'];
  const operations = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('write' as const), fc.constantFrom(...names)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('remove' as const), fc.constantFrom(...names, 'in', 'in/deep')) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('rename' as const), fc.constantFrom('in', 'in/deep', 'a.json')) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('wait' as const), fc.constant('')) },
  );
  const scripts = fc.array(fc.array(fc.tuple(operations, fc.constantFrom(...texts)), { maxLength: 6 }), {
    minLength: 2,
    maxLength: 4,
  });

  /** The files of a folder, by their paths in it. */
  const filesOf = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());

  /** What the records have to be: the value of each file, or its elements. */
  function valuesOf(folder: string): Map<string, unknown> {
    const values = new Map<string, unknown>();
    for (const name of filesOf(folder)) {
      const value = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      if (Array.isArray(value)) value.forEach((one, i) => void values.set(`${name}#${i}`, one));
      else values.set(name, value);
    }
    return values;
  }

  test('its records are in the end those of its files', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const { folder, write, store } = await place({ 'a.json': '{"v":0}' }, memory());
        const watcher = await store.watch(folder, { ...QUICK, stabilityMs: 20, allowEmpty: true });
        const records = store.collection('records');
        for (const batch of script) {
          for (const [[kind, name], text] of batch) {
            if (kind === 'write') write(name, text);
            else if (kind === 'remove') rmSync(join(folder, name), { recursive: true, force: true });
            else if (kind === 'wait') await watcher.settled();
            else if (existsSync(join(folder, name)) && !existsSync(join(folder, `${name}.json`))) {
              renameSync(join(folder, name), join(folder, `${name}.json`));
            }
          }
          // What is bad is mended, for its records depend on what was seen before.
          for (const name of filesOf(folder)) {
            if (readFileSync(join(folder, name), 'utf8') === '{"v":') write(name, '{"v":"mended"}');
          }
          const values = valuesOf(folder);
          await until(() => {
            if (records.count() !== values.size) return false;
            return [...values].every(([key, value]) => isDeepStrictEqual(records.getSync(key), value));
          });
        }
        await store.close();
      }),
      { numRuns: runs(8) },
    );
  });
});
