/* base/timetext - points in time as text and back, in milliseconds since 1970 UTC.
 *
 * Pure: proleptic Gregorian arithmetic, no libc time.  Reading takes the years 0000-9999.
 */
#ifndef KIN_BASE_TIMETEXT_H
#define KIN_BASE_TIMETEXT_H
#include "base/span.h"

enum { KIN__TIME_TEXT = 40 }; /* room for any of the texts below */

void kin__time_iso(int64_t ms, char out[static KIN__TIME_TEXT]);   /* 2026-01-15T12:34:56.789Z */
void kin__time_amz(int64_t ms, char out[static KIN__TIME_TEXT]);   /* 20260115T123456Z */
void kin__time_http(int64_t ms, char out[static KIN__TIME_TEXT]);  /* Thu, 15 Jan 2026 12:34:56 GMT */
void kin__time_epoch(int64_t ms, char out[static KIN__TIME_TEXT]); /* 1768480496.789, three digits always */
bool kin__time_from_iso(struct kin__span text, int64_t *ms); /* date only, fraction and +hh:mm are fine */
bool kin__time_from_amz(struct kin__span text, int64_t *ms);
bool kin__time_from_http(struct kin__span text, int64_t *ms); /* IMF-fixdate */
bool kin__time_from_epoch(struct kin__span text,
                          int64_t *ms); /* seconds: 1768480496.789, 1.768480496789E9, 1768480496 */
#endif
