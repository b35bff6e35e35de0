// What errors may say of data. Errors reach logs, and a log is no encrypted store: as long as a thread works on an encrypted
// store, its errors say files, offsets and lines, but no text of records, keys or sources.

/** How many encrypted stores this thread has open. */
let stores = 0;

/** An encrypted store is opened in this thread. */
export function withholdText(): void {
  stores++;
}

/** It is closed. */
export function giveText(): void {
  stores--;
}

export function isWithheld(): boolean {
  return stores > 0;
}

/** A text for an error, or words that stand for it. */
export function shownText(text: () => string): string {
  return stores > 0 ? '(not shown: the store is encrypted)' : text();
}
