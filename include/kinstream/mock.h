/* kinstream/mock.h - libkinstream-mock: a Kinesis endpoint inside this process, with faults on demand.  kin_mock(3) */
#ifndef KINSTREAM_MOCK_H
#define KINSTREAM_MOCK_H

#include <kinstream/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_mock; /* any thread; one closes */

struct kin_mock_options {
	size_t size;                   /* set by the _init; leave it */
	const char *access_key_id;     /* copied; default "AKIDMOCK"; requests by another key are refused */
	const char *secret_access_key; /* copied; default "mock-secret" */
	const char *region;            /* copied; default "us-east-1" */
	const char *streams; /* copied; "NAME:SHARDS[,NAME:SHARDS...]", ACTIVE at once; NULL: none */
	uint16_t port;       /* 0: any free one; on 127.0.0.1 */
	/* default false: 1 MB/s and 1000 records/s in, 2 MB/s and 5 reads/s out, a shard */
	bool rate_limits;
	bool verify_signatures;      /* default true */
	uint32_t iterator_ttl_ms;    /* default 300000 */
	uint32_t retention_ms;       /* default 86400000 */
	uint32_t transition_ms;      /* CREATING, UPDATING, DELETING last this long; default 0 */
	uint64_t seed;               /* of the faults that take a share */
	const char *tls_certificate; /* a PEM file that kin_mock_open() reads; NULL: no TLS */
	const char *tls_key;         /* the PEM file of its key */
};

/* What was asked of it; grows at the end. */
struct kin_mock_stats {
	size_t size;                        /* set by the caller: sizeof the struct */
	uint64_t requests, refused, faults; /* all; with a wrong signature; with an injected fault */
	uint64_t records_stored, records_read;
	uint64_t connections; /* accepted */
	uint64_t reserved[4];
};

KIN_API void kin_mock_options_init_sized(struct kin_mock_options *options, size_t size);
#define kin_mock_options_init(options) kin_mock_options_init_sized((options), sizeof *(options))

/* yours, close with kin_mock_close() */
KIN_API KIN_MUST_CHECK int kin_mock_open(struct kin_mock **out, const struct kin_mock_options *options,
                                         struct kin_error *error);
KIN_API void kin_mock_close(struct kin_mock *mock);
/* "http://127.0.0.1:PORT", with TLS "https://..."; borrowed until close */
KIN_API const char *kin_mock_url(const struct kin_mock *mock);
/* Adds a fault: "OPERATION:KIND[:name=value]...", see kin_mock(3):
 * OPERATION a Kinesis operation or *; KIND throttle | error500 | error503 | partial | latency | drop |
 * drop_after | truncate | expired_iterator | skew; nth=N | every=N | share=0..1, count=N, ms=N, shard=ID. */
KIN_API KIN_MUST_CHECK int kin_mock_fault(struct kin_mock *mock, const char *fault, struct kin_error *error);
KIN_API void kin_mock_heal(struct kin_mock *mock); /* removes all faults */
KIN_API KIN_MUST_CHECK int kin_mock_stats(struct kin_mock *mock, struct kin_mock_stats *stats,
                                          struct kin_error *error);

#ifdef __cplusplus
}
#endif
#endif
