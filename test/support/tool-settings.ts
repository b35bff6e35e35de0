// What tools of bzip2, xz and LZ4 can be told, as far as it changes the form of what they write.

import type { CodecName } from '../../src/import/codec/codec.js';

export interface ToolSetting {
  readonly codec: CodecName;
  readonly tool: string;
  readonly args: readonly string[];
}

const of = (codec: CodecName, tool: string, ...lines: string[]): ToolSetting[] =>
  lines.map((line) => ({ codec, tool, args: line.split(' ') }));

export const TOOL_SETTINGS: readonly ToolSetting[] = [
  ...of('gzip', 'gzip', '-c', '-c1', '-c9'),
  ...of('gzip', 'pigz', '-c', '-c -11', '-c -i'),
  ...of('gzip', 'bgzip', '-c'),
  ...of('zstd', 'zstd', '-c', '-c -19', '-c --fast=3', '-c --no-check', '-c --long=27', '-c -T2 -B100000'),
  ...of('zstd', 'pzstd', '-c'),
  ...of('bzip2', 'bzip2', '-c1', '-c9'),
  ...of('bzip2', 'pbzip2', '-c -b1'),
  ...of('xz', 'xz', '-c', '-c0', '-c9e', '-c --check=none', '-c --check=crc32', '-c --check=sha256'),
  ...of('xz', 'xz', '-c --block-size=20000', '-c -T2 --block-size=50000'),
  // A dictionary that is smaller than the file, and each number of bits of context.
  ...of('xz', 'xz', '-c --lzma2=dict=4KiB,lc=0,lp=4,pb=0', '-c --lzma2=dict=64KiB,lc=4,lp=0,pb=4'),
  ...of('lz4', 'lz4', '-c', '-c9', '-c -B4', '-c -B7', '-c -B4 -BD', '-c -B5 -BD -BX', '-c -BX --no-frame-crc'),
  ...of('lz4', 'lz4', '-c --content-size', '-c --fast=9 -B4'),
  ...of('brotli', 'brotli', '-c', '-c -q 1', '-c -w 10'),
];
