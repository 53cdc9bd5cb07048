/* sinks/sink - opens an on-failure destination by URI: the table of schemes.
 *
 * Blocking; a storage thread, one call at a time.  `kin__sink_open` to sink.close(sink.user).  "drop" is no sink:
 * the consumer knows the word itself.  A new kind of sink is one file and one row of the table in sink.c.
 */
#ifndef KIN_SINKS_SINK_H
#define KIN_SINKS_SINK_H
#include <kinstream/sink.h>

/* *out is filled; end it with out->close(out->user).  KIN_INVALID: no such scheme, or the path is missing. */
int kin__sink_open(struct kin_sink *out, const char *uri, struct kin_error *error);

/* One scheme each: `rest` is what follows the colon.  For sink.c. */
int kin__sinkfile_open(struct kin_sink *out, const char *rest, struct kin_error *error);
#endif
