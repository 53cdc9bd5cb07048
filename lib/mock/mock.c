#include "base/mem.h"
#include "io/clock.h"
#include "io/error.h"
#include "io/fork.h"
#include "kinesis/limits.h"
#include "mock/gate.h"
#include "mock/listen.h"

static const struct kin_mock_options defaults = { .size = sizeof defaults,
	                                          .access_key_id = "AKIDMOCK",
	                                          .secret_access_key = "mock-secret",
	                                          .region = "us-east-1",
	                                          .verify_signatures = true,
	                                          .iterator_ttl_ms = 300000,
	                                          .retention_ms = 86400000,
	                                          .seed = 1 };

void kin_mock_options_init_sized(struct kin_mock_options *options, size_t size)
{
	size_t both = size < sizeof defaults ? size : sizeof defaults;
	memset(options, 0, size);
	memcpy(options, &defaults, both);
	memcpy(options, &size, sizeof size);
}

static bool is_empty(const char *text)
{
	return !text || !text[0];
}

/* own: defaults, overlaid with what the program filled in. */
static int read_options(struct kin_mock_options *own, const struct kin_mock_options *given,
                        struct kin_error *error)
{
	*own = defaults;
	if (!given)
		return KIN_OK;
	if (given->size < sizeof defaults)
		return kin__error(error, KIN_INVALID,
		                  "kin_mock_open(): the options were not initialised by "
		                  "kin_mock_options_init()");
	for (size_t i = sizeof defaults; i < given->size; i++)
		if (((const unsigned char *)given)[i])
			return kin__error(error, KIN_TOO_NEW,
			                  "kin_mock_open(): the options use a member that this library does "
			                  "not know");
	memcpy(own, given, sizeof *own);
	if (is_empty(own->access_key_id) || is_empty(own->secret_access_key) || is_empty(own->region))
		return kin__error(error, KIN_INVALID,
		                  "kin_mock_open(): access_key_id, secret_access_key and region must not be "
		                  "NULL or empty");
	if (strpbrk(own->access_key_id, "/, ") || strpbrk(own->region, "/, "))
		return kin__error(
				error, KIN_INVALID,
				"kin_mock_open(): access_key_id and region must not hold '/', ',' or blanks");
	if (own->iterator_ttl_ms < 1 || own->retention_ms < 1)
		return kin__error(error, KIN_INVALID,
		                  "kin_mock_open(): iterator_ttl_ms and retention_ms must be 1 or more");
	return KIN_OK;
}

static int bad_streams(struct kin_error *error, struct kin__span item, const char *why)
{
	return kin__error(error, KIN_INVALID,
	                  "kin_mock_open(): streams: '%.*s': %s; a list of NAME:SHARDS, joined by ','",
	                  (int)(item.n < 140 ? item.n : 140), item.at, why);
}

/* "NAME:SHARDS,NAME:SHARDS", ACTIVE at once. */
static int create_streams(struct kin_mock *mock, const char *text, struct kin_error *error)
{
	struct kin__model_answer answer;
	struct kin__span rest = kin__span_text(text), item, name, number;
	struct kin__reason reason;
	uint64_t shards;

	while (rest.n > 0) {
		rest = kin__span_cut(rest, ',', &item);
		number = kin__span_cut(item, ':', &name);
		if (!kin__limits_stream_name(name, &reason))
			return bad_streams(error, item, reason.text);
		if (!kin__span_u64(number, &shards) || shards < 1 || shards > KIN__MODEL_SHARDS_MAX)
			return bad_streams(error, item, "SHARDS must be 1..10000");
		kin__model_create_stream(mock->model, mock->last_ms, name, (uint32_t)shards, 0, &answer);
		if (answer.code)
			return answer.status >= 500 ? kin__error_nomem(error)
			                            : bad_streams(error, item, answer.message);
	}
	return KIN_OK;
}

static int make_model(struct kin_mock *mock, const struct kin_mock_options *o, struct kin_error *error)
{
	struct kin__model_options model;

	kin__model_options_init(&model);
	model.seed = o->seed;
	model.region = o->region;
	model.iterator_ttl_ms = o->iterator_ttl_ms;
	model.retention_ms = o->retention_ms;
	model.transition_ms = o->transition_ms;
	model.request_bytes_max = KIN__MODEL_GET_BYTES_MAX;
	model.rate_limits = o->rate_limits;
	mock->model = kin__model_new(&model);
	if (!mock->model)
		return kin__error_nomem(error);
	/* A little in the past, so that they are ACTIVE however long transitions last. */
	mock->last_ms = kin__clock_wall_ms() - o->transition_ms;
	int code = o->streams ? create_streams(mock, o->streams, error) : KIN_OK;
	mock->last_ms = kin__clock_wall_ms();
	return code;
}

/* A child has not the threads, and one of them may have held the lock. */
static bool forked(const struct kin_mock *mock)
{
	return mock->fork_generation != kin__fork_generation();
}

static int of_parent(const char *call, struct kin_error *error)
{
	return kin__error(error, KIN_FORKED, "%s: the struct kin_mock was opened by the parent process",
	                  call);
}

void kin_mock_close(struct kin_mock *mock)
{
	if (!mock || forked(mock))
		return;
	pthread_mutex_lock(&mock->lock);
	mock->closing = true;
	pthread_mutex_unlock(&mock->lock);
	kin__listen_close(mock);
	kin__gate_free(mock->idle);
	kin__model_free(mock->model);
	kin__mem_free((void *)(uintptr_t)mock->set.access_key_id);
	kin__mem_free((void *)(uintptr_t)mock->set.secret_access_key);
	kin__mem_free((void *)(uintptr_t)mock->set.region);
	pthread_mutex_destroy(&mock->lock);
	kin__mem_free(mock);
}

int kin_mock_open(struct kin_mock **out, const struct kin_mock_options *options, struct kin_error *error)
{
	struct kin_mock_options own;
	int code;

	if (!out)
		return kin__error(error, KIN_INVALID, "kin_mock_open(): out must not be NULL");
	*out = NULL;
	code = read_options(&own, options, error);
	if (code != KIN_OK)
		return code;
	struct kin_mock *mock = kin__mem_zalloc(sizeof *mock);
	if (!mock)
		return kin__error_nomem(error);
	mock->fork_generation = kin__fork_generation();
	pthread_mutex_init(&mock->lock, NULL);
	mock->set = own;
	mock->set.streams = NULL;
	kin__bytes_init(&mock->tls_certificate);
	kin__bytes_init(&mock->tls_key);
	mock->set.access_key_id = kin__mem_text(own.access_key_id);
	mock->set.secret_access_key = kin__mem_text(own.secret_access_key);
	mock->set.region = kin__mem_text(own.region);
	mock->names.state = kin__clock_seed();
	if (!mock->set.access_key_id || !mock->set.secret_access_key || !mock->set.region)
		code = kin__error_nomem(error);
	if (code == KIN_OK)
		code = make_model(mock, &own, error);
	if (code == KIN_OK)
		code = kin__listen_read_tls(mock, own.tls_certificate, own.tls_key, error);
	if (code == KIN_OK)
		code = kin__listen_open(mock, error);
	if (code != KIN_OK) {
		kin_mock_close(mock);
		return code;
	}
	mock->set.tls_certificate = mock->set.tls_key = NULL; /* the caller's texts */
	*out = mock;
	return KIN_OK;
}

const char *kin_mock_url(const struct kin_mock *mock)
{
	return mock->url;
}

int kin_mock_fault(struct kin_mock *mock, const char *text, struct kin_error *error)
{
	struct kin__fault fault;
	char why[KIN__FAULT_ERROR];

	if (!mock || !text)
		return kin__error(error, KIN_INVALID, "kin_mock_fault(): %s must not be NULL",
		                  mock ? "fault" : "mock");
	if (forked(mock))
		return of_parent("kin_mock_fault()", error);
	if (kin__fault_parse(kin__span_text(text), &fault, why) < 0)
		return kin__error(error, KIN_INVALID, "%s", why);
	pthread_mutex_lock(&mock->lock);
	bool full = kin__model_faults(mock->model)->n == KIN__FAULTS_MAX;
	int failed = full ? -1 : kin__faults_add(kin__model_faults(mock->model), &fault);
	pthread_mutex_unlock(&mock->lock);
	if (full)
		return kin__error(
				error, KIN_FULL,
				"kin_mock_fault(): %d rules are there already; kin_mock_heal() removes them",
				KIN__FAULTS_MAX);
	return failed ? kin__error_nomem(error) : KIN_OK;
}

void kin_mock_heal(struct kin_mock *mock)
{
	if (forked(mock))
		return;
	pthread_mutex_lock(&mock->lock);
	kin__faults_clear(kin__model_faults(mock->model));
	pthread_mutex_unlock(&mock->lock);
}

int kin_mock_stats(struct kin_mock *mock, struct kin_mock_stats *stats, struct kin_error *error)
{
	struct kin_mock_stats own;

	if (!mock || !stats || stats->size < sizeof stats->size)
		return kin__error(error, KIN_INVALID,
		                  "kin_mock_stats(): set stats->size to sizeof *stats before the call");
	if (forked(mock))
		return of_parent("kin_mock_stats()", error);
	pthread_mutex_lock(&mock->lock);
	own = mock->stats;
	pthread_mutex_unlock(&mock->lock);
	own.size = stats->size;
	memcpy(stats, &own, stats->size < sizeof own ? stats->size : sizeof own);
	return KIN_OK;
}
