// Text from sources, stores and file names is untrusted: on a terminal a character may move the cursor, hide what stands beside
// it or turn it around. Here, and nowhere else, they are written as JSON escapes, so that they can be read and do nothing.
// In JSON that changes nothing: inside of strings an escape is the character.

/** All of Unicode that is no picture: control characters, format characters, separators of lines and paragraphs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNSAFE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** For one line. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** For text whose lines and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, escaped);
}

/** A value as one line of JSON. */
export function jsonLine(value: unknown): string {
  const plain = (_name: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return `${escapeControls(JSON.stringify(value, plain))}\n`;
}

/** Beyond the first plane JSON has two escapes for a character. */
function escaped(character: string): string {
  let text = '';
  for (let at = 0; at < character.length; at++) text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return text;
}
