// What goes to stderr: failures as `gristmill: CODE: message` or, with --json, as one JSON object a line.

import { WARNING_TYPE } from '../../base/events.js';
import { escapeControls, jsonLine } from './escape.js';
import { Exit, type Failure, failureOf } from './exit.js';
import { inFlags } from './flags.js';
import { printError } from './streams.js';

/** Prints one line for a person. */
export function note(text: string): void {
  printError(`gristmill: ${escapeControls(inFlags(text))}
`);
}

/** Prints our own warnings of the process as notes, and leaves the others to Node. */
export function noteWarnings(): void {
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === WARNING_TYPE) note(`warning: ${warning.message}`);
    else for (const show of others) show.call(process, warning);
  });
}

/** Prints that a key has no record: not an error, since the others are still looked up. */
export function reportMiss(key: string, text: string, asJson: boolean): void {
  if (!asJson) note(text);
  else printError(asJsonLine({ code: 'NOT_FOUND', message: text, exit: Exit.notFound, facts: { key } }));
}

/** Prints what went wrong and returns the exit code it leads to. */
export function reportFailure(error: unknown, asJson: boolean, hint?: string): number {
  const failure = failureOf(error);
  printError(asJson ? asJsonLine(failure) : asText(failure, hint));
  return failure.exit;
}

function asJsonLine({ code, message, exit, facts }: Failure): string {
  return jsonLine({ code, message, ...facts, exit });
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
