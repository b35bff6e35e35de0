// store at rest: [ring]
//
// Reads the key of a store from a file. A symbolic link is followed, because Kubernetes gives secrets as links; what counts
// is the file that it leads to: whose it is, and who may read it.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { KEY_BYTES } from '../seal/derive.js';

/** More than any form of a key takes. */
const FILE_BYTES_MAX = 256;
const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_READS = 0o040;
const ROOT = 0;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** @returns a buffer that is the caller's, to be zeroed. @throws GristmillError KEY_FILE_REFUSED, IO_ERROR */
export function readKeyFile(path: string): Buffer {
  const bytes = Buffer.alloc(FILE_BYTES_MAX);
  try {
    const length = readInto(path, bytes);
    const key = keyIn(bytes.subarray(0, length));
    if (key !== undefined) return key;
    throw refused(
      path,
      `it must hold ${KEY_BYTES} bytes, or these as 64 hexadecimal digits or in base64; make one with: head -c 32 /dev/urandom`,
    );
  } finally {
    bytes.fill(0);
  }
}

function readInto(path: string, bytes: Buffer): number {
  let fd: number;
  try {
    // A pipe is not waited for.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw ioError(cause, 'open the key file', path);
  }
  try {
    checkReaders(path, fd);
    return readSync(fd, bytes, 0, bytes.byteLength, 0);
  } catch (cause) {
    throw ioError(cause, 'read the key file', path);
  } finally {
    closeSync(fd);
  }
}

function checkReaders(path: string, fd: number): void {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw refused(path, 'it is not a regular file');
  const own = process.geteuid?.();
  if (own === undefined) return;
  if (stat.uid !== own && stat.uid !== ROOT)
    throw refused(path, `it belongs to another user (id ${stat.uid}), who can read it`);
  // What root manages, such as a mounted secret, may be given to a group.
  const group = stat.uid === ROOT && (stat.mode & GROUP) === GROUP_READS ? 0 : GROUP;
  if ((stat.mode & (OTHERS | group)) === 0) return;
  throw refused(path, 'other users have rights to it; remove these (chmod 600, or defaultMode: 0400 of a secret)');
}

/** A copy in a buffer of its own. */
function keyIn(bytes: Buffer): Buffer | undefined {
  const key = Buffer.alloc(KEY_BYTES);
  if (bytes.byteLength === KEY_BYTES) return key.fill(bytes);
  const text = bytes.toString('latin1').trim();
  const form = HEX.test(text) ? 'hex' : BASE64.test(text) ? 'base64' : undefined;
  return form !== undefined && key.write(text, form) === KEY_BYTES ? key : undefined;
}

function refused(path: string, why: string): GristmillError {
  return new GristmillError('KEY_FILE_REFUSED', `the key file ${path} is not used: ${why}`, { file: path });
}
