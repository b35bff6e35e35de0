// key > index page > location > frame cache > frame > [record], with exact integers
//
// The value of a JSON text in which integers that no JavaScript number holds exactly become bigints. All else is as JSON.parse
// has it.
//
// JSON.parse does not show how a number is spelled, or shows it only to a reviver, in newer versions of Node, at several
// times its own cost. So each number token from 2^53 on is replaced in the text by a *mark*, which is a number from 2^53 on
// itself, and after JSON.parse each mark by the value of its token. No other number is as large, so no mark can be mistaken.
// What JSON.parse decides, such as which of two members of one name counts, it decides here too.

/** How integers beyond `Number.MAX_SAFE_INTEGER` are given: as numbers, which are rounded, or as bigints. */
export type UnsafeIntegers = 'number' | 'bigint';

/** Marks are this number and every second one after it: all of them are doubles. */
const MARK_MIN = 2 ** 53;
/** Numbers from 2^53 on have as many digits, or an exponent. */
const MANY_DIGITS = /\d{16}/;
const MAY_BE_LARGE = /\d{16}|\d[eE]/g;
const OF_NUMBER: ReadonlySet<string> = new Set('-+.0123456789eE');
const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** @throws SyntaxError as JSON.parse */
export function exactValue(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text);
  const { marked, meant } = withMarks(text);
  if (!meant.some((value) => typeof value === 'bigint')) return JSON.parse(text);
  try {
    return unmarked(JSON.parse(marked), meant);
  } catch (error) {
    // Of the text, and not of marks that nobody knows.
    if (error instanceof SyntaxError) JSON.parse(text);
    throw error;
  }
}

type Meant = readonly (number | bigint)[];

/** The text with marks, which is JSON if the text is, and what each mark stands for. */
function withMarks(text: string): { readonly marked: string; readonly meant: Meant } {
  const meant: (number | bigint)[] = [];
  let marked = '';
  let copied = 0;
  /** Up to where it is known what is inside of strings. */
  let at = 0;
  MAY_BE_LARGE.lastIndex = 0;
  for (let found = MAY_BE_LARGE.exec(text); found !== null; found = MAY_BE_LARGE.exec(text)) {
    let quote = text.indexOf('"', at);
    for (; quote !== -1 && quote < found.index; quote = text.indexOf('"', at)) at = stringEnd(text, quote);
    if (at > found.index) {
      MAY_BE_LARGE.lastIndex = at;
      continue;
    }
    const [start, end] = [tokenStart(text, found.index), tokenEnd(text, found.index)];
    const value = largeNumber(text.slice(start, end));
    if (value !== undefined) {
      marked += text.slice(copied, start) + String(MARK_MIN + 2 * meant.length);
      copied = end;
      meant.push(value);
    }
    at = end;
    MAY_BE_LARGE.lastIndex = end;
  }
  return { marked: marked + text.slice(copied), meant };
}

/** One past the string that begins at `quote`. */
function stringEnd(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function tokenStart(text: string, within: number): number {
  let start = within;
  while (start > 0 && OF_NUMBER.has(text[start - 1]!)) start--;
  return start;
}

function tokenEnd(text: string, within: number): number {
  let end = within;
  while (end < text.length && OF_NUMBER.has(text[end]!)) end++;
  return end;
}

/** Undefined for a smaller number, and for what is none: JSON.parse refuses that. */
function largeNumber(token: string): number | bigint | undefined {
  const parts = NUMBER.exec(token);
  const value = Number(token);
  if (parts === null || Math.abs(value) < MARK_MIN) return undefined;
  return parts[1] === undefined && parts[2] === undefined ? BigInt(token) : value;
}

/** Puts into a parsed value what its marks stand for. It has a stack of its own: records may nest deeper than calls can. */
function unmarked(value: unknown, meant: Meant): unknown {
  const outermost = [value];
  const stack: object[] = [outermost];
  while (stack.length > 0) {
    const next = stack.pop() as Record<string, unknown>;
    for (const name of Object.keys(next)) {
      const member = next[name];
      if (typeof member === 'number') {
        // A name that is there is written even where it is __proto__.
        if (member >= MARK_MIN) next[name] = meant[(member - MARK_MIN) / 2];
      } else if (typeof member === 'object' && member !== null) stack.push(member);
    }
  }
  return outermost[0];
}
