// Bytes of a source as a person may read them in an error: never raw, for a terminal obeys control characters.

import { shownText } from './withheld.js';

export const SNIPPET_BYTES = 60;

/** Control characters, blanks that are no JSON white space, all that a font may draw as nothing, and bytes that are no UTF-8. */
const INVISIBLE = /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\ufffd]/gu;

/** About 60 bytes around `at`, control characters and anything that is not UTF-8 escaped. Withheld from errors about encrypted stores. */
export function snippetOf(bytes: Uint8Array, at: number): string {
  return shownText(() => escaped(bytes, at));
}

function escaped(bytes: Uint8Array, at: number): string {
  const from = Math.max(0, at - SNIPPET_BYTES / 3);
  const text = Buffer.from(bytes.subarray(from, from + SNIPPET_BYTES)).toString('utf8');
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0)!;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
