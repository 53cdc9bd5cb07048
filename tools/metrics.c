#include "metrics.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 32, IDLE_S = 15, HEAD_BYTES_MAX = 16384, NAMED_MAX = 5 };

struct tool_metrics {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* held while an answer is made: the handles stay open so long */
	struct kin_consumer *consumer;
	struct kin_producer *producer;
	bool without_shards;
};

struct text {
	char *at;
	size_t n;
	bool failed;
};

/* ---- answers ---- */

static int add(void *user, const char *from, size_t n)
{
	struct text *text = user;
	char *at = text->failed ? NULL : realloc(text->at, text->n + n + 1);

	if (!at) {
		text->failed = true;
		return KIN_NOMEM;
	}
	memcpy(at + text->n, from, n);
	text->at = at;
	text->n += n;
	at[text->n] = 0;
	return KIN_OK;
}

static void say(struct text *text, const char *format, ...) KIN_PRINTF(2, 3);
static void say(struct text *text, const char *format, ...)
{
	char line[1024];
	va_list values;

	va_start(values, format);
	vsnprintf(line, sizeof line, format, values);
	va_end(values);
	add(text, line, strlen(line));
}

static unsigned write_metrics(struct tool_metrics *metrics, struct text *text)
{
	struct kin_metrics_handles handles = { .size = sizeof handles,
		                               .consumers = &metrics->consumer,
		                               .consumers_n = metrics->consumer != NULL,
		                               .producers = &metrics->producer,
		                               .producers_n = metrics->producer != NULL,
		                               .without_shards = metrics->without_shards };
	struct kin_error error;

	if (kin_metrics_write(&handles, add, text, &error) == KIN_OK)
		return MHD_HTTP_OK;
	say(text, "%s\n", error.message);
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

/* The shards that are blocked, a few of them by name. */
static void write_blocked(struct text *text, const struct kin_consumer_snapshot *snapshot)
{
	const struct kin_shard_snapshot *shard;
	size_t blocked = 0;

	for (size_t i = 0; (shard = kin_consumer_snapshot_shard(snapshot, i)); i++) {
		if (!shard->blocked || ++blocked > NAMED_MAX)
			continue;
		say(text, "%s %s (%u tries)", blocked == 1 ? "blocked:" : ",", shard->shard_id,
		    (unsigned)shard->attempts);
	}
	if (blocked > NAMED_MAX)
		say(text, " and %zu more", blocked - NAMED_MAX);
	if (blocked == 0)
		say(text, "blocked: shards that are not ours any more");
	say(text, " cannot get on: their batch, or its delivery on failure, fails again and again\n");
}

/* Why it is not well; nothing where it is. */
static void write_trouble(struct text *text, const struct kin_consumer_snapshot *snapshot)
{
	const struct kin_consumer_health *health = snapshot->health;

	if (health->state == KIN_CONSUMER_FATAL)
		say(text, "cannot go on: %s\n", health->error.message);
	else if (health->shards_blocked > 0)
		write_blocked(text, snapshot);
	else if (health->handlers_overdue > 0)
		say(text,
		    "overdue: %llu handler calls have been under way for longer than "
		    "handler_timeout_ms\n",
		    (unsigned long long)health->handlers_overdue);
}

static const char *state_name(int state)
{
	switch (state) {
	case KIN_CONSUMER_STARTING:
		return "starting";
	case KIN_CONSUMER_STOPPING:
		return "stopping";
	case KIN_CONSUMER_ENDED:
		return "ended";
	default:
		return "running";
	}
}

static unsigned write_consumer_health(struct kin_consumer *consumer, struct text *text)
{
	struct kin_consumer_snapshot *snapshot;
	struct kin_error error;
	int state;

	if (kin_consumer_snapshot(consumer, &snapshot, &error) != KIN_OK) {
		say(text, "%s\n", error.message);
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	state = snapshot->health->state;
	write_trouble(text, snapshot);
	kin_consumer_snapshot_free(snapshot);
	if (text->n > 0)
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	say(text, "ok: %s\n", state_name(state));
	return MHD_HTTP_OK;
}

static unsigned write_health(struct tool_metrics *metrics, struct text *text)
{
	if (metrics->consumer)
		return write_consumer_health(metrics->consumer, text);
	if (!metrics->producer) {
		say(text, "not begun yet, or over\n");
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	say(text, "ok: running\n");
	return MHD_HTTP_OK;
}

static unsigned answer(struct tool_metrics *metrics, const char *url, const char *method, struct text *text)
{
	bool numbers = strcmp(url, "/metrics") == 0;
	unsigned status;

	if (!numbers && strcmp(url, "/healthz") != 0) {
		say(text, "there is /metrics and /healthz\n");
		return MHD_HTTP_NOT_FOUND;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		say(text, "only GET and HEAD\n");
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	pthread_mutex_lock(&metrics->lock);
	status = numbers ? write_metrics(metrics, text) : write_health(metrics, text);
	pthread_mutex_unlock(&metrics->lock);
	return status;
}

/* The server's thread. */
static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
	static char nothing[1];
	struct text text = { 0 };
	unsigned status = answer(user, url, method, &text);
	struct MHD_Response *response;
	enum MHD_Result queued;

	(void)version, (void)upload, (void)upload_size, (void)state;
	if (text.failed)
		status = MHD_HTTP_SERVICE_UNAVAILABLE;
	response = MHD_create_response_from_buffer(text.n, text.at ? text.at : nothing,
	                                           text.at ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(text.at);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
	                        status == MHD_HTTP_OK && strcmp(url, "/metrics") == 0
	                                        ? "text/plain; version=0.0.4; charset=utf-8"
	                                        : "text/plain; charset=utf-8");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

/* ---- address ---- */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	};
	uint16_t port;
};

/* PORT, :PORT, A.B.C.D:PORT or [IPV6]:PORT; without an address it is 127.0.0.1. */
static bool read_address(const char *text, struct address *out)
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	size_t n = colon ? (size_t)(colon - text) : 0;
	char host[64];
	int64_t number;
	bool six = n > 1 && text[0] == '[' && text[n - 1] == ']';

	memset(out, 0, sizeof *out);
	if (n >= sizeof host || port[0] < '0' || port[0] > '9' || !tool_number(port, 0, 65535, &number))
		return false;
	snprintf(host, sizeof host, "%.*s", (int)(six ? n - 2 : n), six ? text + 1 : text);
	out->port = (uint16_t)number;
	if (six) {
		out->six.sin6_family = AF_INET6;
		out->six.sin6_port = htons(out->port);
		return inet_pton(AF_INET6, host, &out->six.sin6_addr) == 1;
	}
	out->four.sin_family = AF_INET;
	out->four.sin_port = htons(out->port);
	return inet_pton(AF_INET, n > 0 ? host : "127.0.0.1", &out->four.sin_addr) == 1;
}

/* ---- open and close ---- */

/* Its thread inherits the mask: signals are for the others. */
static struct MHD_Daemon *start(struct tool_metrics *metrics, const struct address *address)
{
	unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD |
	                 (address->any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	sigset_t all, before;
	struct MHD_Daemon *daemon;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	errno = 0;
	daemon = MHD_start_daemon(flags, address->port, NULL, NULL, handle, metrics, MHD_OPTION_SOCK_ADDR,
	                          &address->any, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	                          MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return daemon;
}

static void tell(const struct tool *tool, struct MHD_Daemon *daemon, const struct address *address)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	bool six = address->any.sa_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(address->any.sa_family,
	          six ? (const void *)&address->six.sin6_addr : (const void *)&address->four.sin_addr, host,
	          sizeof host);
	tool_say(KIN_LOG_INFO, "%s: metrics are at http://%s%s%s:%u/metrics", tool->command, six ? "[" : "",
	         host, six ? "]" : "", (unsigned)(info ? info->port : address->port));
}

int tool_metrics_open(struct tool_metrics **out, const struct tool *tool)
{
	const char *listen = kin_config_get(tool->config, "metrics_listen");
	const char *shards = kin_config_get(tool->config, "metrics_shards");
	struct tool_metrics *metrics;
	struct address address;

	*out = NULL;
	if (!listen || !listen[0])
		return TOOL_DONE;
	if (!read_address(listen, &address))
		return tool_usage(tool,
		                  "option metrics_listen is '%s'; it must be ADDRESS:PORT, such as "
		                  "127.0.0.1:9464, [::1]:9464 or 9464; port 0 takes a free one",
		                  listen);
	metrics = calloc(1, sizeof *metrics);
	if (!metrics)
		return tool_say(KIN_LOG_ERROR, "%s: out of memory", tool->command), TOOL_FAILED;
	pthread_mutex_init(&metrics->lock, NULL);
	metrics->without_shards = shards && strcmp(shards, "false") == 0;
	metrics->daemon = start(metrics, &address);
	if (!metrics->daemon) {
		tool_say(KIN_LOG_ERROR, "%s: option metrics_listen: %s cannot be opened: %s", tool->command,
		         listen, errno ? strerror(errno) : "it is taken, or not an address of this host");
		tool_metrics_close(metrics);
		return TOOL_FAILED;
	}
	tell(tool, metrics->daemon, &address);
	*out = metrics;
	return TOOL_DONE;
}

void tool_metrics_watch(struct tool_metrics *metrics, struct kin_consumer *consumer,
                        struct kin_producer *producer)
{
	if (!metrics)
		return;
	pthread_mutex_lock(&metrics->lock);
	metrics->consumer = consumer;
	metrics->producer = producer;
	pthread_mutex_unlock(&metrics->lock);
}

void tool_metrics_close(struct tool_metrics *metrics)
{
	if (!metrics)
		return;
	if (metrics->daemon)
		MHD_stop_daemon(metrics->daemon);
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}
