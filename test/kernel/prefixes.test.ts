// Goal: the plain kernel's answer about a record never depends on how much of the source is there. Given a prefix it says
// what it would say of the whole source, or 'more'; and it says 'more' only within the record limit.
// Method: random damaged sources, read record by record from every prefix that holds the record's first byte.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOWHERE, readRecord } from '../../src/kernel/plain/kernel.js';
import { damaged, sourceTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { layouts, optionsFor, utf8 } from '../support/scans.js';

describe.each(layouts)('layout %s', (layout) => {
  it('is read the same from any prefix that is enough', () => {
    const limits = fc.constantFrom(3, 10, 1_000_000);
    fc.assert(
      fc.property(damaged(sourceTexts(layout)), limits, (source, recordBytesMax) => {
        const options = optionsFor(layout, { recordBytesMax, secondary: [['a']] });
        for (let at = 0, afterComma = false, reads = 0; at !== NOWHERE; reads++) {
          expect(reads).toBeLessThanOrEqual(source.length + 2); // every read makes progress
          const whole = readRecord(source, at, options, true, afterComma);
          if (whole.kind === 'more') expect.fail('more was asked for at the end of the source');
          for (let length = at; length < source.length; length++) {
            const part = readRecord(source.subarray(0, length), at, options, false, afterComma);
            if (part.kind !== 'more') expect(part).toEqual(whole);
            else expect(length - part.from).toBeLessThanOrEqual(recordBytesMax);
          }
          if (whole.kind === 'end') break;
          at = whole.next;
          afterComma = whole.afterComma;
        }
      }),
      { numRuns: runs(80) },
    );
  });

  it('can be read in pieces, keeping no byte before the boundary it asks to go on from', () => {
    fc.assert(
      fc.property(damaged(sourceTexts(layout)), fc.integer({ min: 1, max: 7 }), (source, piece) => {
        const options = optionsFor(layout);
        const readAll = (pieceBytes: number): unknown[] => {
          const seen: unknown[] = [];
          let base = 0; // source offset of the first byte that is kept
          let there = 0;
          let at = 0;
          let afterComma = false;
          for (;;) {
            const outcome = readRecord(
              source.subarray(base, there),
              at - base,
              options,
              there === source.length,
              afterComma,
            );
            if (outcome.kind === 'more') {
              base = at = base + outcome.from;
              there = Math.min(there + pieceBytes, source.length);
              continue;
            }
            if (outcome.kind === 'end') return [...seen, outcome.next === NOWHERE ? NOWHERE : base + outcome.next];
            if (outcome.kind === 'record') seen.push(outcome.record.line);
            else if (outcome.kind === 'bad')
              seen.push([outcome.reason, base + outcome.offset, base + outcome.start, base + outcome.end]);
            at = base + outcome.next;
            afterComma = outcome.afterComma;
          }
        };
        expect(readAll(piece)).toEqual(readAll(source.length));
      }),
      { numRuns: runs(250) },
    );
  });

  it('asks for more bytes of blanks without keeping any', () => {
    const blanks = utf8(' \r\n\t'.repeat(100));
    expect(readRecord(blanks, 0, optionsFor(layout, { recordBytesMax: 10 }), false)).toEqual({
      kind: 'more',
      from: blanks.length,
    });
  });
});
