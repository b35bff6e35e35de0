// The converters of other formats to JSON: what src/import/format/simd/ calls. A thread has one instance. Addresses are bytes in
// its memory.

export { documentsConvert, documentsConverted } from './documents';
export { input, layout, table, text, written } from './layout';
export { allNewlines, findRowEnds, rowEnd, rowEndNewlines } from './row-ends';
export { rowsConvert, rowsNewlines } from './rows';
