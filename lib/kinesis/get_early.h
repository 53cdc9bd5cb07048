/* kinesis/get_early - records of a GetRecords answer that is still coming in; hot.
 *
 * Pure.  What came just now is in the processor's caches still: whole records that stand as the service writes them
 * are read then, and moved together, so that the answer takes no more memory than its records.  Everything else is
 * left to kin__get_records_decode(), which goes on behind them.
 */
#ifndef KIN_KINESIS_GET_EARLY_H
#define KIN_KINESIS_GET_EARLY_H
#include "kinesis/get_records.h"

/* The body has grown at its end.  It must not have moved, nor move later: records point into it.  It becomes shorter
 * by what the records take less.  The page was cleared before the first call. */
void kin__get_early_read(struct kin__get_page *page, struct kin__bytes *body, const char *shard_id);
/* What was not read, as an answer of its own, whose list of Records begins with one item to be skipped.  Gives how
 * many bytes further on in the answer each of its bytes stood.  Nothing was read early: nothing is changed. */
uint64_t kin__get_early_rest(const struct kin__get_page *page, char **answer, size_t *n);
#endif
