// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Remote objects, by their address: `https:`, `http:` or `s3:`.

import { RANGE_BYTES_DEFAULT } from '../../base/limits.js';
import type { SourceVersion } from '../../store/source-types.js';
import type { Access } from './http/access.js';
import { type Clock, SYSTEM_CLOCK } from './http/clock.js';
import { HttpObject, type RemoteObject } from './http/object.js';
import { openObject, openUnlessSame } from './http/open.js';
import { PlainAccess } from './http/plain-access.js';
import type { ObjectState } from './http/state.js';
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
  const { rangeBytes = RANGE_BYTES_DEFAULT, clock = SYSTEM_CLOCK, signal } = settings;
  const access = await accessOf(address, settings);
  const state = await openObject(access, clock, signal);
  return new HttpObject({ access, state, clock }, rangeBytes);
}

/**
 * Asks, with one request, what a remote object is now.
 * @param known the version that is known, if one is
 * @returns undefined if the object is still of that version
 * @throws as `openRemote`
 */
export async function lookAtRemote(
  address: string | URL,
  known: SourceVersion = {},
  settings: RemoteSettings = {},
): Promise<ObjectState | undefined> {
  const { clock = SYSTEM_CLOCK, signal } = settings;
  return openUnlessSame(await accessOf(address, settings), clock, signal, known);
}

/** Made for each object that is opened or looked at: credentials that have expired may be new ones by then. */
async function accessOf(
  address: string | URL,
  { headers = {}, environment = process.env }: RemoteSettings,
): Promise<Access> {
  return isS3(address) ? accessTo(address, environment) : new PlainAccess(address, headers);
}
