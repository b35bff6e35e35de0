// store at rest: [quarantine]
//
// How files of rejected records are named: `<collection>.<time>.<import>.ndjson`, so that a person who lists the directory
// knows what they are. The id of the import is the last part: by it an import that resumes, or a sweep, finds the file.
// Older versions named a file by the id alone.
//
// A name of a collection may have any character, and 255 bytes. It is escaped as in an URL; a long one is cut, with its hash
// at the end, and found again among the names of the collections that there are. In an encrypted store the name of a file has a
// pseudonym of the collection, which is found again in the same way. Each import has another one: who puts that of another
// file there, to have the records retried into another collection, has a file of no collection.

import { createHmac } from 'node:crypto';
import { basename, join } from 'node:path';
import type { StorePlace } from '../files/blobs.js';
import { xxh64 } from '../files/checksum.js';
import { QUARANTINE_DIRECTORY, quarantinePath } from '../files/layout.js';
import { numbersOf } from '../seal/data-keys.js';
import { KEY_BYTES } from '../seal/derive.js';
import type { SealKeys } from '../seal/types.js';
import { secretOf } from '../sealed/secrets.js';

/** Undefined in a store that is not encrypted. */
type Seal = SealKeys | undefined;

/** What the name of a quarantine file says. */
export interface QuarantineName {
  /** The name of the file, without its ending. */
  readonly name: string;
  /** The escaped name of the collection. Absent in files of older versions, as the time. */
  readonly collection?: string;
  /** When the import began (ISO 8601). */
  readonly time?: string;
  /** The id of the import. */
  readonly id: string;
}

const ENDING = '.ndjson';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const NAME = new RegExp(`^(?:(?<collection>.+)\\.(?<time>\\d{8}T\\d{6}Z)\\.)?(?<id>${UUID})$`);
/** Names of files end at 255 bytes; time, id and ending take 63. */
const COLLECTION_MAX = 180;
const KEPT = 150;
/** Of the pseudonym of a collection. */
const PSEUDONYM_DIGITS = 32;

/** The name for the file of an import that begins now. */
export function newQuarantineName(collection: string, id: string, now: Date, seal: Seal): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${namedCollection(collection, id, seal)}.${time}.${id}`;
}

/** The name of a file whose collection is called otherwise from now on. */
export function renamedQuarantine({ name, id, collection = '' }: QuarantineName, to: string, seal: Seal): string {
  return `${namedCollection(to, id, seal)}${name.slice(collection.length)}`;
}

/** Path of a quarantine file, by its name. @throws GristmillError CHECKSUM_MISMATCH if it would lead elsewhere */
export function pathOfQuarantine({ directory }: Pick<StorePlace, 'directory'>, name: string): string {
  return quarantinePath(directory, name);
}

/** Names of all quarantine files, the oldest first. Other files in their directory are left out. */
export function quarantineNames({ directory, blobs }: StorePlace): QuarantineName[] {
  const found = blobs.list(join(directory, QUARANTINE_DIRECTORY)).flatMap((file) => nameOf(file) ?? []);
  const order = ({ time = '', name }: QuarantineName) => `${time} ${name}`;
  return found.sort((left, right) => (order(left) < order(right) ? -1 : 1));
}

/** The path of the file of an import, if it has one. */
export function findQuarantine(place: StorePlace, id: string): string | undefined {
  const found = quarantineNames(place).find((one) => one.id === id);
  return found && pathOfQuarantine(place, found.name);
}

/** Removes the files of these imports. */
export function removeQuarantines(place: StorePlace, ids: Iterable<string>): void {
  const gone = new Set(ids);
  if (gone.size === 0) return;
  for (const { id, name } of quarantineNames(place))
    if (gone.has(id)) place.blobs.remove(pathOfQuarantine(place, name));
}

/** The collection that a file is of. @param names the collections that there are; only a cut name needs them */
export function collectionOf(
  { collection, id }: QuarantineName,
  names: Iterable<string>,
  seal: Seal,
): string | undefined {
  if (collection === undefined) return undefined;
  for (const name of names) if (namesOf(name, id, seal).includes(collection)) return name;
  if (seal !== undefined) return undefined;
  try {
    return collection.length > COLLECTION_MAX - 1 ? undefined : decodeURIComponent(collection);
  } catch {
    return undefined;
  }
}

/** @param file the name of a file, or its path */
export function nameOf(file: string): QuarantineName | undefined {
  const base = basename(file);
  const name = base.endsWith(ENDING) ? base.slice(0, -ENDING.length) : '';
  const { collection, time, id } = NAME.exec(name)?.groups ?? {};
  if (id === undefined) return undefined;
  return {
    name,
    id,
    ...(collection !== undefined && { collection }),
    ...(time !== undefined && { time: isoTime(time) }),
  };
}

/** How a collection is named in the name of the file of an import. */
function namedCollection(collection: string, id: string, seal: Seal): string {
  return namesOf(collection, id, seal)[0] as string;
}

/** How it may be named: first with the active data key. */
function namesOf(collection: string, id: string, seal: Seal): readonly string[] {
  if (seal === undefined) return [escapedCollection(collection)];
  return numbersOf(seal).map((number) => {
    const key = secretOf(seal, number, new Uint8Array(), 'gristmill names 1', KEY_BYTES) as Buffer;
    return createHmac('sha256', key).update(id).update(collection).digest('hex').slice(0, PSEUDONYM_DIGITS);
  });
}

function escapedCollection(collection: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  const escaped = encodeURIComponent(collection.toWellFormed()).replace(/^\.|[*']/g, percent);
  if (escaped.length < COLLECTION_MAX) return escaped;
  const hash = xxh64(Buffer.from(collection)).toString(16).padStart(16, '0');
  return `${escaped.slice(0, KEPT)}~${hash}`.padEnd(COLLECTION_MAX, '~');
}

function isoTime(time: string): string {
  return time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
}
