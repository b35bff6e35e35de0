// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// A span's failure as the user gets it: where in the file, which line, which record, why, and what to do.

import { type ErrorCode, GristmillError } from '../errors.js';
import { BadReason } from '../kernel/contract.js';
import { SourceFile } from './source-file.js';
import type { SpanFailure, SpanTask } from './span-types.js';

const READ_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** @param readBefore records of the import read before the span. */
export function failureError(task: SpanTask, failure: SpanFailure, readBefore: number): GristmillError {
  const line = lineAt(task, failure.offset);
  const record = readBefore + failure.record;
  const { offset, reason, snippet } = failure;
  const where = `${task.path}, byte ${offset} (line ${line}, record ${record})`;
  const facts = { file: task.path, offset, line, record, snippet, ...(reason && { reason }) };
  const [code, message] = describe(failure, where, task);
  return new GristmillError(code, message, facts);
}

function describe(failure: SpanFailure, where: string, task: SpanTask): [ErrorCode, string] {
  const near = failure.snippet === '' ? '' : ` near: ${failure.snippet}`;
  switch (failure.kind) {
    case 'bad record': {
      const why = failure.reason ? BadReason[failure.reason] : 'not valid';
      const help = 'Mend the source, or import with --on-bad-record skip or quarantine.';
      return ['BAD_RECORD', `A record is bad at ${where}: ${why}${near}. ${help}`];
    }
    case 'too large': {
      const limit = task.setup.scan.recordBytesMax;
      const help =
        'If records may be that large, raise --max-record-bytes; if not, a bracket or quote is missing there.';
      return ['RECORD_TOO_LARGE', `A record begins at ${where} and is larger than ${limit} bytes. ${help}`];
    }
    case 'truncated':
      return [
        'SOURCE_TRUNCATED',
        `${task.path} ends at byte ${failure.offset} before its ${task.framing} is closed; is the copy complete?`,
      ];
    case 'too many bad':
      return ['TOO_MANY_BAD_RECORDS', `More bad records than --max-bad allows, the last at ${where}${near}.`];
  }
}

/** Line of an offset, from 1: counted only when an error needs it. */
function lineAt(task: SpanTask, offset: number): number {
  const file = SourceFile.open(task.path, 'read', task.fingerprint);
  try {
    let line = 1;
    for (let at = 0; at < offset; ) {
      const bytes = new Uint8Array(Math.min(READ_BYTES, offset - at));
      file.read(bytes, at);
      for (let i = bytes.indexOf(NEWLINE); i !== -1; i = bytes.indexOf(NEWLINE, i + 1)) line++;
      at += bytes.byteLength;
    }
    return line;
  } finally {
    file.close();
  }
}
