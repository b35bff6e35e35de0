// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What a source is that is no JSON, by its first bytes, and what its user can do.

import { shellWord } from '../../base/shell-word.js';
import type { CodecName } from '../codec/codec.js';
import { codecOf } from '../codec/recognise.js';

interface OtherFormat {
  /** The ending of its files. */
  readonly ending?: string;
  readonly is: string;
  /** What makes JSON of it; it reads the file from its standard input. */
  readonly command?: string;
}

const ascii = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

/** The bytes that formats begin with: RFC 7464, and what zip and Parquet say of themselves. */
const FORMATS: readonly (OtherFormat & { readonly begins: readonly number[] })[] = [
  {
    begins: [0, 0],
    is: 'It begins with zero bytes, which a crash can leave in a log. Remove them first',
    command: "tr -d '\\000'",
  },
  {
    begins: [0x1e],
    is: 'It is a JSON text sequence (RFC 7464), which neither option dialect nor option select accepts. Remove its separators first',
    command: "tr -d '\\036'",
  },
  ...['//', '/*'].map((comment) => ({
    begins: ascii(comment),
    is: "It begins with a comment, as JSON5 may: give option dialect: 'json5'",
  })),
  {
    begins: [...ascii('PK'), 3, 4],
    is: 'It is a zip archive. gristmill reads a zip archive if you give it as a source, but not inside a folder or another archive',
  },
  { begins: ascii('PAR1'), is: 'It is a Parquet file' },
  { begins: ascii('<'), is: 'It looks like XML or HTML. Did you save an error page in place of the file?' },
];

const compressed = (name: string, ending: string, tool: string): OtherFormat => ({
  ending,
  is: `It is compressed with ${name}. Decompress it first`,
  command: `${tool} -dc`,
});

/** Of a source that is compressed twice, or said not to be compressed. */
const COMPRESSED: { readonly [codec in CodecName]: OtherFormat } = {
  gzip: compressed('gzip', '.gz', 'gzip'),
  zstd: compressed('zstd', '.zst', 'zstd'),
  bzip2: compressed('bzip2', '.bz2', 'bzip2'),
  xz: compressed('xz', '.xz', 'xz'),
  lz4: compressed('LZ4', '.lz4', 'lz4'),
  brotli: compressed('Brotli', '.br', 'brotli'),
};

/** What a source is that begins with these bytes, and what to do; undefined where nobody knows. */
export function otherFormat(path: string, bytes: Uint8Array): string | undefined {
  // By its bytes alone: the name may be that of what it was compressed with.
  const codec = codecOf('', bytes);
  const found = FORMATS.find(({ begins }) => begins.every((byte, i) => bytes[i] === byte));
  const format = codec === undefined ? found : COMPRESSED[codec];
  if (format === undefined) return undefined;
  const { is, command, ending = '' } = format;
  if (command === undefined) return /[.?]$/.test(is) ? is : `${is}.`;
  const target = ending !== '' && path.endsWith(ending) ? path.slice(0, -ending.length) : `${path}.plain`;
  return `${is}: ${command} < ${shellWord(path)} > ${shellWord(target)}`;
}
