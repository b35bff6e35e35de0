// Goal: a record is accepted exactly when its bytes are valid UTF-8 and JSON.parse accepts them, its line is its text without
// insignificant white space, and its keys are those of the tree JSON.parse makes.
// Method: random documents, whole and damaged, and all short texts over JSON's own characters, against an oracle that
// shares no code with the kernels (support/oracle.ts).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordLayout, Scan } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { damaged, jsonTexts, keyPaths, losslessTexts, secondaryPaths } from '../support/documents.js';
import { isTried, runs } from '../support/effort.js';
import { kernels } from '../support/kernels.js';
import { acceptedText, keysOf, stripped } from '../support/oracle.js';
import { laidOut, laidOutLine, layouts, optionsFor, soleRecord, utf8 } from '../support/scans.js';

const NEWLINE = '\n'.charCodeAt(0);

function expectAsOracle(scan: Scan, layout: RecordLayout, document: Uint8Array, depthMax: number): void {
  if (layout === 'ndjson' && document.includes(NEWLINE)) return;
  const source = laidOut(document, layout);
  const record = soleRecord(scan(source, optionsFor(layout, { depthMax })), source.length);
  const text = acceptedText(document, depthMax);
  expect(record?.line).toBe(text === undefined ? undefined : laidOutLine(stripped(text), layout));
  if (record === undefined) return;
  const value = JSON.parse(record.line);
  expect(layout === 'object' ? value.value : value).toEqual(JSON.parse(text!));
}

describe.each(kernels)('$name', ({ name, scan }) => {
  describe.each(layouts)('%s', (layout) => {
    it('accepts every document', () => {
      fc.assert(
        fc.property(jsonTexts, (text) => {
          const document = layout === 'ndjson' ? text.replaceAll('\n', ' ') : text;
          const source = laidOut(utf8(document), layout);
          expect(soleRecord(scan(source, optionsFor(layout)), source.length)?.line).toBe(
            laidOutLine(stripped(text), layout),
          );
        }),
        { numRuns: runs(200) },
      );
    });

    it('accepts a damaged document exactly when the oracle does', () => {
      fc.assert(
        fc.property(damaged(jsonTexts), fc.constantFrom(2, 4, 1024), (document, depthMax) => {
          expectAsOracle(scan, layout, document, depthMax);
        }),
        { numRuns: runs(600) },
      );
    });

    it('has the keys of the tree', () => {
      fc.assert(
        fc.property(
          losslessTexts,
          fc.option(keyPaths, { nil: undefined }),
          secondaryPaths,
          (text, primary, secondary) => {
            const source = laidOut(utf8(layout === 'ndjson' ? text.replaceAll('\n', ' ') : text), layout);
            const options = optionsFor(layout, { ...(primary && { primary }), secondary });
            const { records, bad } = scan(source, options);
            const expected = keysOf(JSON.parse(text), options);
            const nameKey =
              layout === 'object' && primary === undefined
                ? keysOf('name', { ...options, primary: [], secondary: [] })
                : [];
            const outcome = records.length === 1 ? records[0]!.keys : bad[0]!.reason;
            expect(outcome).toEqual(typeof expected === 'string' ? expected : [...nameKey, ...expected]);
          },
        ),
        { numRuns: runs(400) },
      );
    });
  });

  // The other kernels are compared with the first in longer texts, too (twins.test.ts).
  const longest = name === 'plain' ? 5 : 4;
  it(`accepts, of all texts of up to ${longest} characters, exactly those JSON.parse accepts`, () => {
    const alphabet = ['[', ']', '{', '}', ',', ':', '"', '\\', '1', ' '];
    let texts = [''];
    let accepted = 0;
    for (let length = 0; length <= longest; length++) {
      for (const text of texts) {
        const source = utf8(text);
        const isAccepted = soleRecord(scan(source, optionsFor('values')), source.length) !== undefined;
        if (isAccepted !== (acceptedText(source, 1024) !== undefined))
          expect.fail(`${JSON.stringify(text)}: ${isAccepted}`);
        if (isAccepted) accepted++;
      }
      if (length < longest) texts = texts.flatMap((text) => alphabet.map((character) => text + character));
    }
    expect(accepted).toBeGreaterThan(50);
  });

  it('accepts, of all texts of digits, signs, points and exponents, exactly the numbers', () => {
    let texts = [''];
    for (let length = 0; length < 5; length++)
      texts = texts.flatMap((text) => ['', '0', '1', '-', '+', '.', 'e'].map((one) => text + one));
    // The same with more digits in front or behind than fit a vector, or fewer by one.
    const digits = [0, 13, 14, 15, 16, 17, 40].map((count) => '7'.repeat(count));
    const numbers = [...new Set(texts)].flatMap((text, i) => {
      const more = digits[i % digits.length]!;
      return [text, more + text, text + more, `-${more}${text}`];
    });
    // One bad line leaves the others alone, so all are one source.
    const elements = numbers.filter((text) => text !== '').map((text) => `[${text}]`);
    const { bad, records } = scan(utf8(elements.join('\n')), optionsFor('ndjson'));
    const isBad = new Set(bad.map(({ record }) => record));
    const isNumber = /^\[-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\]$/;
    expect(elements.filter((text, i) => isNumber.test(text) === isBad.has(i))).toEqual([]);
    expect(records.length).toBeGreaterThan(1000);
  });

  // A window of 64 holds all of it, as those of 7 and more do: there, a part of them will do.
  const every = ['plain', 'simd, window of 1', 'simd, window of 64'].includes(name) ? 1 : 5;
  it('accepts, of all sequences of a string and two bytes, exactly those that are UTF-8', () => {
    for (const wrap of [
      (bytes: number[]) => bytes,
      (bytes: number[]) => [...bytes, 0x80],
      (bytes: number[]) => [...bytes, 0xbf, 0x80],
    ]) {
      for (let lead = 0x7f; lead < 0x100; lead++) {
        for (let second = 0x20; second < 0x100; second++) {
          if (!isTried(lead + second, every)) continue;
          const source = Uint8Array.of(0x22, ...wrap([lead, second]), 0x22);
          const isAccepted = soleRecord(scan(source, optionsFor('values')), source.length) !== undefined;
          if (isAccepted !== (acceptedText(source, 1024) !== undefined))
            expect.fail(`${Buffer.from(source).toString('hex')}: ${isAccepted}`);
        }
      }
    }
  });
});

it.each(layouts)('the plain kernel says where a record is, layout %s', (layout) => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const document = layout === 'ndjson' ? text.replaceAll('\n', ' ') : text;
      const source = laidOut(utf8(document), layout);
      const record = scanPlain(source, optionsFor(layout)).records[0]!;
      expect(Buffer.from(source.subarray(record.start, record.end)).toString()).toBe(document.trim());
    }),
    { numRuns: runs(300) },
  );
});
