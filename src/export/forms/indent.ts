// records > [form] > pack: JSON text with white space in it, as JSON.stringify puts it, and with all tokens as spelled.

import { stringEnd } from '../../keys/json-scan.js';

const STEP = '  ';

/** @param text of a record: JSON without white space between tokens @param margin what stands before each line but the first */
export function indented(text: string, margin: string): string {
  let shown = '';
  let line = `\n${margin}`;
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    let end = at + 1;
    switch (character) {
      case '{':
      case '[': {
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
    at = end;
  }
  return shown;
}

const SCALAR = /[^,\]}]*/y;

function scalarEnd(text: string, at: number): number {
  SCALAR.lastIndex = at;
  SCALAR.exec(text);
  return SCALAR.lastIndex;
}
