// Goal: with wildcards, the walker finds all containers that match, and notes every place that has something else, however
// the document comes in pieces. Method: documents in pieces of one byte and whole, with places that are written by hand.

import { expect, test } from 'vitest';
import { type Container, DocumentWalker } from '../../src/import/source/document.js';
import { parsePointer } from '../../src/keys/paths.js';
import { utf8 } from '../support/scans.js';

/** The texts of all containers and misfits, in order. Nobody reads the containers: the walker does so itself. */
function found(text: string, select: string, pieceBytes: number, layout?: Container['layout']): string[] {
  const walker = new DocumentWalker([parsePointer(select)], 'file', 100, 'reject', layout);
  const bytes = utf8(text);
  const all: string[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const piece = bytes.subarray(at, at + pieceBytes);
    const walked = walker.walkOne(piece, at);
    for (const { from, to } of walker.takeMisfits()) all.push(`! ${text.slice(from, to)}`);
    if (typeof walked === 'object') {
      const end = text.indexOf(walked.layout === 'array' ? ']' : '}', walked.from);
      all.push(text.slice(walked.from - 1, end + 1));
      walker.leaveContainer();
      at = end + 1;
    } else at += piece.byteLength;
  }
  walker.finish(bytes.byteLength);
  return all;
}

const DOCUMENT = String.raw`{ "a": [ {"r": [1] }, {"r":[2], "r": [9]}, 7, {"x":[3]}, {"r": null}, {"r" :"\"]" },{"r":{"b":[]}},{"r":[4]} ],
  "o":{"p":{"r":[5]},"*":{"r":[6]},"p":{"r":[7]},"e":{}}, "n": {}, "m": [] }`;

test.each([
  ['/a/*/r', ['[1]', '[2]', '! null', '! "\\"]"', '! {"b":[]}', '[4]']],
  ['/o/*/r', ['[5]', '[6]', '[7]']],
  ['/o/~2/r', ['[6]']],
  ['/*/0/r', ['[1]']],
  ['/a/*/*', ['[1]', '[2]', '[9]', '[3]', '! null', '! "\\"]"', '! {"b":[]}', '[4]']],
  ['/n/*', []],
  ['/m/*/x/y', []],
])('%s', (select, places) => {
  for (const pieceBytes of [1, 2, 7, 10_000]) expect(found(DOCUMENT, select, pieceBytes, 'array')).toEqual(places);
});

test('the kind of the first container does not bind the walker until somebody says what they are', () => {
  expect(found('[{"a":1},[2]]', '/*', 1)).toEqual(['{"a":1}', '[2]']);
  expect(found('[{"a":1},[2]]', '/*', 1, 'object')).toEqual(['{"a":1}', '! [2]']);
});
