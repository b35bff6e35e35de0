// store at rest: [shapes]
//
// The shape that a version of a collection has, for those who read and write records as that version has them.

import { GristmillError } from '../../base/errors.js';
import type { History } from '../shape-types.js';
import type { CollectionManifest } from '../types.js';
import { lineOf, versionOf } from './tree.js';

/** @throws GristmillError VERSION_MISMATCH if the collection has no such version, or cannot return to it any more */
export function shapeOfVersion(
  history: History | undefined,
  { name, shape = 0 }: Pick<CollectionManifest, 'name' | 'shape'>,
  version: number,
): number {
  const line = history === undefined ? [0] : lineOf(history, shape);
  const newest = line.length - 1;
  const oldest = history === undefined ? 0 : versionOf(history, history.final);
  if (version >= oldest && version <= newest) return line[newest - version] as number;
  const versions = oldest === newest ? `only version ${newest}` : `the versions ${oldest} to ${newest}`;
  const gone = version < oldest ? ': the migrations before are final' : '';
  const message = `collection ${name} has ${versions}, so its records cannot be read or written as version ${version}${gone}; give one of these as option schemaVersion`;
  throw new GristmillError('VERSION_MISMATCH', message);
}
