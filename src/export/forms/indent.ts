// records > [form] > pack: JSON text with white space in it, as JSON.stringify puts it, and with all tokens as spelled.

import { afterBlanks, stringEnd } from './members.js';

const STEP = '  ';

/** @param text valid JSON @param margin what stands before each line but the first */
export function indented(text: string, margin: string): string {
  let shown = '';
  let line = `\n${margin}`;
  for (let at = afterBlanks(text, 0); at < text.length; ) {
    const character = text[at]!;
    let end = at + 1;
    switch (character) {
      case '{':
      case '[': {
        end = afterBlanks(text, end);
        const isEmpty = text[end] === '}' || text[end] === ']';
        if (isEmpty) {
          shown += character + text[end];
          end++;
        } else {
          line += STEP;
          shown += character + line;
        }
        break;
      }
      case '}':
      case ']':
        line = line.slice(0, -STEP.length);
        shown += line + character;
        break;
      case ',':
        shown += `,${line}`;
        break;
      case ':':
        shown += ': ';
        break;
      case '"':
        end = stringEnd(text, at);
        shown += text.slice(at, end);
        break;
      default:
        end = scalarEnd(text, end);
        shown += text.slice(at, end);
    }
    at = afterBlanks(text, end);
  }
  return shown;
}

const SCALAR = /[^\s,\]}]*/y;

function scalarEnd(text: string, at: number): number {
  SCALAR.lastIndex = at;
  SCALAR.exec(text);
  return SCALAR.lastIndex;
}
