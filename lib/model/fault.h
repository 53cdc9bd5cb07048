/* model/fault - faults on demand: rules in text, and which of them strike a request.
 *
 * Pure.  The model asks the rules once a request and says in its answer what is to happen; carrying it out
 * (waiting, dropping, cutting) is the business of the simulator or of the mock.
 */
#ifndef KIN_MODEL_FAULT_H
#define KIN_MODEL_FAULT_H
#include "base/rng.h"
#include "base/span.h"
#include "kinesis/types.h"

enum { KIN__FAULT_ERROR = 240, KIN__FAULTS_MAX = 256, KIN__FAULT_ANY = KIN__OPERATIONS };

enum kin__fault_kind {
	KIN__FAULT_THROTTLE, /* ProvisionedThroughputExceededException or LimitExceededException; no effect */
	KIN__FAULT_ERROR500, /* InternalFailureException; no effect */
	KIN__FAULT_ERROR503, /* ServiceUnavailable; no effect */
	KIN__FAULT_PARTIAL,  /* a share of a PutRecords' entries fails */
	KIN__FAULT_LATENCY,  /* the answer is late by ms */
	KIN__FAULT_DROP,     /* no effect, no answer */
	KIN__FAULT_DROP_AFTER,       /* effect, no answer */
	KIN__FAULT_TRUNCATE,         /* effect, the answer is cut */
	KIN__FAULT_EXPIRED_ITERATOR, /* GetRecords says ExpiredIteratorException */
	KIN__FAULT_SKEW,             /* the service's clock is off by ms */
	KIN__FAULT_KINDS
};

struct kin__fault {
	uint8_t operation;   /* enum kin__operation, or KIN__FAULT_ANY */
	uint8_t kind;        /* enum kin__fault_kind */
	uint32_t nth, every; /* 0: not used; both count the requests that match operation and shard */
	uint32_t per_mille;  /* of the requests; PARTIAL: of the entries.  0: not used */
	uint64_t count;      /* strikes at most so often; 0: no limit */
	int64_t ms;          /* LATENCY, SKEW */
	char shard[KIN__SHARD_ID_TEXT]; /* "": any */
	uint64_t seen, struck;
};

/* What strikes one request: all matching rules together. */
struct kin__fault_strike {
	bool any, throttle, error500, error503, drop, drop_after, truncate, expired_iterator;
	uint32_t partial_per_mille;
	int64_t latency_ms;
};

struct kin__faults {
	struct kin__fault *at;
	size_t n, room;
};

/* "OPERATION:KIND[:name=value]..."; 0, or -1 and the reason in `error` (a whole sentence without a full stop). */
int kin__fault_parse(struct kin__span text, struct kin__fault *out, char error[static KIN__FAULT_ERROR]);
void kin__faults_init(struct kin__faults *faults);
void kin__faults_fini(struct kin__faults *faults);
/* 0; -1 out of memory, or KIN__FAULTS_MAX are there */
int kin__faults_add(struct kin__faults *faults, const struct kin__fault *fault);
void kin__faults_clear(struct kin__faults *faults);
/* One request matched the rule: does it strike?  Counts. */
bool kin__fault_strikes(struct kin__fault *fault, struct kin__rng *rng);
/* Adds what a striking rule does.  SKEW is not among it: see kin__faults_skew_ms. */
void kin__fault_join(struct kin__fault_strike *strike, const struct kin__fault *fault);
/* By how much the service's clock is off for this request; to be asked once a request, before the model is. */
int64_t kin__faults_skew_ms(struct kin__faults *faults, enum kin__operation operation, struct kin__rng *rng);
#endif
