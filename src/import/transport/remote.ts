// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Remote objects, by their address: `https:`, `http:` or `s3:`.

import { RANGE_BYTES_DEFAULT } from '../../base/limits.js';
import { type Clock, SYSTEM_CLOCK } from './http/clock.js';
import { HttpObject, type RemoteObject } from './http/object.js';
import { openObject } from './http/open.js';
import { PlainAccess } from './http/plain-access.js';
import { accessTo } from './s3/access.js';
import { isS3 } from './s3/address.js';

export type { RemoteObject, SequenceOptions } from './http/object.js';

export interface RemoteSettings {
  /** Headers for the server of an `http:` or `https:` address, such as `authorization`. No redirect takes them to another. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Variables with the credentials for S3, and the names of its files. Default: those of the process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Bytes of one range. Default: 8 MiB. */
  readonly rangeBytes?: number | undefined;
  /** Cancels opening. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the time of the system. */
  readonly clock?: Clock | undefined;
}

/**
 * Opens a remote object: asks the server for its first byte.
 * @throws SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, SOURCE_UNREACHABLE, SOURCE_NOT_READABLE, CONFIG_INVALID (credentials of S3),
 * CANCELLED; TypeError for an address that is none
 */
export async function openRemote(address: string | URL, settings: RemoteSettings = {}): Promise<RemoteObject> {
  const { headers = {}, environment = process.env, rangeBytes = RANGE_BYTES_DEFAULT, clock = SYSTEM_CLOCK } = settings;
  const access = isS3(address) ? await accessTo(address, environment) : new PlainAccess(address, headers);
  const state = await openObject(access, clock, settings.signal);
  return new HttpObject({ access, state, clock }, rangeBytes);
}
