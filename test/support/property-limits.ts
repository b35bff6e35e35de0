// Before each file: a property that fails says by which values before its test runs out of time, however long it has been
// looking for smaller ones. One that is only slow fails too.

import fc from 'fast-check';

fc.configureGlobal({ interruptAfterTimeLimit: 50_000, markInterruptAsFailure: true });
