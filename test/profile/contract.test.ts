// Goal: both sides of the border between TypeScript and the profiler's WebAssembly mean the same by a number.
// Method: the AssemblyScript sources read as text.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KEY_BYTES_MAX } from '../../src/base/limits.js';
import { FORMAT_BYTES_MAX } from '../../src/profile/formats.js';
import { COUNTS, PATH, SKETCH } from '../../src/profile/simd/layout.js';
import * as types from '../../src/profile/types.js';

/** The numeric constants of an assembly source. */
function constantsOf(file: string): Map<string, number> {
  const source = readFileSync(new URL(`../../src/kernel/assembly/profile/${file}.ts`, import.meta.url), 'utf8');
  const found = source.matchAll(/const ([A-Z0-9_]+): (?:u32|usize) = ([0-9a-fx_]+(?: << [0-9]+)?);/g);
  const value = (text: string): number =>
    text
      .split(' << ')
      .map(Number)
      .reduce((left, right) => left << right);
  return new Map(Array.from(found, ([, name, text]) => [name!, value(text!.replaceAll('_', ''))]));
}

it('where the facts of a path are', () => {
  const paths = constantsOf('paths');
  for (const [name, at] of Object.entries(PATH)) expect([name, paths.get(name)]).toEqual([name, at]);
});

it('where values are', () => {
  const values = new Map([...constantsOf('hash'), ...constantsOf('sketch'), ...constantsOf('values')]);
  for (const [name, at] of [...Object.entries(COUNTS), ...Object.entries(SKETCH)]) {
    expect([name, values.get(name)]).toEqual([name, at]);
  }
});

it('the limits of a profile', () => {
  const values = new Map([...constantsOf('hash'), ...constantsOf('sketch'), ...constantsOf('values')]);
  expect(values.get('VALUES_MAX')).toBe(types.VALUES_MAX);
  expect(values.get('TOKEN_BYTES_MAX')).toBe(types.VALUE_BYTES_MAX);
  expect(values.get('SKETCH_SIZE')).toBe(types.SKETCH_SIZE);
  expect(values.get('EXAMPLES_MAX')).toBe(types.EXAMPLES_MAX);
  expect(constantsOf('fold').get('NAMES_MAX')).toBe(types.NAMES_MAX);
  expect(constantsOf('memory').get('DEPTH_MAX')).toBe(types.PROFILE_DEPTH_MAX);
  expect(constantsOf('memory').get('PROFILE_BYTES')).toBe(types.PROFILE_BYTES);
  expect(constantsOf('extremes').get('KEY_BYTES_MAX')).toBe(KEY_BYTES_MAX);
  expect(constantsOf('strings').get('FORMAT_BYTES_MAX')).toBe(FORMAT_BYTES_MAX);
});

it('the bits of formats', () => {
  const formats = constantsOf('formats');
  for (const [bit, name] of types.FORMATS.entries()) {
    expect([name, formats.get(name.toUpperCase().replace('-', '_'))]).toEqual([name, 1 << bit]);
  }
});
