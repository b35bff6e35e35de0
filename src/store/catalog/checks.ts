// Checks of values that were read from a file which somebody else may have written: small functions that are put together to
// tables (schema.ts). A check says where a value is wrong, so that a message can say it too.

/**
 * Undefined for a value that is as it must be. Otherwise the place of the fault in it, such as `.open.records`; the empty text
 * is the value itself.
 */
export type Check = (value: unknown) => string | undefined;

/** A check of every field of `T`: one that is forgotten does not compile. */
type FieldsOf<T> = { readonly [Name in keyof T]-?: Check };

export const U32_MAX = 2 ** 32 - 1;

export function is(isRight: (value: unknown) => boolean): Check {
  return (value) => (isRight(value) ? undefined : '');
}

/** An integer that a double holds exactly, 0 or more. */
export function integer(max: number = Number.MAX_SAFE_INTEGER, min = 0): Check {
  // Of the most frequent ones each is a single call.
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? undefined : '';
}

export function text(isRight?: (text: string) => boolean): Check {
  if (isRight === undefined) return (value) => (typeof value === 'string' ? undefined : '');
  return (value) => (typeof value === 'string' && isRight(value) ? undefined : '');
}

export function oneOf(...values: readonly unknown[]): Check {
  return is((value) => values.includes(value));
}

export const boolean = is((value) => typeof value === 'boolean');

export function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

export function list(check: Check, max: number = U32_MAX): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length > max) return '';
    for (let i = 0; i < value.length; i++) {
      const place = check(value[i]);
      if (place !== undefined) return `[${i}]${place}`;
    }
    return undefined;
  };
}

/** A list with these items; the last ones may be missing where their checks are optional. */
export function tuple(...items: readonly Check[]): Check {
  return (value) => {
    if (!Array.isArray(value)) return '';
    for (let i = 0; i < items.length; i++) {
      const place = items[i]!(value[i]);
      if (place !== undefined) return `[${i}]${place}`;
    }
    return undefined;
  };
}

/**
 * Checks an object with these fields. Other fields are ignored, because a later gristmill may have written them.
 * @param relation checks the fields against each other, after each field is right
 */
export function object<T>(fields: FieldsOf<T>, relation?: (value: T) => string | undefined): Check {
  const names = Object.keys(fields);
  const checks = Object.values<Check>(fields);
  return (value) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return '';
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const place = checks[i]!((value as Record<string, unknown>)[name]);
      if (place !== undefined) return `.${name}${place}`;
    }
    return relation?.(value as T);
  };
}

const TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
/** ISO 8601, as `toISOString` writes it. */
export const time = text((given) => TIME.test(given));

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** As `randomUUID` makes them: it becomes a name of a file. */
export const uuid = text((given) => UUID.test(given));

const SHOWN_MAX = 50;

/** `.records is -1`, for a message: the value at a place that a check has named. */
export function describeFault(value: unknown, place: string): string {
  const steps = place.match(/[^.[\]]+/g) ?? [];
  const found = steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], value);
  return `${place === '' ? 'it' : place} is ${shown(found)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  const json = JSON.stringify(value);
  return json.length <= SHOWN_MAX ? json : `${json.slice(0, SHOWN_MAX)}…`;
}
