// Goal: both sides of the border between TypeScript and WebAssembly mean the same by a number.
// Method: the AssemblyScript sources read as text.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KEY_BYTES_MAX, KEYS_PER_RECORD_MAX } from '../../src/base/limits.js';
import { ENTRY_HEADER_BYTES } from '../../src/import/scan/run-write.js';
import { Framing } from '../../src/kernel/contract.js';
import { Event, PAGE_STRIDE_BYTES } from '../../src/kernel/simd/kernel.js';
import { PAGE_BYTES } from '../../src/store/pages/write.js';

/** The numeric constants of an assembly source. */
function constantsOf(file: string): Map<string, number> {
  const source = readFileSync(new URL(`../../src/kernel/assembly/${file}.ts`, import.meta.url), 'utf8');
  const found = source.matchAll(/const ([A-Z0-9_]+): [iu]\d+ = ([0-9a-fx_]+);/g);
  return new Map(Array.from(found, ([, name, value]) => [name!, Number(value!.replaceAll('_', ''))]));
}

/** Constants by what follows a prefix, lower case for framings. */
const named = (constants: Map<string, number>, prefix: string): Record<string, number> =>
  Object.fromEntries(
    [...constants]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );

it('framings and events', () => {
  const contract = constantsOf('contract');
  const framings = Object.entries(named(contract, 'FRAMING_')).map(([name, value]) => [name.toLowerCase(), value]);
  expect(Object.fromEntries(framings)).toEqual(Framing);
  expect(named(contract, 'EVENT_')).toEqual(Event);
});

it('sizes of entries, keys and pages', () => {
  expect(constantsOf('state').get('ENTRY_HEADER_BYTES')).toBe(ENTRY_HEADER_BYTES);
  expect(constantsOf('emit').get('KEY_BYTES_MAX')).toBe(KEY_BYTES_MAX);
  expect(constantsOf('pages').get('PAGE_BYTES')).toBe(PAGE_STRIDE_BYTES);
  expect(PAGE_STRIDE_BYTES).toBe(PAGE_BYTES);
});

it('a record that fits the captures has no more keys than any record may have', () => {
  const keysPerCapture = 2; // the primary key and a secondary one
  const memberName = 1;
  const capturesMax = constantsOf('state').get('CAPTURES_MAX')!;
  expect(capturesMax * keysPerCapture + memberName).toBeLessThanOrEqual(KEYS_PER_RECORD_MAX);
});
