// [options]: functions of the application that migrations call (docs/evolution.md, call).

/** A function that `call` names. It gets the text of a record and gives the text of the changed one, as JSON. */
export interface MigrationFunction {
  /** The name by which `call` finds it. */
  readonly name: string;
  /** The version by which `call` finds it, so that a function can be changed. */
  readonly version: number;
  /** Changes the text of a record. */
  up(record: string): string;
  /** Undoes `up`. Without it, no older version of a record can be made. */
  down?(record: string): string;
}

/** The registered functions. */
export type Functions = readonly MigrationFunction[];

/** @param method for messages @throws TypeError */
export function checkFunctions(method: string, given: unknown): Functions {
  const isFunction = ({ name, version, up, down = up }: Partial<MigrationFunction>): boolean =>
    [
      typeof name === 'string',
      Number.isSafeInteger(version),
      typeof up === 'function',
      typeof down === 'function',
    ].every(Boolean);
  if (!Array.isArray(given) || !given.every((one) => typeof one === 'object' && one !== null && isFunction(one))) {
    throw new TypeError(
      `${method}: options.functions must be a list of functions: objects with name, version, up, and down if there is one`,
    );
  }
  const ids = given.map(({ name, version }: MigrationFunction) => `${name} of version ${version}`);
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined) throw new TypeError(`${method}: options.functions has ${twice} twice`);
  return Object.freeze([...given]);
}
