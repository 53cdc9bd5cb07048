/* drive/core_own - the inside of a kin__core, for drive/core, drive/attempt and drive/refresh alone. */
#ifndef KIN_DRIVE_CORE_OWN_H
#define KIN_DRIVE_CORE_OWN_H
#include <pthread.h>
#include "aws/apierror.h"
#include "aws/chain.h"
#include "aws/sigv4.h"
#include "aws/skew.h"
#include "base/rng.h"
#include "drive/core.h"
#include "io/env.h"

struct kin__core {
	struct {                         /* read-only after open */
		struct kin__chain chain; /* all settings but the credentials, which are own.credentials */
		struct kin__endpoint endpoint[2]; /* without an ARN; [1]: control */
		struct kin__env env;              /* kept only for credentials that can be read again */
		char *profile;                    /* NULL: not named by the program */
		bool can_refresh;
		bool cbor;
		uint32_t request_timeout_ms, call_timeout_ms;
		kin_log_fn *log;
		kin_log_line_fn *log_line; /* one of the two, or none */
		void *log_user;
		int32_t log_level;
		unsigned fork_generation;
		struct kin__loop *loop;
		struct kin__pool *callbacks, *storage;
		const struct kin__base64 *base64;
		const struct kin__md5_way *md5;
		const struct kin__sha256_lanes *sha256;
	} set;
	struct { /* loop thread */
		struct kin__credentials credentials;
		uint64_t credentials_number; /* counts the changes */
		struct kin__list parked;     /* attempts that wait for new ones */
		bool refreshing;
		struct kin__list ready; /* attempts whose body is to be hashed and signed */
		struct kin__loop_task hash_ready;
		struct kin__hash *hash;
		struct kin__sigv4_key key;
		struct kin__sigv4_json signer;
		struct kin__skew skew;
		struct kin__retry_bucket bucket;
		struct kin__rng rng;
	} own;
	struct { /* storage thread while own.refreshing, loop thread else */
		struct kin__chain chain;
		struct kin__reason reason;
		int code;
		struct kin__pool_job job;
		struct kin__loop_task task;
	} refresh;
	struct { /* under lock */
		uint32_t references;
		struct kin__skew skew; /* a copy for those who ask the time */
		/* The host's clock at the last answer, and when that was: it may be set before the next. */
		int64_t host_ms;
		uint64_t host_us;
		struct kin__rng seeds;
	} shared;
	pthread_mutex_t lock;
};

/* drive/settings: what the program, the environment and the files say.  Fills an _init-ed chain. */
int kin__settings_read(const struct kin_client_options *options, struct kin__env *env,
                       struct kin__chain *chain, struct kin_error *error);
/* Reads the files again, for the credentials alone; any thread.  An enum of aws/reason. */
int kin__settings_again(const struct kin__core *core, struct kin__chain *chain, struct kin__reason *reason);

/* drive/refresh: loop thread.  Parks the attempt until the credentials were read again, then calls
 * kin__attempt_refreshed() for each parked one. */
void kin__refresh_init(struct kin__core *core);
void kin__refresh_park(struct kin__core *core, struct kin__attempt *attempt);

/* drive/ready: loop thread.  true: the attempt waits until its body, with others, was hashed; then goes on by
 * kin__attempt_hashed(). */
void kin__ready_init(struct kin__core *core);
bool kin__ready_wait(struct kin__core *core, struct kin__attempt *attempt);

/* drive/attempt: goes on with a parked attempt; changed: there are other keys now. */
void kin__attempt_refreshed(struct kin__attempt *attempt, bool changed);
/* NULL: the hash failed. */
void kin__attempt_hashed(struct kin__attempt *attempt, const struct kin__sha256 *sum);
#endif
