// Goal: both sides of the border between TypeScript and WebAssembly mean the same by a number.
// Method: the AssemblyScript sources read as text.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KEY_BYTES_MAX, KEYS_PER_RECORD_MAX } from '../../src/base/limits.js';
import { RecordLayout } from '../../src/kernel/contract.js';
import { ENTRY_HEADER_BYTES } from '../../src/kernel/entry.js';
import { Event, Verdict } from '../../src/kernel/simd/scanner.js';
import * as page from '../../src/store/pages/write.js';

/** The numeric constants of an assembly source. */
function constantsOf(file: string): Map<string, number> {
  const source = readFileSync(new URL(`../../src/kernel/assembly/${file}.ts`, import.meta.url), 'utf8');
  const found = source.matchAll(/const ([A-Z0-9_]+): [iu]\d+ = ([0-9a-fx_]+);/g);
  return new Map(Array.from(found, ([, name, value]) => [name!, Number(value!.replaceAll('_', ''))]));
}

/** Constants by what follows a prefix, lower case for layouts. */
const named = (constants: Map<string, number>, prefix: string): Record<string, number> =>
  Object.fromEntries(
    [...constants]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );

it('layouts and events', () => {
  const contract = constantsOf('contract');
  const layouts = Object.entries(named(contract, 'LAYOUT_')).map(([name, value]) => [name.toLowerCase(), value]);
  expect(Object.fromEntries(layouts)).toEqual(RecordLayout);
  expect(named(contract, 'EVENT_')).toEqual(Event);
  expect(named(contract, 'VERDICT_')).toEqual(Verdict);
});

it('sizes of entries and keys', () => {
  expect(constantsOf('state').get('ENTRY_HEADER_BYTES')).toBe(ENTRY_HEADER_BYTES);
  expect(constantsOf('append').get('KEY_BYTES_MAX')).toBe(KEY_BYTES_MAX);
});

it('the layout of a page', () => {
  const { PAGE_BYTES, VERSION_AT, FLAGS_AT, COUNT_AT, PREFIX_BYTES_AT, PREFIX_AT, LOCATION_BYTES, PAGE_VERSION } = page;
  const places = { VERSION_AT, FLAGS_AT, COUNT_AT, PREFIX_BYTES_AT, RESERVED_AT: PREFIX_BYTES_AT + 2, PREFIX_AT };
  const ofStore = { PAGE_BYTES, ...places, LOCATION_BYTES, PAGE_VERSION };
  expect(Object.fromEntries(constantsOf('pages'))).toEqual(ofStore);
});

it('a record that fits the captures has no more keys than any record may have', () => {
  const keysPerCapture = 2; // the primary key and a secondary one
  const memberName = 1;
  const capturesMax = constantsOf('state').get('CAPTURES_MAX')!;
  expect(capturesMax * keysPerCapture + memberName).toBeLessThanOrEqual(KEYS_PER_RECORD_MAX);
});
