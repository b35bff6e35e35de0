// records > [form] > pack
//
// The forms of an export: what stands before the first record, between two of them and after the last, and how a record is
// written. Tokens keep their spelling in all of them.

import { GristmillError } from '../../base/errors.js';
import { keyText } from '../../keys/decode.js';
import type { KeyNames } from '../../keys/key-path.js';
import { ownKeyIn } from '../../lookup/rows/own-key.js';
import { type LineForm, nameText, recordText } from '../../store/shards/line.js';
import { header, namesIn, row } from './csv.js';
import { indented } from './indent.js';

/** How records are written; plain data, which threads are given. */
export type RecordForm =
  | { readonly kind: 'ndjson' }
  | { readonly kind: 'array'; readonly pretty: boolean }
  /** `keys` says where a record without a name has its key. */
  | { readonly kind: 'object'; readonly pretty: boolean; readonly keys: KeyNames | undefined }
  | { readonly kind: 'csv'; readonly columns: readonly string[]; readonly isNamed: boolean }
  /** The names of members: those of each piece as an array of JSON, which is what the columns of CSV are found by. */
  | { readonly kind: 'columns' };

/** What stands around the records of a form. */
interface Frame {
  readonly open: string;
  readonly between: string;
  readonly close: string;
}

export function frameOfForm(form: RecordForm): Frame {
  switch (form.kind) {
    case 'array':
    case 'object': {
      const [open, close] = form.kind === 'array' ? '[]' : '{}';
      return { open: `${open}\n`, between: ',\n', close: `\n${close}\n` };
    }
    case 'csv':
      return { open: header(form.columns), between: '', close: '' };
    default:
      return { open: '', between: '', close: '' };
  }
}

/** Gathers the text of records, in the form of an export. */
export class FormWriter {
  readonly #form: RecordForm;
  readonly #lineForm: LineForm;
  readonly #names = new Set<string>();
  #text = '';
  #between: string;

  /** @param isFirst whether no record comes before */
  constructor(form: RecordForm, lineForm: LineForm, isFirst: boolean) {
    this.#form = form;
    this.#lineForm = lineForm;
    const { between } = frameOfForm(form);
    this.#between = isFirst ? '' : between;
    this.#next = between;
  }

  readonly #next: string;

  /** @throws GristmillError CHECKSUM_MISMATCH; COLLECTION_MISMATCH where the form has no place for a record */
  add(line: string): void {
    this.#text += this.#between + this.#written(line);
    this.#between = this.#next;
  }

  /** All that was added. */
  take(): string {
    return this.#form.kind === 'columns' ? JSON.stringify([...this.#names]) : this.#text;
  }

  #written(line: string): string {
    const form = this.#form;
    switch (form.kind) {
      case 'ndjson':
        return `${line}\n`;
      case 'array':
        return form.pretty ? `  ${indented(line, '  ')}` : line;
      case 'object': {
        const text = recordText(line, this.#lineForm);
        const name = this.#lineForm.isNamed ? nameText(line) : keyName(text, form.keys);
        return form.pretty ? `  ${name}: ${indented(text, '  ')}` : `${name}:${text}`;
      }
      case 'csv': {
        const name = this.#lineForm.isNamed ? nameText(line) : undefined;
        return row(recordText(line, this.#lineForm), form, name);
      }
      case 'columns':
        for (const name of namesIn(recordText(line, this.#lineForm))) this.#names.add(name);
        return '';
    }
  }
}

/** A primary key as the name of a member: a string as it is, anything else by its JSON text. */
function keyName(text: string, keys: KeyNames | undefined): string {
  if (keys === undefined) {
    const message =
      'a record has neither a name nor a key, so the collection cannot be written as one object: use format array or ndjson';
    throw new GristmillError('COLLECTION_MISMATCH', message);
  }
  const key = ownKeyIn(text, keys);
  return JSON.stringify(typeof key === 'string' ? key : keyText(key));
}
