// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What a source is that is no JSON, by its first bytes, and what its user can do.

import { shellWord } from '../../base/shell-word.js';

interface OtherFormat {
  readonly begins: readonly number[];
  /** The ending of its files. */
  readonly ending?: string;
  readonly is: string;
  /** What makes JSON of it; it reads the file from its standard input. */
  readonly command?: string;
}

const ascii = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

/** The bytes that formats begin with: RFC 7464, RFC 1952, RFC 8878, and what bzip2, xz, LZ4, zip and Parquet say of themselves. */
const FORMATS: readonly OtherFormat[] = [
  {
    begins: [0, 0],
    is: 'It begins with bytes of zero, as a crash leaves them in a log. The rest of it is to be had without them',
    command: "tr -d '\\000'",
  },
  {
    begins: [0x1e],
    is: 'It is a JSON text sequence (RFC 7464). Remove its separators first',
    command: "tr -d '\\036'",
  },
  { begins: [0x1f, 0x8b], ending: '.gz', is: 'It is compressed with gzip. Decompress it first', command: 'gzip -dc' },
  {
    begins: [0x28, 0xb5, 0x2f, 0xfd],
    ending: '.zst',
    is: 'It is compressed with zstd. Decompress it first',
    command: 'zstd -dc',
  },
  {
    begins: ascii('BZh'),
    ending: '.bz2',
    is: 'It is compressed with bzip2. Decompress it first',
    command: 'bzip2 -dc',
  },
  {
    begins: [0xfd, ...ascii('7zXZ'), 0],
    ending: '.xz',
    is: 'It is compressed with xz. Decompress it first',
    command: 'xz -dc',
  },
  {
    begins: [0x04, 0x22, 0x4d, 0x18],
    ending: '.lz4',
    is: 'It is compressed with LZ4. Decompress it first',
    command: 'lz4 -dc',
  },
  { begins: [...ascii('PK'), 3, 4], is: 'It is a zip archive: unpack it first' },
  { begins: ascii('PAR1'), is: 'It is a Parquet file' },
  { begins: ascii('<'), is: 'It looks like XML or HTML: was a page with an error saved in its place?' },
];

/** What a source is that begins with these bytes, and what to do; undefined where nobody knows. */
export function otherFormat(path: string, bytes: Uint8Array): string | undefined {
  const format = FORMATS.find(({ begins }) => begins.every((byte, i) => bytes[i] === byte));
  if (format === undefined) return undefined;
  const { is, command, ending = '' } = format;
  if (command === undefined) return /[.?]$/.test(is) ? is : `${is}.`;
  const target = ending !== '' && path.endsWith(ending) ? path.slice(0, -ending.length) : `${path}.plain`;
  return `${is}: ${command} < ${shellWord(path)} > ${shellWord(target)}`;
}
