// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// One entry of a zip archive. Its own header has to say what the directory says, and its data has to have the size and the
// checksum that both say.

import { crc32 } from 'node:zlib';
import { GristmillError } from '../../base/errors.js';
import type { DecodeLimits, Decoder } from '../codec/codec.js';
import type { FormName } from '../codec/faults.js';
import { decoderNow } from '../codec/open.js';
import { DecodedFile } from '../sequence/decoded-file.js';
import type { EntryPlace, Source, ZipPlace } from '../source/source.js';
import { View } from './view.js';
import { damagedZip } from './zip-directory.js';
import { LOCAL, localHeader, SEE_64_32 } from './zip-fields.js';

const ENCRYPTED = 1 << 0;
/** The header was written before the data: checksum and sizes follow that. */
const HAS_DESCRIPTOR = 1 << 3;
const STORED = 0;
const FORMS: ReadonlyMap<number, FormName> = new Map([
  [8, 'deflate'],
  [12, 'bzip2'],
  [93, 'zstd'],
  [95, 'xz'],
]);
/** Other methods that people know by name. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [9, 'Deflate64'],
  [14, 'LZMA'],
  [98, 'PPMd'],
  [99, 'AES encryption'],
]);

/**
 * @param archive stays open when the entry is closed. @param path of the entry
 * @throws DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_EXPANDS, SOURCE_NOT_SUPPORTED; as Source.read
 */
export function openZipEntry(
  archive: Source,
  path: string,
  place: EntryPlace,
  zip: ZipPlace,
  limits: DecodeLimits,
): Source {
  checkSupported(path, place.at, zip);
  const from = dataOf(archive, path, place, zip);
  const data = new View(archive, path, place, from, zip.bytes);
  const form = FORMS.get(zip.method);
  return new DecodedFile(data, () => {
    return new Verifying(path, from, zip, form && decoderNow(form, { path, limits }));
  });
}

/**
 * Checks that the local header says what the directory says, and that the data ends within its place.
 * @returns the offset of the data. @throws SOURCE_DAMAGED; as Source.read
 */
export function dataOf(archive: Source, path: string, { at, bytes }: EntryPlace, zip: ZipPlace): number {
  const header = Buffer.from(archive.bytesAt(at, at + LOCAL.bytes + zip.name.length));
  const local = localHeader(header);
  if (local === undefined) throw damagedZip(path, at, 'no entry where its directory has one');
  const name = header.toString('latin1', LOCAL.bytes, LOCAL.bytes + local.nameBytes);
  const isSame = (here: number, there: number) => here === there || here === SEE_64_32;
  const follows = (local.flags & HAS_DESCRIPTOR) !== 0;
  const agrees =
    name === zip.name &&
    local.nameBytes === zip.name.length &&
    local.method === zip.method &&
    local.flags === zip.flags &&
    (follows || (local.crc === zip.crc && isSame(local.bytes, zip.bytes) && isSame(local.plainBytes, zip.plainBytes)));
  if (!agrees) throw damagedZip(path, at, 'an entry that contradicts its directory');
  const before = LOCAL.bytes + local.nameBytes + local.extraBytes;
  if (before + zip.bytes > bytes) throw damagedZip(path, at, 'an entry that overlaps what follows it');
  return at + before;
}

function checkSupported(file: string, offset: number, { flags, method }: ZipPlace): void {
  const unsupported = (is: string) => {
    const message = `${file} is ${is}, which gristmill does not read. Unpack the archive first, or leave the entry out with option exclude`;
    return new GristmillError('SOURCE_NOT_SUPPORTED', message, { file, offset });
  };
  if ((flags & ENCRYPTED) !== 0) throw unsupported('encrypted');
  if (method === STORED || FORMS.has(method)) return;
  throw unsupported(`compressed with ${OTHERS.get(method) ?? `method ${method}`}`);
}

/** Passes on what a decoder gives, or the data itself, and verifies that it is what the directory says. */
class Verifying implements Decoder {
  readonly #path: string;
  readonly #offset: number;
  readonly #zip: ZipPlace;
  readonly #decoder: Decoder | undefined;
  #crc = 0;
  #bytes = 0;

  constructor(path: string, offset: number, zip: ZipPlace, decoder: Decoder | undefined) {
    this.#path = path;
    this.#offset = offset;
    this.#zip = zip;
    this.#decoder = decoder;
  }

  push(input: Uint8Array, out: (plain: Uint8Array) => void): void {
    if (this.#decoder === undefined) this.#pass(input, out);
    else this.#decoder.push(input, (plain) => this.#pass(plain, out));
  }

  end(out: (plain: Uint8Array) => void): void {
    this.#decoder?.end((plain) => this.#pass(plain, out));
    if (this.#bytes !== this.#zip.plainBytes) throw this.#damaged('an entry that is shorter than its directory says');
    if (this.#crc !== this.#zip.crc) throw this.#damaged('an entry with a wrong checksum');
  }

  close(): void {
    this.#decoder?.close();
  }

  #pass(plain: Uint8Array, out: (plain: Uint8Array) => void): void {
    this.#bytes += plain.byteLength;
    if (this.#bytes > this.#zip.plainBytes) throw this.#damaged('an entry that is longer than its directory says');
    this.#crc = crc32(plain, this.#crc);
    out(plain);
  }

  #damaged(what: string): GristmillError {
    return damagedZip(this.#path, this.#offset, what);
  }
}
