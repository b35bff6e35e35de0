// What goes to stderr: failures as `gristmill: CODE: message` or, with --json, as one JSON object a line.
// Text from sources and file names is untrusted: control characters never reach the terminal as they are.

import { Exit, type Failure, failureOf } from './exit.js';

/** C0, DEL, C1, line separators and the characters that turn text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Writes control characters as `\u001b`, so that they can be read and do nothing. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Prints one line for a person. */
export function note(text: string): void {
  process.stderr.write(`gristmill: ${escapeControls(text)}\n`);
}

/** Prints that a key has no record: not an error, since the others are still looked up. */
export function reportMiss(key: string, text: string, asJson: boolean): void {
  if (!asJson) note(text);
  else
    process.stderr.write(`${asJsonLine({ code: 'NOT_FOUND', message: text, exit: Exit.notFound, facts: { key } })}\n`);
}

/** Prints what went wrong and returns the exit code it leads to. */
export function reportFailure(error: unknown, asJson: boolean, hint?: string): number {
  const failure = failureOf(error);
  process.stderr.write(asJson ? `${asJsonLine(failure)}\n` : asText(failure, hint));
  return failure.exit;
}

function asJsonLine({ code, message, exit, facts }: Failure): string {
  const plain = (_name: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return JSON.stringify({ code, message, ...facts, exit }, plain).replace(UNSAFE, escapeControls);
}

function asText({ code, message, facts }: Failure, hint?: string): string {
  // A stack trace keeps its lines; everything else is one.
  const shown = code === 'INTERNAL' ? message.split('\n').map(escapeControls).join('\n') : escapeControls(message);
  const lines = [`gristmill: ${code}: ${shown}`];
  const place = placeOf(facts, message);
  if (place !== '') lines.push(`  at ${escapeControls(place)}`);
  if (typeof facts.snippet === 'string' && !message.includes(facts.snippet)) {
    lines.push(`  near ${escapeControls(facts.snippet)}`);
  }
  if (hint !== undefined) lines.push(`  ${hint}`);
  return `${lines.join('\n')}\n`;
}

/** The facts a message does not name itself, as words. */
function placeOf({ file, offset, line, record }: Failure['facts'], message: string): string {
  const said = (word: string, value: unknown) => new RegExp(`\\b${word} ${value}\\b`).test(message);
  const parts: string[] = [];
  if (typeof file === 'string' && !message.includes(file)) parts.push(file);
  for (const [word, value] of Object.entries({ byte: offset, line, record })) {
    if (typeof value === 'number' && !said(word, value)) parts.push(`${word} ${value}`);
  }
  return parts.join(', ');
}
