// records > [form] > pack
//
// The forms of an export: what stands before the first record, between two of them and after the last, and how a record is
// written. Tokens keep their spelling in all of them.

import { GristmillError } from '../../base/errors.js';
import { keyText } from '../../keys/decode.js';
import type { KeyNames } from '../../keys/key-path.js';
import { ownKeyIn } from '../../lookup/rows/own-key.js';
import { type LineForm, nameText, recordName, storedText } from '../../store/shards/line.js';
import { header, namesIn, row } from './csv.js';
import { fileName } from './file-name.js';
import { indented } from './indent.js';

/** How records are written; plain data, which threads are given. */
export type RecordForm =
  | { readonly kind: 'ndjson' }
  | { readonly kind: 'array'; readonly pretty: boolean }
  /** `keys` says where a record without a name has its key. */
  | { readonly kind: 'object'; readonly pretty: boolean; readonly keys: KeyNames | undefined }
  | { readonly kind: 'csv'; readonly columns: readonly string[]; readonly isNamed: boolean }
  /** Paths and texts of files, each ended by a NUL. */
  | {
      readonly kind: 'files';
      readonly template: string;
      readonly pretty: boolean;
      readonly keys: KeyNames | undefined;
    }
  /** The names of members: those of each piece as an array of JSON, which is what the columns of CSV are found by. */
  | { readonly kind: 'columns' };

/** What stands between two records. Lines have their own ends. */
export function betweenOf({ kind }: RecordForm): string {
  return kind === 'array' || kind === 'object' ? ',\n' : '';
}

/** What stands before the first record, and after the last one. */
export function endsOf(form: RecordForm): { readonly open: string; readonly close: string } {
  if (form.kind === 'csv') return { open: header(form.columns), close: '' };
  if (form.kind === 'array') return { open: '[\n', close: '\n]\n' };
  if (form.kind === 'object') return { open: '{\n', close: '\n}\n' };
  return { open: '', close: '' };
}

/** Gathers the text of records, in the form of an export. */
export class FormWriter {
  readonly #form: RecordForm;
  readonly #lineForm: Pick<LineForm, 'isNamed'>;
  readonly #names = new Set<string>();
  readonly #between: string;
  #text = '';
  #isFirst: boolean;

  /** @param lineForm of the lines, whose records have their shape already. @param isFirst whether no record comes before */
  constructor(form: RecordForm, lineForm: Pick<LineForm, 'isNamed'>, isFirst: boolean) {
    this.#form = form;
    this.#lineForm = lineForm;
    this.#between = betweenOf(form);
    this.#isFirst = isFirst;
  }

  /** @throws GristmillError CHECKSUM_MISMATCH; COLLECTION_MISMATCH where the form has no place for a record */
  add(line: string): void {
    if (!this.#isFirst) this.#text += this.#between;
    this.#isFirst = false;
    this.#text += this.#written(line);
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
        const text = storedText(line, this.#lineForm);
        const name = this.#lineForm.isNamed ? nameText(line) : keyName(text, form.keys);
        return form.pretty ? `  ${name}: ${indented(text, '  ')}` : `${name}:${text}`;
      }
      case 'csv': {
        const name = this.#lineForm.isNamed ? nameText(line) : undefined;
        return row(storedText(line, this.#lineForm), form, name);
      }
      case 'files': {
        const text = storedText(line, this.#lineForm);
        const key = this.#lineForm.isNamed ? recordName(line) : form.keys && ownKeyIn(text, form.keys);
        const path = fileName(form.template, key);
        return `${path}\0${form.pretty ? `${indented(text, '')}\n` : text}\0`;
      }
      case 'columns':
        for (const name of namesIn(storedText(line, this.#lineForm))) this.#names.add(name);
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
