// Options that list indexes. An index is given as its path, or as an object that also says whether it is unique. Inside, there
// are two lists of paths; `resolveOptions` and `createIndex` make these of what was given.

/** See `KeyPath`. */
type Path = string | readonly string[];

/** An index that an option asks for. */
export interface IndexDefinition {
  /** The path of the index; for a composite one a list of the paths of its components. */
  readonly path: string | readonly string[];
  /**
   * Whether no two records may have the same value in the index. Any number of records may have null there, or no
   * value. Default false.
   */
  readonly unique?: boolean | undefined;
}

/** As a caller gives an index. */
export type GivenIndex = Path | IndexDefinition;

/** The path of an index as it was given. */
export function pathOfIndex(index: GivenIndex): Path {
  return isDefinition(index) ? index.path : index;
}

/** The same with its rule; undefined where nothing is said of it. */
export function definitionOf(index: GivenIndex): IndexDefinition {
  return isDefinition(index) ? index : { path: index };
}

/** A frozen copy of what was given. Paths are not checked. @throws TypeError that begins with `name` */
export function copyOfIndex(index: unknown, name: string): GivenIndex {
  if (Array.isArray(index)) return Object.freeze([...index]);
  if (!isDefinition(index)) return index as Path;
  const { path, unique, ...others }: Record<string, unknown> = { ...index };
  const [other] = Object.keys(others);
  if (other !== undefined) throw new TypeError(`${name} has no ${other}: an index has path and unique`);
  if (path === undefined) throw new TypeError(`${name}.path is missing: it is the path of the index`);
  if (unique !== undefined && typeof unique !== 'boolean') throw new TypeError(`${name}.unique must be true or false`);
  const copy = Array.isArray(path) ? Object.freeze([...path]) : (path as string);
  return Object.freeze({ path: copy, ...(unique !== undefined && { unique }) });
}

/** The lists inside: indexes that are not unique, and those that are, with those that are listed as unique already. */
export function splitIndexes(
  given: readonly GivenIndex[],
  unique: readonly Path[],
): { readonly plain: readonly Path[]; readonly unique: readonly Path[] } {
  const all = [...unique];
  const plain: Path[] = [];
  for (const index of given) {
    const definition = definitionOf(index);
    if (!definition.unique) plain.push(definition.path);
    else if (!all.some((path) => isSame(path, definition.path))) all.push(definition.path);
  }
  return { plain: Object.freeze(plain), unique: Object.freeze(all) };
}

function isDefinition(index: unknown): index is IndexDefinition {
  return typeof index === 'object' && index !== null && !Array.isArray(index);
}

function isSame(left: Path, right: Path): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
