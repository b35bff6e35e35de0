// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Remote objects as sources: their bytes in order, as a stream. Which of them a pattern of S3 means is asked before.

import { changedError } from '../source/source-file.js';
import { shownOf } from '../transport/http/access.js';
import { openRemote, type RemoteObject } from '../transport/remote.js';
import { isS3 } from '../transport/s3/address.js';
import { listS3 } from '../transport/s3/list.js';
import type { StreamOpener } from './streams.js';

/** What tells one version of an object from another. */
type RemoteVersion = Pick<RemoteObject, 'etag' | 'bytes' | 'modified'>;

const REMOTE = /^(?:https?|s3):/i;
/** A pattern of keys, or all that is below a prefix. */
const MANY = /[*?[{]|\/$/;

/** Whether a source is at an address, and no path. */
export function isRemote(source: unknown): source is string | URL {
  return source instanceof URL
    ? REMOTE.test(source.protocol)
    : typeof source === 'string' && /^(?:https?|s3):\/\//i.test(source);
}

/** The name of an archive, with a pattern of its entries. Any other address may have such characters itself. */
const WITH_PATTERN = /^(.+\.(?:tar|tar\.\w+|t[gx]z|tbz2?|tzst|zip))::(.+)$/is;

/** An address without the pattern of entries of an archive, and that pattern. */
export function archiveOf(source: string | URL): { readonly whole: string | URL; readonly glob?: string } {
  const [, whole, glob] = (typeof source === 'string' && WITH_PATTERN.exec(source)) || [];
  return whole === undefined || glob === undefined ? { whole: source } : { whole, glob };
}

/** The addresses that are meant: those of all objects that match, where it is a pattern. @throws as listS3 */
export async function addressesOf(source: string | URL, signal: AbortSignal | undefined): Promise<(string | URL)[]> {
  if (!isS3(source) || source instanceof URL || !MANY.test(source)) return [source];
  const found: string[] = [];
  for await (const { address } of listS3(source, { signal })) found.push(address);
  // A key may have such a character: then it is meant literally.
  return found.length === 0 ? [source] : found;
}

/** An address as reports and errors have it: without what may be secret. */
export function nameOfRemote(address: string | URL): string {
  return isS3(address) || !URL.canParse(`${address}`) ? `${address}` : shownOf(new URL(address));
}

/** The bytes of an object, as often as they are asked for, all of the same version. @throws SOURCE_CHANGED, and as openRemote */
export function remoteOpener(address: string | URL): StreamOpener {
  let known: RemoteVersion | undefined;
  return {
    isOnce: false,
    pieces() {
      const controller = new AbortController();
      const { signal } = controller;
      return {
        async *[Symbol.asyncIterator]() {
          const object = await openRemote(address, { signal });
          known ??= object;
          if (!isSameVersion(known, object)) throw changedError(object.shown);
          yield* object.sequence({ signal });
        },
        close: () => controller.abort(),
      };
    },
  };
}

function isSameVersion(one: RemoteVersion, other: RemoteVersion): boolean {
  return one.etag === other.etag && one.bytes === other.bytes && one.modified === other.modified;
}
