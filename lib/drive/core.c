/* drive/core - see core.h */
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/sha256_lanes.h"
#include "drive/core_own.h"
#include "io/clock.h"
#include "io/fork.h"
#include "io/quit.h"
#include "io/thread.h"

/* --- open ------------------------------------------------------------------------ */

static int make_endpoint(struct kin__core *core, bool control, struct kin_error *error)
{
	struct kin__chain *chain = &core->set.chain;
	struct kin__reason reason = { "" };
	struct kin__endpoint_input input = {
		.region = kin__span_text(chain->region),
		.fips = chain->use_fips,
		.dualstack = chain->use_dualstack,
		.url = kin__span_text(chain->endpoint_url),
		.class_ = control ? KIN__ENDPOINT_CONTROL : KIN__ENDPOINT_DATA,
		.account_id = kin__span_text(core->own.credentials.account_id),
		.account_mode = chain->account_mode,
	};

	if (kin__endpoint_resolve(&input, &core->set.endpoint[control], &reason) == KIN__AWS_OK)
		return KIN_OK;
	return kin__error(error, KIN_INVALID, "%s", reason.text);
}

/* The environment's copy holds secrets: it is kept only if files are to be read again by what it says. */
static int keep_source(struct kin__core *core, const struct kin_client_options *options, struct kin__env *env,
                       struct kin_error *error)
{
	const char *source = core->own.credentials.source;

	core->set.can_refresh = source && strcmp(source, "shared files") == 0;
	if (!core->set.can_refresh)
		return KIN_OK;
	core->set.profile = kin__mem_text(options->profile);
	if (options->profile && !core->set.profile)
		return kin__error_nomem(error);
	core->set.env = *env;
	kin__env_init(env);
	return KIN_OK;
}

static int read_settings(struct kin__core *core, const struct kin_client_options *options,
                         struct kin_error *error)
{
	struct kin__env env;
	int code;

	kin__env_init(&env);
	code = kin__env_read(&env, error);
	if (code == KIN_OK)
		code = kin__settings_read(options, &env, &core->set.chain, error);
	if (code == KIN_OK &&
	    kin__credentials_copy(&core->own.credentials, &core->set.chain.credentials) != KIN__AWS_OK)
		code = kin__error_nomem(error);
	kin__credentials_fini(&core->set.chain.credentials);
	if (code == KIN_OK)
		code = keep_source(core, options, &env, error);
	kin__env_fini(&env);
	if (code == KIN_OK)
		code = make_endpoint(core, false, error);
	return code == KIN_OK ? make_endpoint(core, true, error) : code;
}

static int open_threads(struct kin__core *core, const struct kin_client_options *options,
                        struct kin_error *error)
{
	struct kin__http_options http = {
		.connections_max = options->connections_max,
		.connect_timeout_ms = options->connect_timeout_ms,
		.ca_bundle = core->set.chain.ca_bundle,
		.tls_verify = options->tls_verify,
	};
	int code = kin__loop_open(&core->set.loop, &http, error);

	if (code == KIN_OK)
		code = kin__pool_open(&core->set.callbacks, "kinstream-call", 1, error);
	if (code == KIN_OK)
		code = kin__pool_open(&core->set.storage, "kinstream-file", 1, error);
	return code;
}

/* What cannot fail: afterwards core_free() may be called. */
static void init(struct kin__core *core, const struct kin_client_options *options)
{
	core->set.request_timeout_ms = options->request_timeout_ms;
	core->set.call_timeout_ms = options->call_timeout_ms;
	core->set.log = options->log;
	core->set.log_line = options->log_line;
	core->set.log_user = options->log_user;
	core->set.log_level = options->log || options->log_line ? options->log_level : KIN_LOG_NONE;
	core->set.fork_generation = kin__fork_generation();
	core->set.base64 = kin__base64_fastest();
	core->set.md5 = kin__md5_fastest();
	core->set.sha256 = kin__sha256_lanes_fastest();
	core->set.cbor = options->wire == KIN_WIRE_CBOR;
	kin__chain_init(&core->set.chain);
	kin__env_init(&core->set.env);
	kin__credentials_init(&core->own.credentials);
	kin__sigv4_key_init(&core->own.key);
	kin__sigv4_json_init(&core->own.signer);
	kin__retry_bucket_init(&core->own.bucket);
	kin__refresh_init(core);
	kin__ready_init(core);
	core->own.rng.state = kin__clock_seed();
	core->shared.seeds.state = kin__clock_seed();
	core->shared.references = 1;
}

static void core_free(struct kin__core *core)
{
	/* A refresh may still be under way there, and ends in the loop; the loop may post its last callbacks. */
	kin__pool_close(core->set.storage);
	kin__loop_close(core->set.loop);
	kin__pool_close(core->set.callbacks);
	kin__sigv4_json_fini(&core->own.signer);
	kin__sigv4_key_fini(&core->own.key);
	kin__quit_enter();
	kin__hash_free(core->own.hash);
	kin__quit_leave();
	kin__credentials_fini(&core->own.credentials);
	kin__chain_fini(&core->set.chain);
	kin__env_fini(&core->set.env);
	kin__mem_free(core->set.profile);
	pthread_mutex_destroy(&core->lock);
	kin__mem_free(core);
}

int kin__core_open(struct kin__core **out, const struct kin_client_options *options, struct kin_error *error)
{
	struct kin__core *core = kin__mem_zalloc(sizeof *core);
	int code;

	*out = NULL;
	if (!core)
		return kin__error_nomem(error);
	if (kin__quit_begun()) {
		kin__mem_free(core);
		return kin__error(error, KIN_CLOSED, "the process is ending: exit(3) has begun");
	}
	if (pthread_mutex_init(&core->lock, NULL) != 0) {
		kin__mem_free(core);
		return kin__error_nomem(error);
	}
	init(core, options);
	code = read_settings(core, options, error);
	if (code == KIN_OK) {
		kin__skew_init(&core->own.skew, core->set.chain.skew_correction);
		core->shared.skew = core->own.skew;
		kin__quit_enter();
		core->own.hash = kin__hash_new();
		kin__quit_leave();
		code = core->own.hash ? open_threads(core, options, error)
		                      : kin__error(error, KIN_NOMEM,
		                                   "out of memory, or OpenSSL has no SHA-256");
	}
	if (code != KIN_OK) {
		core_free(core);
		return code;
	}
	KIN__LOG(core, KIN_LOG_DEBUG, "client",
	         "open: region %s, data host %s, control host %s, credentials from %s",
	         core->set.chain.region, core->set.endpoint[0].host, core->set.endpoint[1].host,
	         core->own.credentials.source);
	*out = core;
	return KIN_OK;
}

/* --- references ------------------------------------------------------------------ */

struct kin__core *kin__core_ref(struct kin__core *core)
{
	pthread_mutex_lock(&core->lock);
	core->shared.references++;
	pthread_mutex_unlock(&core->lock);
	return core;
}

static void *free_apart(void *core)
{
	core_free(core);
	return NULL;
}

static bool on_own_thread(const struct kin__core *core)
{
	return kin__loop_is_mine(core->set.loop) || kin__pool_is_mine(core->set.callbacks) ||
	       kin__pool_is_mine(core->set.storage);
}

void kin__core_unref(struct kin__core *core)
{
	pthread_t thread;
	uint32_t left;

	if (!core || kin__core_forked(core))
		return; /* in a child the threads do not exist, and the sockets are the parent's */
	pthread_mutex_lock(&core->lock);
	left = --core->shared.references;
	pthread_mutex_unlock(&core->lock);
	if (left > 0)
		return;
	if (!on_own_thread(core))
		core_free(core);
	else if (kin__thread_start(&thread, "kinstream-end", free_apart, core, NULL) == KIN_OK)
		pthread_detach(thread);
}

/* --- what others ask of it -------------------------------------------------------- */

struct kin__loop *kin__core_loop(struct kin__core *core)
{
	return core->set.loop;
}

struct kin__pool *kin__core_callbacks(struct kin__core *core)
{
	return core->set.callbacks;
}

const struct kin__base64 *kin__core_base64(const struct kin__core *core)
{
	return core->set.base64;
}

const struct kin__md5_way *kin__core_md5(const struct kin__core *core)
{
	return core->set.md5;
}

const struct kin__sha256_lanes *kin__core_sha256(const struct kin__core *core)
{
	return core->set.sha256;
}

bool kin__core_on_callback(const struct kin__core *core)
{
	return kin__pool_is_mine(core->set.callbacks);
}

bool kin__core_forked(const struct kin__core *core)
{
	return core->set.fork_generation != kin__fork_generation();
}

uint64_t kin__core_seed(struct kin__core *core)
{
	uint64_t seed;

	pthread_mutex_lock(&core->lock);
	seed = kin__rng_next(&core->shared.seeds);
	pthread_mutex_unlock(&core->lock);
	return seed;
}

int64_t kin__core_service_ms(struct kin__core *core)
{
	struct kin__skew skew;
	int64_t host_ms, service_ms = 0;

	pthread_mutex_lock(&core->lock);
	skew = core->shared.skew;
	host_ms = core->shared.host_ms + (int64_t)((kin__clock_us() - core->shared.host_us) / 1000);
	pthread_mutex_unlock(&core->lock);
	return kin__skew_service_ms(&skew, host_ms, &service_ms) ? service_ms : 0;
}

bool kin__core_cbor(const struct kin__core *core)
{
	return core->set.cbor;
}

uint32_t kin__core_request_timeout_ms(const struct kin__core *core)
{
	return core->set.request_timeout_ms;
}

uint32_t kin__core_call_timeout_ms(const struct kin__core *core)
{
	return core->set.call_timeout_ms;
}

uint32_t kin__core_attempts_max(const struct kin__core *core)
{
	return core->set.chain.attempts_max;
}

struct kin__retry_bucket *kin__core_bucket(struct kin__core *core)
{
	return &core->own.bucket;
}

struct kin__rng *kin__core_rng(struct kin__core *core)
{
	return &core->own.rng;
}

bool kin__core_can_refresh(const struct kin__core *core)
{
	return core->set.can_refresh;
}

/* --- log -------------------------------------------------------------------------- */

bool kin__core_logs(const struct kin__core *core, int level)
{
	return level <= core->set.log_level;
}

/* Writes "WHAT: "; gives how much room is left. */
static size_t put_prefix(char **at, size_t room, const char *what)
{
	int n = what ? snprintf(*at, room, "%s: ", what) : 0;
	size_t used = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;

	*at += used;
	return room - used;
}

void kin__core_log(struct kin__core *core, int level, const char *room, const struct kin__log_about *about,
                   const char *format, ...)
{
	static const struct kin__log_about nothing;
	char line[1024], *message = line;
	size_t left = sizeof line;
	va_list values;

	about = about ? about : &nothing;
	if (core->set.log) {
		left = put_prefix(&message, left, about->stream);
		left = put_prefix(&message, left, about->shard_id);
	}
	va_start(values, format);
	if (vsnprintf(message, left, format, values) < 0)
		*message = 0;
	va_end(values);
	for (char *at = line; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	if (core->set.log) {
		core->set.log(core->set.log_user, level, room, line);
		return;
	}
	struct kin_log_line whole = { .size = sizeof whole,
		                      .time_ms = kin__clock_wall_ms(),
		                      .level = level,
		                      .room = room,
		                      .message = line,
		                      .stream = about->stream,
		                      .application = about->application,
		                      .shard_id = about->shard_id,
		                      .operation = about->operation,
		                      .request_id = about->request_id };
	core->set.log_line(core->set.log_user, &whole);
}
