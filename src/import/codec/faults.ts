// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The errors of decoders. Each names the file, the byte of the compressed file and the form.

import { GristmillError } from '../../base/errors.js';
import type { CodecName } from './codec.js';

interface Form {
  /** As people write it. */
  readonly name: string;
  /** What tests a file of this form. */
  readonly check: string;
}

/** The compressed forms that data may have: also those that no file has by itself. */
export type FormName = CodecName | 'deflate';

const FORMS: { readonly [form in FormName]: Form } = {
  gzip: { name: 'gzip', check: 'gzip -t' },
  zstd: { name: 'zstd', check: 'zstd -t' },
  bzip2: { name: 'bzip2', check: 'bzip2 -t' },
  xz: { name: 'xz', check: 'xz -t' },
  lz4: { name: 'LZ4', check: 'lz4 -t' },
  brotli: { name: 'Brotli', check: 'brotli -t' },
  deflate: { name: 'deflate', check: 'unzip -t' },
};

/** Makes the errors of one file. Offsets are of the compressed file, from 0. */
export class Faults {
  readonly #form: Form;
  readonly #path: string;

  constructor(form: FormName, path: string) {
    this.#form = FORMS[form];
    this.#path = path;
  }

  truncated(offset: number): GristmillError {
    const message = `${this.#path} ends inside its ${this.#form.name} data at byte ${offset}. Is the copy complete?`;
    return new GristmillError('SOURCE_TRUNCATED', message, { file: this.#path, offset });
  }

  /** @param what the finding, such as "a block with a wrong checksum" */
  damaged(offset: number, what: string, cause?: unknown): GristmillError {
    const { name, check } = this.#form;
    const message = `${this.#path} is damaged: its ${name} data has ${what}, near byte ${offset}. Get the file again (${check} checks a copy)`;
    return new GristmillError('SOURCE_DAMAGED', message, { file: this.#path, offset, cause });
  }

  /** For an error of a library: it has met damage, or the system refuses it memory. */
  failed(offset: number, cause: NodeJS.ErrnoException): GristmillError {
    if (/alloc|memory|Z_MEM/i.test(`${cause.code} ${cause.message}`)) return noMemory(cause);
    return this.damaged(offset, `a fault (${cause.message})`, cause);
  }

  trailing(offset: number): GristmillError {
    const message = `${this.#path} has bytes after its ${this.#form.name} data that are not ${this.#form.name} data, from byte ${offset} on. If they do not belong to it, cut them off (head -c ${offset}). Otherwise get the file again`;
    return new GristmillError('SOURCE_TRAILING_BYTES', message, { file: this.#path, offset });
  }

  /** @param what the thing that nothing here can decode, such as "the filter x86" */
  unsupported(offset: number, what: string): GristmillError {
    const { name } = this.#form;
    const message = `${this.#path} needs ${what} to decompress its ${name} data at byte ${offset}, which gristmill does not have. Decompress the file first`;
    return new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: this.#path, offset });
  }

  expands(offset: number, plainBytes: number, ratioMax: number): GristmillError {
    const { name } = this.#form;
    const message = `${this.#path} grows beyond option maxExpansion: ${ratioMax}. The first ${offset} bytes of its ${name} data give more than ${plainBytes} bytes. If you trust the file, raise option maxExpansion`;
    return new GristmillError('SOURCE_EXPANDS', message, { file: this.#path, offset });
  }

  /** @param needed the bytes of memory that decoding takes */
  memory(offset: number, needed: number, memoryMax: number): GristmillError {
    const { name } = this.#form;
    const message = `${this.#path} needs ${needed} bytes of memory to decompress its ${name} data at byte ${offset}, and option maxDecoderMemory: ${memoryMax} allows fewer. If you trust the file, raise option maxDecoderMemory`;
    return new GristmillError('SOURCE_EXPANDS', message, { file: this.#path, offset });
  }
}

/** The error for memory that the limits allow and the system refuses. */
export function noMemory(cause?: unknown): GristmillError {
  return new GristmillError('IO_ERROR', 'the system refuses the memory for decompressing. Free memory', { cause });
}
