// Rows of `find` and `range` as the records that they have.

/** The records, as values. */
export async function* valuesOf<T>(rows: AsyncIterable<{ readonly value: T }>): AsyncGenerator<T> {
  for await (const { value } of rows) yield value;
}

/** The records, as texts. */
export async function* textsOf(rows: AsyncIterable<{ readonly text: string }>): AsyncGenerator<string> {
  for await (const { text } of rows) yield text;
}
