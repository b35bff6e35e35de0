// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Rejected records of a span: counted, and kept when asked to, each as a line with where, why and its bytes.

import { closeSync, openSync } from 'node:fs';
import { BadReason, type BadReasonName } from '../kernel/contract.js';
import { ioError, writeFully } from '../store/io.js';
import type { RejectedLine } from './span-types.js';

export class Rejects {
  count = 0;
  readonly #path: string;
  readonly #keeps: boolean;
  #fd: number | undefined;

  constructor(path: string, keeps: boolean) {
    this.#path = path;
    this.#keeps = keeps;
  }

  add(offset: number, record: number, reason: BadReasonName, raw: Uint8Array): void {
    this.count++;
    if (!this.#keeps) return;
    const rawBase64 = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('base64');
    const line: RejectedLine = { offset, record, reason, message: BadReason[reason], bytes: raw.byteLength, rawBase64 };
    try {
      this.#fd ??= openSync(this.#path, 'w', 0o600);
    } catch (cause) {
      throw ioError(cause, 'create', this.#path);
    }
    writeFully(this.#fd, Buffer.from(`${JSON.stringify(line)}\n`), this.#path);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
