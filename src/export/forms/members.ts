// records > [form] > pack: where the members of an object are in its text. Their tokens keep their spelling.

const [QUOTE, BACKSLASH, COMMA, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [...'"\\,{}[]'].map(
  (character) => character.charCodeAt(0),
) as [number, number, number, number, number, number, number];
const SPACE = 0x20;

/** Called with the name as spelled, and with where the value begins and ends. */
type TakeMember = (name: string, from: number, to: number) => void;

/** Whether the text of a record is that of an object. */
export function isObject(text: string): boolean {
  return text.charCodeAt(afterBlanks(text, 0)) === OPEN_BRACE;
}

/** Gives all members of an object, in order. @param text valid JSON */
export function eachMember(text: string, take: TakeMember): void {
  let at = afterBlanks(text, afterBlanks(text, 0) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = stringEnd(text, at);
    const from = afterBlanks(text, afterBlanks(text, nameEnd) + 1);
    const to = valueEnd(text, from);
    take(text.slice(at, nameEnd), from, to);
    at = afterBlanks(text, to);
    if (text.charCodeAt(at) !== COMMA) return;
    at = afterBlanks(text, at + 1);
  }
}

/** The string that a token of JSON means. */
export function stringOf(token: string): string {
  return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
}

/** Of JSON white space, which is all that is not greater than a space. */
export function afterBlanks(text: string, at: number): number {
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}

/** One past the closing quote of the string that begins at `at`. */
export function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

/** One past the last character of the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  for (let depth = 0, end = at; end < text.length; ) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) {
      end = stringEnd(text, end);
      if (depth === 0) return end;
      continue;
    }
    if (depth === 0 && (code === COMMA || code <= SPACE || code === CLOSE_BRACE || code === CLOSE_BRACKET)) return end;
    end++;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return end;
  }
  return text.length;
}
