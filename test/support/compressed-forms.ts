// Compressed files of each form, made by other programs: Node's zlib, zstd's library, and the tools of bzip2, xz and LZ4.

import { spawnSync } from 'node:child_process';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { CodecName } from '../../src/import/codec/codec.js';
import { zstd } from '../../src/store/codec/zstd/implementation.js';

/** One zstd frame with its size and checksum. */
export const zstdFrame = (plain: Uint8Array, level = 3): Buffer => Buffer.from(zstd().encoder(level).encode(plain));

/** What a tool of the machine makes of bytes. */
export function runTool(tool: string, args: readonly string[], input: Uint8Array): Buffer {
  const { stdout, stderr, status, error } = spawnSync(tool, args, { input, maxBuffer: 2 ** 30 });
  if (error !== undefined || status !== 0) throw error ?? new Error(`${tool} ended with ${status}: ${stderr}`);
  return stdout;
}

export function hasTool(tool: string): boolean {
  return spawnSync(tool, ['--version'], { input: '' }).error === undefined;
}

export interface Form {
  readonly codec: CodecName;
  /** The tool of the form; tests that compress or compare with it are skipped without it. */
  readonly tool?: string;
  /** One member of the form: the smallest whole file. */
  readonly compress: (plain: Buffer) => Buffer;
  /** Whether a file may have several members. */
  readonly hasMembers: boolean;
  /** Whether a changed byte is found by a checksum. */
  readonly hasChecksum: boolean;
  /** Whether zeros after the last member are allowed. */
  readonly hasPadding: boolean;
}

const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const sound = { hasMembers: true, hasChecksum: true, hasPadding: false };

export const FORMS: readonly Form[] = [
  { ...sound, codec: 'gzip', compress: (plain) => gzipSync(plain), hasPadding: true },
  { ...sound, codec: 'zstd', compress: (plain) => zstdFrame(plain) },
  { ...sound, codec: 'bzip2', tool: 'bzip2', compress: (plain) => runTool('bzip2', ['-c', '-1'], plain) },
  { ...sound, codec: 'xz', tool: 'xz', compress: (plain) => runTool('xz', ['-c', '-1'], plain), hasPadding: true },
  { ...sound, codec: 'lz4', tool: 'lz4', compress: (plain) => runTool('lz4', ['-c'], plain) },
  {
    ...sound,
    codec: 'brotli',
    compress: (plain) => brotliCompressSync(plain, QUICK),
    hasMembers: false,
    hasChecksum: false,
  },
];

/** With the forms that can be made here first in the listing; those without their tool are skipped, and so are seen. */
export const HERE = FORMS.filter(({ tool }) => tool === undefined || hasTool(tool));
export const NOT_HERE = FORMS.filter((form) => !HERE.includes(form));
