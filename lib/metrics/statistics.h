/* metrics/statistics - metrics as members of a JSON object, in the units that they are counted in.
 *
 * Pure.  Errors are those of the kin__bytes (sticky).  What is not known is null.  A histogram is an object:
 * count, sum, p50, p90, p99, max.
 */
#ifndef KIN_METRICS_STATISTICS_H
#define KIN_METRICS_STATISTICS_H
#include "metrics/metric.h"
#include "wire/jsontext.h"

/* Inside an object of `json`: a member for each row that has a name there. */
void kin__statistics_members(struct kin__jsontext *json, const struct kin__metric *metrics, size_t metrics_n,
                             const void *values);
#endif
