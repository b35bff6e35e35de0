// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Remote sources that are kept up to date: the objects that each of them means now, with their versions. A pattern of S3 takes
// one request for each thousand objects. A single object takes one, and no byte of it if it has not changed.

import { GristmillError } from '../../base/errors.js';
import type { SourceVersion } from '../../store/source-types.js';
import { isRemote, pathsOf } from '../names/sources.js';
import { comparePaths } from '../source/file-list.js';
import type { Fingerprint } from '../source/source.js';
import { versionOf } from '../transport/http/state.js';
import { lookAtRemote } from '../transport/remote.js';
import { nameOf } from '../transport/s3/address.js';
import { listS3 } from '../transport/s3/list.js';
import { unlike } from './named.js';
import { archiveOf, isPattern, nameOfRemote, remoteOpener } from './remote.js';
import { type RemoteFile, type StreamOpener, Streams } from './streams.js';

/** An object as it is now. */
interface Found {
  readonly address: string | URL;
  /** The key, if a pattern named it. */
  readonly path: string;
  readonly fingerprint: Fingerprint;
}

const NS_PER_MS = 1_000_000n;

/** Names of sources, without what may be secret: paths of files and folders, and addresses. @throws TypeError */
export function sourceNames(given: readonly (string | URL)[]): string[] {
  const names = new Set<string>();
  return pathsOf(given).map((path, number) => {
    const source = given[number]!;
    if (!isRemote(source)) return path;
    const { whole, glob } = archiveOf(source);
    const name = unlike(glob === undefined ? nameOfRemote(whole) : `${nameOfRemote(whole)}::${glob}`, names);
    names.add(name);
    return name;
  });
}

/**
 * Looks at all remote sources.
 * @param known what is stored of a source that is one object, by its number
 * @throws SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, SOURCE_UNREACHABLE, SOURCE_NOT_READABLE, CONFIG_INVALID, CANCELLED; TypeError
 */
export async function remoteStreams(
  given: readonly (string | URL)[],
  known: ReadonlyMap<number, Fingerprint>,
  signal: AbortSignal | undefined,
): Promise<Streams> {
  const names = sourceNames(given);
  const openers = new Map<string, StreamOpener>();
  const objects = new Map<string, RemoteFile[]>();
  for (const [number, source] of given.entries()) {
    if (!isRemote(source)) continue;
    const { whole, glob } = archiveOf(source);
    const files: RemoteFile[] = [];
    for (const { address, path, fingerprint } of await objectsAt(whole, known.get(number), signal)) {
      const name = unlike(nameOfRemote(address), openers);
      openers.set(name, { ...remoteOpener(address, fingerprint), ...(glob !== undefined && { glob }) });
      files.push({ name, path, fingerprint });
    }
    objects.set(names[number]!, files);
  }
  return new Streams(openers, objects);
}

async function objectsAt(
  source: string | URL,
  known: Fingerprint | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Found[]> {
  if (!isPattern(source)) return [await objectAt(source, known, signal)];
  const found: Found[] = [];
  for await (const { address, bytes, etag, modified } of listS3(source, { signal })) {
    const { key: path } = nameOf(address);
    const version = versionOf({ etag: etag && quoted(etag), weakTag: undefined, modified });
    // Nobody sees half of such an object, so the time of its last change is of no use.
    found.push({ address, path, fingerprint: fingerprintOf(address, bytes, version, 0n) });
  }
  // Some services list in an order of their own.
  if (found.length > 0) return found.sort((one, other) => comparePaths(one.path, other.path));
  if (source.endsWith('/')) return [];
  try {
    // A key may have such a character: then it is meant literally.
    return [await objectAt(source, known, signal)];
  } catch (error) {
    if (error instanceof GristmillError && error.code === 'SOURCE_NOT_FOUND') return [];
    throw error;
  }
}

async function objectAt(
  address: string | URL,
  known: Fingerprint | undefined,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const state = await lookAtRemote(address, known?.version, { signal });
  if (state === undefined) return { address, path: '', fingerprint: known as Fingerprint };
  const modified = Date.parse(state.modified ?? '');
  const modifiedNs = Number.isNaN(modified) ? 0n : BigInt(modified) * NS_PER_MS;
  return { address, path: '', fingerprint: fingerprintOf(address, state.bytes ?? 0, versionOf(state), modifiedNs) };
}

/** Some services list ETags without the quotes that they have in answers. */
function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

/** @throws SOURCE_NOT_READABLE for an object whose versions nothing tells apart */
function fingerprintOf(
  address: string | URL,
  bytes: number,
  version: SourceVersion | undefined,
  modifiedNs: bigint,
): Fingerprint {
  if (version !== undefined) return { device: 0n, inode: 0n, bytes, modifiedNs, version };
  const file = nameOfRemote(address);
  const message = `${file} cannot be watched: its server gives neither an ETag nor a time of the last change, so nothing says whether it has changed. Import it from time to time instead.`;
  throw new GristmillError('SOURCE_NOT_READABLE', message, { file });
}
