/* kinstream/error.h - result codes and the error a caller may ask for; the version.  kin_error(3) */
#ifndef KINSTREAM_ERROR_H
#define KINSTREAM_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KIN_API __attribute__((visibility("default")))
#define KIN_MUST_CHECK __attribute__((warn_unused_result))
#define KIN_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define KIN_API
#define KIN_MUST_CHECK
#define KIN_PRINTF(text, first)
#endif

/* Every fallible function returns KIN_OK or one of the negative codes. */
enum kin_code {
	KIN_OK = 0,
	KIN_NOMEM = -1,           /* memory ran out; nothing changed */
	KIN_INVALID = -2,         /* an argument or option is wrong; the message names it */
	KIN_TOO_NEW = -3,         /* options use a member this library is too old for */
	KIN_UNSUPPORTED = -4,     /* known, but not supported by this version */
	KIN_FULL = -5,            /* the producer's buffer is full */
	KIN_CLOSED = -6,          /* the handle is closing or has ended */
	KIN_TIMEOUT = -7,         /* the caller's time limit passed */
	KIN_NETWORK = -8,         /* no usable answer: name, connection, TLS, reset */
	KIN_CREDENTIALS = -9,     /* no credentials, or the service does not know them */
	KIN_DENIED = -10,         /* permission refused */
	KIN_THROTTLED = -11,      /* the service asked to slow down for longer than we may wait */
	KIN_REFUSED = -12,        /* the service refused; aws_code says why */
	KIN_NOT_FOUND = -13,      /* no such stream, shard, member, name */
	KIN_EXISTS = -14,         /* it is there already */
	KIN_PROTOCOL = -15,       /* the service's answer made no sense */
	KIN_EXPIRED = -16,        /* a record's time to live passed before it was stored */
	KIN_IN_USE = -17,         /* another process holds it; the message names the pid */
	KIN_CORRUPT = -18,        /* a file is damaged; the message names it */
	KIN_IO = -19,             /* a file or process operation failed */
	KIN_LOST = -20,           /* another worker took the lease */
	KIN_GAP = -21,            /* records were lost to us: trimmed, or the stream was re-created */
	KIN_WOULD_DEADLOCK = -22, /* this call, from this callback, would wait for itself */
	KIN_FORKED = -23,         /* the handle was opened by the parent process */
	KIN_BUG = -24,            /* a broken invariant; the handle is frozen, please report */
	KIN_END = -25,            /* nothing more will come */
	KIN_FAILED = -40,         /* a handler's word: the batch failed */
	KIN_BUSY = -41,           /* a handler's word: not now; no attempt is used */
	KIN_LATER = -42           /* a handler's word: kin_batch_finish() will come */
};

/* Filled on failure only.  Layout and size are ABI.  Nothing to free; never holds a secret. */
struct kin_error {
	int32_t code;        /* enum kin_code */
	int32_t http_status; /* 0: no answer */
	uint8_t retryable;   /* 1: trying again later may help */
	uint8_t reserved[7];
	char aws_code[64];   /* "ProvisionedThroughputExceededException", or "" */
	char request_id[80]; /* of the service's answer, or "" */
	char message[352];   /* one line: what was wrong, with which value, what would be right */
};

KIN_API const char *kin_code_name(int code); /* "KIN_FULL"; "KIN_?" when unknown; static */
KIN_API const char *kin_version(void);       /* "0.1.0": the running library; static */

#ifdef __cplusplus
}
#endif
#endif
