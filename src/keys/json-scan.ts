// record > [scan] > patches, migrations, exports
//
// Where tokens and values end in the text of a stored record, which is valid JSON without white space between tokens: the import has
// checked that. In another text the search ends, too, with an error or at a wrong place.

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const OPEN_OBJECT = '{'.charCodeAt(0);
const CLOSE_OBJECT = '}'.charCodeAt(0);
/** The one bit in which a bracket differs from a brace: with it, one comparison finds both. */
const BRACE_BIT = 0x20;
/** Longer strings are searched for their end by `indexOf`, which is faster on long texts and costs a call on short ones. */
export const SHORT_STRING = 24;

/** One past the closing quote of the string that begins at `at`. */
export function stringEnd(text: string, at: number): number {
  const shortEnd = at + SHORT_STRING;
  for (let end = at + 1; end < shortEnd; end++) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) return end + 1;
    if (code === BACKSLASH) end++;
  }
  return longStringEnd(text, at);
}

/** The same, without a look at single characters. */
export function longStringEnd(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? noEnd() : end + 1;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let from = quote;
  while (text.charCodeAt(from - 1) === BACKSLASH) from--;
  return (quote - from) % 2 === 1;
}

/** One past the last character of the value that begins at `at`. */
export function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if ((first | BRACE_BIT) === OPEN_OBJECT) return containerEnd(text, at);
  let end = at + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === COMMA || (code | BRACE_BIT) === CLOSE_OBJECT) break;
  }
  return end;
}

function containerEnd(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; ) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) {
      end = stringEnd(text, end);
      continue;
    }
    end++;
    const brace = code | BRACE_BIT;
    if (brace === OPEN_OBJECT) depth++;
    else if (brace === CLOSE_OBJECT && --depth === 0) return end;
  }
  return noEnd();
}

/** @throws TypeError for a text that is no record */
export function noEnd(): never {
  throw new TypeError('expected the text of a record: valid JSON without white space between tokens');
}

/** The string that is spelled so, with its quotes. */
export function stringOf(spelled: string): string {
  return spelled.includes('\\') ? (JSON.parse(spelled) as string) : spelled.slice(1, -1);
}
