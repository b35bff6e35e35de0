// [share]: snapshot > files > [in place]
//
// The directory that other tools are shown is a symbolic link to a hidden directory beside it:
//
//   live > .live.share-<id>       the files of one generation; they never change
//          .live.share-<id>       those of the generation before: who resolved the link then still reads them
//          .live.share-<id>.owner while a process makes that directory: who it is
//
// Another generation is made under a name of its own, and takes the link's place in one rename: who follows the link sees the
// old one or the new one. What killed processes have left is removed by the next one.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { ioError, isMissing, quietly } from '../../base/system-errors.js';
import { whyNotBeside } from '../../store/files/exposure.js';
import { syncDirectory, writeFully } from '../../store/files/io.js';
import { makeDirectories, makeDirectory } from '../../store/files/layout.js';
import { isRunning, SELF } from '../../store/lock/process-identity.js';

const OWNER = '.owner';
const LINK = '.link';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const NAME = new RegExp(`^(?<directory>\\.(?<target>.+)\\.share-${UUID})(?:\\${OWNER}|\\${LINK})?$`);

export class ShareTarget {
  /** What tools are shown. */
  readonly directory: string;
  /** The directory that is shown until then; undefined at first. */
  readonly last: string | undefined;
  /** Where its files are made. */
  readonly partial: string;
  readonly #parent: string;
  #isPlaced = false;

  /**
   * Makes the directory that is filled.
   * @param directory an absolute path
   * @throws GristmillError SHARE_TARGET_NOT_EMPTY, STORE_NOT_TRUSTED, DISK_FULL, IO_ERROR
   */
  constructor(directory: string, trustShared: boolean) {
    this.directory = directory;
    this.#parent = dirname(directory);
    checkTarget(directory, trustShared);
    const shown = shownAt(directory);
    this.last = shown && join(this.#parent, shown);
    makeDirectories(this.#parent);
    this.partial = join(this.#parent, `.${basename(directory)}.share-${randomUUID()}`);
    // Before the directory: one without an owner is nobody's work.
    writeOwner(this.partial + OWNER);
    try {
      makeDirectory(this.partial);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Shows what was made, and removes what was shown before the last time. */
  place(): void {
    const before = shownAt(this.directory);
    failpoint('share.place');
    try {
      if (before === undefined) removeEmpty(this.directory);
      symlinkSync(basename(this.partial), this.partial + LINK);
      renameSync(this.partial + LINK, this.directory);
    } catch (cause) {
      throw ioError(cause, 'make the link', this.directory);
    }
    this.#isPlaced = true;
    syncDirectory(this.#parent);
    failpoint('share.placed');
    rmSync(this.partial + OWNER, { force: true });
    quietly(() => this.#sweep(before));
  }

  /** Removes what was made, unless it is shown by now. */
  discard(): void {
    if (this.#isPlaced) return;
    for (const path of [this.partial, this.partial + LINK, this.partial + OWNER]) {
      quietly(() => rmSync(path, { recursive: true, force: true }));
    }
  }

  /** Removes the directories that are neither shown, nor were before, nor are being made. */
  #sweep(before: string | undefined): void {
    const found = readdirSync(this.#parent).map((name) => NAME.exec(name)?.groups);
    const ours = found.filter((groups) => groups?.target === basename(this.directory));
    for (const name of new Set(ours.map((groups) => groups?.directory as string))) {
      // In this order: an owner leaves when the link is in place.
      if (isOwned(join(this.#parent, name))) continue;
      const isKept = name === before || name === shownAt(this.directory);
      for (const suffix of isKept ? [LINK, OWNER] : ['', LINK, OWNER]) {
        rmSync(join(this.#parent, name + suffix), { recursive: true, force: true });
      }
    }
  }
}

/** The name of the directory that is shown; undefined where there is none that we have made. */
function shownAt(directory: string): string | undefined {
  let shown: string;
  try {
    shown = readlinkSync(directory);
  } catch {
    return undefined;
  }
  return NAME.exec(shown)?.groups?.target === basename(directory) ? shown : undefined;
}

/** That nothing of others goes, and that nobody else can put something in its place. */
function checkTarget(directory: string, trustShared: boolean): void {
  const why = whyNotBeside(directory, trustShared);
  if (why !== undefined) {
    throw new GristmillError('STORE_NOT_TRUSTED', `nothing was shared at ${directory}: ${why}`, { file: directory });
  }
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  if (stat === undefined || shownAt(directory) !== undefined) return;
  if (stat.isDirectory() && readdirSync(directory).length === 0) return;
  const message = `${directory} exists, and gristmill share has not made it: name a directory that it made, that is empty or does not exist`;
  throw new GristmillError('SHARE_TARGET_NOT_EMPTY', message, { file: directory });
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function writeOwner(path: string): void {
  try {
    const fd = openSync(path, 'wx', 0o600);
    try {
      writeFully(fd, Buffer.from(JSON.stringify(SELF)), path);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw ioError(cause, 'create', path);
  }
}

/** Whether a process is making this directory, as far as can be seen. */
function isOwned(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path + OWNER, 'utf8');
  } catch (error) {
    return !isMissing(error);
  }
  try {
    return isRunning(JSON.parse(text)) !== false;
  } catch {
    // Half of it is written.
    return true;
  }
}
