// The types of records, as handles on a collection give and take them. Nothing here exists at run time.

/** A value without members: as it is, it is readonly. */
export type Primitive = string | number | bigint | boolean | null | undefined | ((...given: never[]) => unknown);

/** T with members and elements that cannot be assigned to, however deep. A record that is shared among readers is frozen so. */
export type DeepReadonly<T> = T extends Primitive
  ? T
  : T extends object
    ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> }
    : T;

/**
 * A JSON Merge Patch (RFC 7396) of records of type T: the members to change. An object is merged, anything else replaces the member.
 * null removes a member, so it is allowed where T allows the member to be absent. A patch cannot store null.
 */
export type MergePatch<T> = T extends Primitive | readonly unknown[]
  ? T
  : T extends object
    ? {
        readonly [Name in keyof T]?:
          | MergePatch<Exclude<T[Name], null | undefined>>
          | (Record<never, never> extends Pick<T, Name> ? null : never)
          | undefined;
      }
    : T;

/**
 * What `get` returns for values of type T of stored records of type Stored. Without a codec the value is the record, which a record
 * cache may share with other readers: then it is readonly. What a codec makes belongs to its reader.
 */
export type ReadValue<T, Stored> = [T, Stored] extends [Stored, T] ? DeepReadonly<T> : T;

/** T with numbers that may be bigints, as `unsafeIntegers: 'bigint'` gives integers beyond 2^53 - 1. */
export type WithBigints<T> = T extends number
  ? T | bigint
  : T extends Primitive
    ? T
    : T extends object
      ? { [Name in keyof T]: WithBigints<T[Name]> }
      : T;

/** The collections of a store whose types nobody has said: any name, and records of type unknown. */
export type AnyCollections = Readonly<Record<string, unknown>>;

/** The records of a collection of a store that is said to have these collections, with bigints if the handle gives them. */
export type RecordIn<Collections, Name extends keyof Collections, Integers> = [Integers] extends ['bigint']
  ? WithBigints<Collections[Name]>
  : Collections[Name];

/** Any name, for a store whose collections nobody has said; else none. */
export type AnyNameIn<Collections> = string extends keyof Collections ? string : never;

/** The type of the records of a collection that was not named. */
export type DefaultRecord<Collections> = Collections extends { readonly records: infer Stored } ? Stored : unknown;

/** A result of a callback that must not be async: of a promise it is a text that says so, which no promise is. */
export type Synchronous<R> = R extends PromiseLike<unknown> ? 'the callback of a transaction must not be async' : R;
