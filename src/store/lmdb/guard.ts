// store at rest: [catalog]
//
// What is asked before LMDB opens the index. Its native code ends the process where it cannot open a file, has no descriptor
// or no address space left; and it silently does without locks where it may not write the lock file, so that what it reads
// beside a writer is wrong. Each of these is an error here, before it is called.

import { accessSync, closeSync, constants, ftruncateSync, lstatSync, openSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { readAt } from '../files/file-blobs.js';
import { REGULAR_ONLY } from '../files/io.js';
import { CATALOG_FILE, CATALOG_LOCK_FILE, GATE_FILE, GATE_LOCK_SUFFIX } from '../files/layout.js';
import { isReadOnlyFileSystem } from '../files/mounts.js';
import { checkHolders, checkNames, kindOf, linkError, openRegular } from '../files/own-files.js';
import { addressSpaceLeft, fileBytesMax } from '../files/process-limits.js';
import { removedError } from './opening.js';

/** LMDB takes five for an index and three for the gate; some of them only while it opens. */
const DESCRIPTORS = 12;
/** Address space for all that is mapped beside the index: lock files, the native code's own memory. */
const SPARE_ADDRESS_BYTES = 64 * 1024 * 1024;
/** What the first page of a file of LMDB has behind its head, whose length depends on the format. */
const MAGIC = Buffer.of(0xde, 0xc0, 0xef, 0xbe);
const HEAD_BYTES_MAX = 32;
/** Its head with the first slot; one that LMDB was interrupted at is empty. */
const LOCK_BYTES_MIN = 272;
/** Of a new index: its lock file; its first two pages take less. */
const FIRST_FILES_BYTES = 132 * 1024;

/**
 * Returns how the index can be opened: with locks, or without them, if it is only read and its file system is read-only.
 * @throws GristmillError IO_ERROR that names the missing right and the file; as `checkIndexFiles`
 */
export function checkRights(store: string, readOnly: boolean): 'locked' | 'lockless' {
  const index = dirname(join(store, CATALOG_FILE));
  const shared = [CATALOG_LOCK_FILE, GATE_FILE, GATE_FILE + GATE_LOCK_SUFFIX].map((name) => join(store, name));
  const files = readOnly ? shared : [join(store, CATALOG_FILE), ...shared];
  checkIndexFiles(store);
  for (const file of files) {
    const there = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    const denied = cannotWrite(there ? file : index);
    if (denied === undefined) continue;
    if (denied === 'ENOENT') throw removedError(file);
    if (denied === 'EROFS' && readOnly && isReadOnlyFileSystem(index)) return 'lockless';
    throw mayNotWrite(there ? file : index, denied, readOnly, store);
  }
  return 'locked';
}

/** Checks that the file is an index that this process has room to open. @throws GristmillError IO_ERROR, CHECKSUM_MISMATCH */
export function checkRoom(store: string): void {
  const file = join(store, CATALOG_FILE);
  const bytes = checkIndexFile(file, false)?.size ?? 0;
  if (bytes > 0 && !beginsAsIndex(file, false)) {
    const message = `${file} is damaged: it does not begin like an index; restore the store, or run gristmill repair`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file });
  }
  const most = fileBytesMax();
  if (Math.max(bytes, FIRST_FILES_BYTES) > most) {
    const message = `cannot open ${file}: this process may not write files of more than ${most} bytes (ulimit -f): raise that limit`;
    throw new GristmillError('IO_ERROR', message, { file });
  }
  const needed = bytes + SPARE_ADDRESS_BYTES;
  const left = addressSpaceLeft();
  if (needed > left) {
    const message = `cannot open ${file}: it needs ${needed} bytes of address space, but this process has only ${left} left (ulimit -v): raise that limit`;
    throw new GristmillError('IO_ERROR', message, { file });
  }
}

/**
 * Makes the lock file, as LMDB would, which cannot say what goes wrong with it.
 * @param bytes that LMDB wants it to have
 * @throws GristmillError IO_ERROR, DISK_FULL
 */
export function makeLockFile(store: string, bytes: number): void {
  const lock = join(store, CATALOG_LOCK_FILE);
  // One that is whole is left alone: closing it would give up the locks that this process may have on it.
  if (checkLockFile(lock) !== undefined) return;
  try {
    const fd = openSync(lock, constants.O_RDWR | constants.O_CREAT | REGULAR_ONLY, 0o600);
    try {
      ftruncateSync(fd, bytes);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw ioError(cause, 'make', lock, bytes);
  }
}

/**
 * Whether LMDB will get the descriptors that it takes. Asked right before it is called, with nothing awaited in between:
 * where it gets some and not all of them, its native code frees memory twice.
 * @throws GristmillError IO_ERROR
 */
export function checkDescriptors(file: string): void {
  const descriptors: number[] = [];
  try {
    while (descriptors.length < DESCRIPTORS) descriptors.push(openSync(dirname(file), 'r'));
  } catch (cause) {
    throw ioError(cause, 'open', file);
  } finally {
    for (const fd of descriptors) closeSync(fd);
  }
}

/**
 * That whatever of the index is there is a file of this store alone: LMDB opens it by its name, and writes to it. Nothing is
 * opened for that: closing a lock file would give up the locks that this process has on it.
 * @throws GristmillError IO_ERROR, STORE_NOT_TRUSTED
 */
function checkIndexFiles(store: string): void {
  for (const name of [CATALOG_FILE, CATALOG_LOCK_FILE, GATE_FILE, GATE_FILE + GATE_LOCK_SUFFIX]) {
    checkIndexFile(join(store, name), name !== CATALOG_FILE);
  }
}

/** Whether a file is one of LMDB's; it may die of any other. @param isShared see `checkIndexFile` */
export function beginsAsIndex(file: string, isShared: boolean): boolean {
  const head = Buffer.alloc(HEAD_BYTES_MAX + MAGIC.byteLength);
  const { fd } = openRegular(file, 'index', false, isShared);
  try {
    readAt(fd, file, head, 0);
    return head.includes(MAGIC);
  } finally {
    closeSync(fd);
  }
}

/** Does the same for the lock file. A wrong size would crash LMDB. Undefined if the file is missing or empty. */
export function checkLockFile(file: string): Stats | undefined {
  const stat = checkIndexFile(file, true);
  if (stat === undefined || stat.size === 0) return undefined;
  if (stat.size >= LOCK_BYTES_MIN) return stat;
  const message = `${file} is damaged, but it has no data: close the store in all processes, remove the file, and open the store again`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file });
}

/**
 * Checks a file of the index. Undefined if there is none.
 * @param isShared whether the owner of the file may let others write to it, so that they can read the store
 * @throws GristmillError IO_ERROR, STORE_NOT_TRUSTED
 */
export function checkIndexFile(file: string, isShared: boolean): Stats | undefined {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) throw linkError(file);
  if (!stat.isFile()) {
    const message = `cannot open ${file}: it is ${kindOf(stat)}; put back the right file, or restore the store`;
    throw new GristmillError('IO_ERROR', message, { file });
  }
  checkHolders(file, stat, isShared);
  checkNames(file, stat);
  return stat;
}

function cannotWrite(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code ?? 'EACCES';
  }
}

function mayNotWrite(path: string, code: string, readOnly: boolean, store: string): GristmillError {
  const why = readOnly
    ? `a reader must write ${CATALOG_LOCK_FILE} and ${GATE_FILE}, otherwise a writer would remove data that is being read`
    : 'the store is opened for writing';
  const how =
    code === 'EROFS'
      ? `mount it writable here, or read a copy (gristmill backup)${readOnly ? '' : '; a file system that is read-only as a whole can be read with readOnly'}`
      : `give this user the right to write ${readOnly ? `${CATALOG_LOCK_FILE}, ${GATE_FILE} and ${GATE_FILE}${GATE_LOCK_SUFFIX}` : 'all of it'} in ${store}, or read a copy (gristmill backup)`;
  const message = `this user has no right to write ${path} (${code}), but ${why}: ${how}`;
  return new GristmillError('IO_ERROR', message, { file: path });
}
