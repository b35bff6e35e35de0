// What errors may show of data. Bytes of a source are never shown raw, for a terminal obeys control characters. And errors reach
// logs, and a log is no encrypted store: as long as a thread works on an encrypted store, its errors say files, offsets and
// lines, but no text of records, keys or sources.

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

/** The keys of the encrypted stores that this thread has open. */
const stores = new Set<object>();

/** An encrypted store is opened in this thread. @param keys as `giveText` gets them */
export function withholdText(keys: object): void {
  stores.add(keys);
}

/** It is closed. Idempotent. */
export function giveText(keys: object): void {
  stores.delete(keys);
}

export function isWithheld(): boolean {
  return stores.size > 0;
}

/** A text for an error, or words that stand for it. */
export function shownText(text: () => string): string {
  return stores.size > 0 ? '(not shown: the store is encrypted)' : text();
}
