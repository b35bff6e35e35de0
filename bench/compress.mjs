// Compressed forms of a file, made by node:zlib and the tools of the system: many members, and one.

import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

const BGZF_BYTES = 65_280;
const MEMBERS = 100_000;
const FRAME_BYTES = 2 ** 20;
const LEVEL = { level: 6 };

/** By name: the ending of the file, and what makes it; `tool` is needed for it. */
export const FORMS = {
  'zst, frames of 1 MiB': {
    ending: 'zst',
    tool: 'zstd',
    make: (source, to) => inMembers(source, to, FRAME_BYTES, zstd),
  },
  'gz, BGZF': { ending: 'bgzf.gz', make: (source, to) => inMembers(source, to, BGZF_BYTES, bgzf) },
  'gz, 100,000 members': {
    ending: 'members.gz',
    make: (source, to) =>
      inMembers(source, to, Math.ceil(statSync(source).size / MEMBERS), (bytes) => gzipSync(bytes, LEVEL)),
  },
  'gz, one member': { ending: 'one.gz', tool: 'gzip', make: (source, to) => piped('gzip', source, to) },
  bz2: { ending: 'bz2', tool: 'bzip2', make: (source, to) => piped('bzip2', source, to) },
  'xz, one block': { ending: 'xz', tool: 'xz', make: (source, to) => piped('xz -1 -T1', source, to) },
  lz4: { ending: 'lz4', tool: 'lz4', make: (source, to) => piped('lz4', source, to) },
};

/** The command that writes the text of a file to its output. */
export const DECOMPRESS = { zst: 'zstd -dc', gz: 'gzip -dc', bz2: 'bzip2 -dc', xz: 'xz -dc', lz4: 'lz4 -dc' };

export const hasTool = (tool) =>
  tool === undefined || spawnSync(tool, ['--version'], { input: '' }).error === undefined;

function piped(command, source, to) {
  execFileSync('sh', ['-c', `${command} -c "$0" > "$1"`, source, to]);
}

function inMembers(source, to, bytes, compress) {
  rmSync(to, { force: true });
  const file = openSync(source);
  const buffer = Buffer.alloc(bytes);
  let members = [];
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      members.push(compress(buffer.subarray(0, read)));
      if (members.length < 1000) continue;
      appendFileSync(to, Buffer.concat(members));
      members = [];
    }
    appendFileSync(to, Buffer.concat(members));
  } finally {
    closeSync(file);
  }
}

const zstd = (bytes) => spawnSync('zstd', ['-q', '-c'], { input: bytes, maxBuffer: 2 ** 30 }).stdout;

/** A member of BGZF (SAM specification, 4.1): its header says how long it is. */
function bgzf(bytes) {
  const data = deflateRawSync(bytes, LEVEL);
  const header = Buffer.from('1f8b08040000000000ff0600424302000000', 'hex');
  header.writeUInt16LE(header.byteLength + data.byteLength + 8 - 1, 16);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes));
  trailer.writeUInt32LE(bytes.byteLength, 4);
  return Buffer.concat([header, data, trailer]);
}
