/* filter/fold - text without regard to case, by Unicode's full case folding: straße and STRASSE are the same.
 *
 * Pure.  Bytes that are no UTF-8 fold to U+FFFD.
 */
#ifndef KIN_FILTER_FOLD_H
#define KIN_FILTER_FOLD_H
#include "base/bytes.h"

enum kin__fold_part { KIN__FOLD_WHOLE, KIN__FOLD_PREFIX, KIN__FOLD_SUFFIX };

void kin__fold_text(struct kin__bytes *out, struct kin__span text); /* appends text, folded */
/* Is `folded` (from kin__fold_text) the whole, the beginning or the end of text, when that is folded too? */
bool kin__fold_is(struct kin__span folded, struct kin__span text, enum kin__fold_part part);
#endif
