/* aws/skew - how far the host's clock is from the service's, learnt from Date headers.  Pure.
 *
 * Two outputs.  The signing offset moves only when a sample is 4 minutes or more from it, as AWS's SDKs do.
 * The service offset is an estimate for record ages: Date has whole seconds, so each answer bounds the
 * offset to an interval; intervals are cut with each other, an empty cut begins anew with the newest.
 * Nothing is known before the first sample: nobody ages records until then.
 */
#ifndef KIN_AWS_SKEW_H
#define KIN_AWS_SKEW_H
#include "base/span.h"

enum { KIN__SKEW_ADOPT_MS = 240000, KIN__SKEW_ELAPSED_MAX_MS = 900000 };

struct kin__skew {
	bool known;              /* a sample was taken */
	bool signing_off;        /* correction is switched off: signing_ms stays 0 */
	int64_t signing_ms;      /* add to the local clock to sign */
	int64_t low_ms, high_ms; /* service clock - local clock lies in here, both inclusive */
};

struct kin__skew_sample {
	int64_t local_ms;   /* wall clock when the answer's headers were there */
	int64_t date_ms;    /* the Date header, or the ServerTime of an error body */
	int64_t elapsed_ms; /* since the request was sent */
	bool has_age;       /* the answer has an Age header: a cache spoke */
	bool streaming;     /* the operation streams its output */
};

void kin__skew_init(struct kin__skew *skew, bool correct_signing);
bool kin__skew_take(struct kin__skew *skew,
                    const struct kin__skew_sample *sample);                   /* true: signing_ms changed */
int64_t kin__skew_signing_ms(const struct kin__skew *skew, int64_t local_ms); /* the time to sign with */
bool kin__skew_service_ms(const struct kin__skew *skew, int64_t local_ms,
                          int64_t *service_ms); /* false: not known yet */
bool kin__skew_is_code(struct kin__span code);  /* an error code that hints at a wrong clock */
#endif
