// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Names of S3 objects, `s3://bucket/key`, and the addresses they are asked for at.

import type { Configuration } from './configuration.js';

export interface ObjectName {
  readonly bucket: string;
  /** As it is in the bucket: nothing is escaped. */
  readonly key: string;
}

/** Letters in upper case, underscores and more characters are in names of old buckets, and of other services. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9._-]{0,254})\/(.*)$/is;

export function isS3(address: string | URL): boolean {
  return address instanceof URL ? address.protocol === 's3:' : /^s3:/i.test(address);
}

/** A text has the key as it is, as for the AWS command line; a URL has it escaped. @throws TypeError */
export function nameOf(address: string | URL): ObjectName {
  const match = S3.exec(address instanceof URL ? unescaped(address) : address);
  if (match === null) throw new TypeError('the address of an S3 object is s3://bucket/key');
  if (!match[2]!.isWellFormed())
    throw new TypeError('the key of an S3 object is Unicode text, but this key has an incomplete character');
  return { bucket: match[1]!, key: match[2]! };
}

export const shownName = ({ bucket, key }: ObjectName) => `s3://${bucket}/${key}`;

/**
 * The address of an object, or of its bucket with an empty key. Other services than Amazon's have the bucket in the path, and
 * so have buckets with a dot: no certificate is valid for them as names of hosts.
 */
export function urlOf(
  { bucket, key }: ObjectName,
  { endpoint, region }: Pick<Configuration, 'endpoint' | 'region'>,
): URL {
  const path = key === '' ? '' : `/${key.split('/').map(escaped).join('/')}`;
  if (endpoint !== undefined)
    return new URL(`${endpoint.origin}${endpoint.pathname.replace(/\/+$/, '')}/${bucket}${path}`);
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return /^[a-z0-9-]+$/.test(bucket)
    ? new URL(`https://${bucket}.${host}${path}`)
    : new URL(`https://${host}/${bucket}${path}`);
}

/** RFC 3986, as signatures have it. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unescaped({ host, pathname }: URL): string {
  try {
    return `s3://${host}${decodeURIComponent(pathname)}`;
  } catch {
    throw new TypeError('the address of an S3 object has escapes (%) that are not UTF-8');
  }
}
