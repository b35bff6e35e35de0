// Goal: what other programs write is read. Method: the tools of this machine compress texts with all settings that change the
// form; where a tool is missing, its tests are skipped. Files that the tools wrote elsewhere are among the fixtures: their
// names say which text they hold.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { codecOf } from '../../src/import/codec/recognise.js';
import { hasTool, runTool } from '../support/compressed-forms.js';
import { decode, jsonLines, noise, randomPieces } from '../support/decoding.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { randomFrom } from '../support/random.js';
import { TOOL_SETTINGS } from '../support/tool-settings.js';

const FIXTURES = new URL('../fixtures/compressed/', import.meta.url);
/** Such as `xz-crc32-seed7-20000b.xz`: the text is `jsonLines(20_000, 7)`. */
const NAME = /-seed(\d+)-(\d+)b\.\w+$/;

const tools = new Set(TOOL_SETTINGS.map(({ tool }) => tool));
const missing = new Set([...tools].filter((tool) => !hasTool(tool)));

describe.each(TOOL_SETTINGS)('$tool $args', ({ codec, tool, args }) => {
  test.skipIf(missing.has(tool))('what it writes is read', async () => {
    const random = randomFrom(1);
    const repeated = Buffer.from('ab'.repeat(300_000));
    for (const plain of [jsonLines(700_000), noise(70_000), repeated, Buffer.alloc(0), Buffer.from('{}')]) {
      const file = runTool(tool, args, plain);
      expect(codecOf(codec === 'brotli' ? 'a.br' : 'a', file)).toBe(codec);
      expect((await decode(codec, file, randomPieces(random))).equals(plain)).toBe(true);
    }
  });
});

describe.each(readdirSync(FIXTURES))('%s', (name) => {
  const file = readFileSync(new URL(name, FIXTURES));
  const codec = codecOf(name, file)!;
  const [, seed, bytes] = NAME.exec(name)!;
  const plain = jsonLines(Number(bytes), Number(seed));

  test('is read', async () => {
    expect((await decode(codec, file, randomPieces(randomFrom(2)))).equals(plain)).toBe(true);
    expect((await decode(codec, Buffer.concat([file, file]))).equals(Buffer.concat([plain, plain]))).toBe(true);
  });

  test('is an error when it is cut off', async () => {
    const random = randomFrom(seedOfTurn(3));
    for (let i = 0; i < runs(30); i++) {
      const end = random(file.byteLength);
      const cut = decode(codec, file.subarray(0, end), randomPieces(random));
      await expect(cut, `cut at ${end}`).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED', offset: end });
    }
  });

  test('is an error with a changed bit, or gives the same plain bytes', async () => {
    const random = randomFrom(seedOfTurn(4));
    for (let i = 0; i < runs(30); i++) {
      const changed = Buffer.from(file);
      const bit = random(file.byteLength * 8);
      changed[bit >>> 3]! ^= 1 << (bit & 7);
      const result = await decode(codec, changed, randomPieces(random)).catch((error) => error);
      if (Buffer.isBuffer(result)) expect(result.equals(plain), `bit ${bit}`).toBe(true);
      else expect(result, `bit ${bit}`).toMatchObject({ name: 'GristmillError' });
    }
  });
});
