// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Remote objects as sources: their bytes in order, as a stream. Which of them a pattern of S3 means is asked before.

import { GristmillError } from '../../base/errors.js';
import type { SourceVersion } from '../../store/source-types.js';
import type { Fingerprint } from '../source/source.js';
import { changedError } from '../source/source-file.js';
import { shownOf } from '../transport/http/access.js';
import { openRemote, type RemoteObject, type RemoteSettings } from '../transport/remote.js';
import { isS3 } from '../transport/s3/address.js';
import { listS3 } from '../transport/s3/list.js';
import type { StreamOpener } from './streams.js';

/** What tells one version of an object from another. */
type State = Partial<Pick<RemoteObject, 'version' | 'bytes'>>;

/** A pattern of keys, or all that is below a prefix. */
const MANY = /[*?[{]|\/$/;

/** The name of an archive, with a pattern of its entries. Any other address may have such characters itself. */
const WITH_PATTERN = /^(.+\.(?:tar|tar\.\w+|t[gx]z|tbz2?|tzst|zip))::(.+)$/is;

/** An address without the pattern of entries of an archive, and that pattern. */
export function archiveOf(source: string | URL): { readonly whole: string | URL; readonly glob?: string } {
  const [, whole, glob] = (typeof source === 'string' && WITH_PATTERN.exec(source)) || [];
  return whole === undefined || glob === undefined ? { whole: source } : { whole, glob };
}

/** Whether an address may mean many objects. */
export function isPattern(source: string | URL): source is string {
  return isS3(source) && !(source instanceof URL) && MANY.test(source);
}

/** The addresses that are meant: those of all objects that match, where it is a pattern. @throws as listS3 */
export async function addressesOf(source: string | URL, signal: AbortSignal | undefined): Promise<(string | URL)[]> {
  if (!isPattern(source)) return [source];
  const found: string[] = [];
  for await (const { address } of listS3(source, { signal })) found.push(address);
  // A key may have such a character: then it is meant literally.
  return found.length === 0 ? [source] : found;
}

/** An address as reports and errors have it: without what may be secret. */
export function nameOfRemote(address: string | URL): string {
  return isS3(address) || !URL.canParse(`${address}`) ? `${address}` : shownOf(new URL(address));
}

/**
 * The bytes of an object, as often as they are asked for, all of the same version.
 * @param listed the version that it has to be. Default: the one that is there when it is first read
 * @throws SOURCE_CHANGED, and as openRemote
 */
export function remoteOpener(address: string | URL, listed?: Fingerprint): StreamOpener {
  let known: State | undefined = listed;
  return {
    isOnce: false,
    pieces() {
      const controller = new AbortController();
      const { signal } = controller;
      return {
        async *[Symbol.asyncIterator]() {
          const object = await opened(address, known !== undefined, { signal });
          known ??= object;
          if (!isSameState(known, object)) throw changedError(object.shown);
          yield* object.sequence({ signal });
        },
        close: () => controller.abort(),
      };
    },
  };
}

/** @param wasThere whether it was there before: then it has changed if it is not */
async function opened(address: string | URL, wasThere: boolean, settings: RemoteSettings): Promise<RemoteObject> {
  try {
    return await openRemote(address, settings);
  } catch (error) {
    const isGone = wasThere && error instanceof GristmillError && error.code === 'SOURCE_NOT_FOUND';
    throw isGone ? changedError(nameOfRemote(address), error) : error;
  }
}

function isSameState(one: State, other: State): boolean {
  return (one.bytes ?? 0) === (other.bytes ?? 0) && isSameVersion(one.version, other.version);
}

/** Whether two versions are the same, by their ETags if both have one. A list and an answer write times in different ways. */
export function isSameVersion(one: SourceVersion | undefined, other: SourceVersion | undefined): boolean {
  if (one?.etag !== undefined && other?.etag !== undefined && one.etag !== other.etag) return false;
  return one?.modified === undefined || other?.modified === undefined || isSameTime(one.modified, other.modified);
}

/** In seconds: an answer has no fractions. */
function isSameTime(one: string, other: string): boolean {
  return one === other || Math.floor(Date.parse(one) / 1000) === Math.floor(Date.parse(other) / 1000);
}
