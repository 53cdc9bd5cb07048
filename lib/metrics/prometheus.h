/* metrics/prometheus - metrics as Prometheus' text exposition format, version 0.0.4.
 *
 * Pure.  Errors are those of the kin__bytes (sticky).  A family is written once, with all its objects: give
 * those of one table in one call.  Numbers are exact decimals; labels are valid UTF-8 whatever their bytes are.
 */
#ifndef KIN_METRICS_PROMETHEUS_H
#define KIN_METRICS_PROMETHEUS_H
#include "base/bytes.h"
#include "metrics/metric.h"

/* HELP, TYPE and a line for each object that knows the value, family by family; nothing for one that none knows. */
void kin__prometheus_write(struct kin__bytes *out, const struct kin__metric *metrics, size_t metrics_n,
                           const struct kin__metric_object *objects, size_t objects_n);
#endif
