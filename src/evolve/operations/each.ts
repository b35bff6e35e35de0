// migration > plan > operations > [each]

import { elementsOf } from '../text/tree.js';
import type { Action, ActionOf, Kind } from './kind.js';
import { ofValue, within } from './value-kind.js';

/** @param kindOf gives the kind of each operation that is done to elements. @param inverseOf what undoes them */
export const eachOf = (kindOf: (action: Action) => Kind<Action>, inverseOf: (ops: readonly Action[]) => Action[]) =>
  ofValue<ActionOf<'each'>>({
    change: ({ ops }, { compile }) => {
      const changeElement = compile(ops);
      return (text) => {
        if (!text.startsWith('[')) return text;
        try {
          return `[${elementsOf(text).map(changeElement).join(',')}]`;
        } catch (error) {
          throw within(error, ['*']);
        }
      };
    },
    inverse: ({ path, ops }) => ({
      op: 'each',
      path,
      ops: inverseOf(ops),
    }),
    canFail: ({ ops }) => ops.some((action) => kindOf(action).canFail(action)),
    isLossless: ({ ops }) => ops.every((action) => kindOf(action).isLossless(action)),
  });
