// Goal: a record is accepted exactly when its bytes are valid UTF-8 and JSON.parse accepts them, its line is its text without
// insignificant white space, and its keys are those of the tree JSON.parse makes.
// Method: random documents, whole and damaged, and all short texts over JSON's own characters, against an oracle that
// shares no code with the kernels (support/oracle.ts).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FramingName, Scan } from '../src/kernel/contract.js';
import { scanPlain } from '../src/kernel/plain.js';
import { damaged, jsonTexts, losslessTexts, paths, secondaryPaths } from './support/documents.js';
import { kernels } from './support/kernels.js';
import { acceptedText, keysOf, stripped } from './support/oracle.js';
import { framed, framedLine, framings, optionsFor, soleRecord, utf8 } from './support/scans.js';

const NEWLINE = '\n'.charCodeAt(0);

function expectAsOracle(scan: Scan, framing: FramingName, document: Uint8Array, depthMax: number): void {
  if (framing === 'lines' && document.includes(NEWLINE)) return;
  const source = framed(document, framing);
  const record = soleRecord(scan(source, optionsFor(framing, { depthMax })), source.length);
  const text = acceptedText(document, depthMax);
  expect(record?.line).toBe(text === undefined ? undefined : framedLine(stripped(text), framing));
  if (record === undefined) return;
  const value = JSON.parse(record.line);
  expect(framing === 'object' ? value.value : value).toEqual(JSON.parse(text!));
}

describe.each(kernels)('$name', ({ scan }) => {
  describe.each(framings)('%s', (framing) => {
    it('accepts every document', () => {
      fc.assert(
        fc.property(jsonTexts, (text) => {
          const document = framing === 'lines' ? text.replaceAll('\n', ' ') : text;
          const source = framed(utf8(document), framing);
          expect(soleRecord(scan(source, optionsFor(framing)), source.length)?.line).toBe(
            framedLine(stripped(text), framing),
          );
        }),
        { numRuns: 500 },
      );
    });

    it('accepts a damaged document exactly when the oracle does', () => {
      fc.assert(
        fc.property(damaged(jsonTexts), fc.constantFrom(2, 4, 1024), (document, depthMax) => {
          expectAsOracle(scan, framing, document, depthMax);
        }),
        { numRuns: 2500 },
      );
    });

    it('has the keys of the tree', () => {
      fc.assert(
        fc.property(losslessTexts, fc.option(paths, { nil: undefined }), secondaryPaths, (text, primary, secondary) => {
          const source = framed(utf8(framing === 'lines' ? text.replaceAll('\n', ' ') : text), framing);
          const options = optionsFor(framing, { primary, secondary });
          const { records, bad } = scan(source, options);
          const expected = keysOf(JSON.parse(text), options);
          const nameKey =
            framing === 'object' && primary === undefined
              ? keysOf('name', { ...options, primary: [], secondary: [] })
              : [];
          const outcome = records.length === 1 ? records[0].keys : bad[0].reason;
          expect(outcome).toEqual(typeof expected === 'string' ? expected : [...nameKey, ...expected]);
        }),
        { numRuns: 1000 },
      );
    });
  });

  it('accepts, of all texts of up to five characters, exactly those JSON.parse accepts', () => {
    const alphabet = ['[', ']', '{', '}', ',', ':', '"', '\\', '1', ' '];
    let texts = [''];
    let accepted = 0;
    for (let length = 0; length <= 5; length++) {
      for (const text of texts) {
        const source = utf8(text);
        const isAccepted = soleRecord(scan(source, optionsFor('values')), source.length) !== undefined;
        if (isAccepted !== (acceptedText(source, 1024) !== undefined))
          expect.fail(`${JSON.stringify(text)}: ${isAccepted}`);
        if (isAccepted) accepted++;
      }
      if (length < 5) texts = texts.flatMap((text) => alphabet.map((character) => text + character));
    }
    expect(accepted).toBeGreaterThan(100);
  });

  it('accepts, of all sequences of a string and two bytes, exactly those that are UTF-8', () => {
    for (const wrap of [
      (bytes: number[]) => bytes,
      (bytes: number[]) => [...bytes, 0x80],
      (bytes: number[]) => [...bytes, 0xbf, 0x80],
    ]) {
      for (let lead = 0x7f; lead < 0x100; lead++) {
        for (let second = 0x20; second < 0x100; second++) {
          const source = Uint8Array.of(0x22, ...wrap([lead, second]), 0x22);
          const isAccepted = soleRecord(scan(source, optionsFor('values')), source.length) !== undefined;
          if (isAccepted !== (acceptedText(source, 1024) !== undefined))
            expect.fail(`${Buffer.from(source).toString('hex')}: ${isAccepted}`);
        }
      }
    }
  });
});

it.each(framings)('the plain kernel says where a record is, framing %s', (framing) => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const document = framing === 'lines' ? text.replaceAll('\n', ' ') : text;
      const source = framed(utf8(document), framing);
      const [record] = scanPlain(source, optionsFor(framing)).records;
      expect(Buffer.from(source.subarray(record.start, record.end)).toString()).toBe(document.trim());
    }),
    { numRuns: 300 },
  );
});
