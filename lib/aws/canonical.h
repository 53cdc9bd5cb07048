/* aws/canonical - the parts of a SigV4 canonical request: path, query, headers.  Pure.
 *
 * Each appends to a byte buffer; a failed allocation stays in that buffer's `failed`.
 */
#ifndef KIN_AWS_CANONICAL_H
#define KIN_AWS_CANONICAL_H
#include "base/bytes.h"
#include "aws/request.h"

enum { KIN__CANONICAL_PARAMS_MAX = 256, KIN__CANONICAL_HEADERS_MAX = KIN__REQUEST_HEADERS_MAX + 1 };

/* normalize: drop empty and "." segments, resolve "..", keep one trailing '/'. */
void kin__canonical_path(struct kin__bytes *out, struct kin__span path, bool normalize, bool encode);
/* false: more than KIN__CANONICAL_PARAMS_MAX parameters.  `scratch` is overwritten. */
bool kin__canonical_query(struct kin__bytes *out, struct kin__span query, struct kin__bytes *scratch);
/* Outer blanks away, inner runs of blanks and line folds to one space. */
void kin__canonical_value(struct kin__bytes *out, struct kin__span value);
/* Headers in any order, any case: "name:value\n" each into `out`, the names joined by ';' into `names`. */
void kin__canonical_headers(struct kin__bytes *out, struct kin__bytes *names, struct kin__header *headers,
                            size_t n);
#endif
