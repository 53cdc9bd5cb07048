/* A request to the mock as libmicrohttpd hands it on, in two calls or more: its method and path on the first line, its
 * headers on the next ones, after an empty line its body.  It is answered, with and without a look at its signature, by
 * what a client may read: a status of the service's, header values on one line, and a body that is what its type says.
 *
 * The functions of libmicrohttpd that the mock calls are here. */
#include "fuzz.h"
#include "base/bytes.h"
#include "kinesis/form.h"
#include "mock/gate.h"
#include "mock/serve.h"
#include "wire/cbor.h"
#include "wire/json.h"

enum { HEADERS_MAX = 40 };

struct MHD_Connection {
	const char *names[HEADERS_MAX], *values[HEADERS_MAX];
	size_t n;
	unsigned status; /* 0: not answered */
};

struct MHD_Response {
	struct kin__span body;
	char type[64];
	size_t headers;
};

static struct MHD_Response response;

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key)
{
	(void)kind;
	for (size_t i = 0; i < connection->n; i++)
		if (kin__span_same_nocase(kin__span_text(connection->names[i]), kin__span_text(key)))
			return connection->values[i];
	return NULL;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator iterator, void *user)
{
	for (size_t i = 0; i < connection->n; i++)
		if (iterator(user, kind, connection->names[i], connection->values[i]) != MHD_YES)
			break;
	return (int)connection->n;
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer,
                                                     enum MHD_ResponseMemoryMode mode)
{
	(void)mode;
	response = (struct MHD_Response){ .body = { buffer, size } };
	return &response;
}

/* Only of answers that a fault cuts, and there are no faults here. */
struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block_size,
                                                       MHD_ContentReaderCallback reader, void *user,
                                                       MHD_ContentReaderFreeCallback end)
{
	(void)size, (void)block_size, (void)reader, (void)user, (void)end;
	abort();
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *to, const char *name, const char *value)
{
	FUZZ_CHECK(value[0] && !strpbrk(value, "\r\n"));
	if (strcmp(name, "Content-Type") == 0)
		snprintf(to->type, sizeof to->type, "%s", value);
	to->headers++;
	return MHD_YES;
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                   struct MHD_Response *of)
{
	struct kin__cbor cbor;
	struct kin__json *json = NULL;
	char why[KIN__JSON_ERROR];

	FUZZ_CHECK(connection->status == 0 && of == &response && of->headers >= 3);
	FUZZ_CHECK(status == 200 || status == 400 || status == 403 || status == 404 || status == 413 ||
	           status == 500);
	connection->status = status;
	if (strcmp(of->type, KIN__FORM_CBOR) == 0 && of->body.n > 0) {
		kin__cbor_init_readonly(&cbor, of->body.at, of->body.n);
		FUZZ_CHECK(kin__cbor_is_map(of->body) && kin__cbor_finish(&cbor));
	} else if (strcmp(of->type, KIN__FORM_JSON) == 0 && of->body.n > 0) {
		FUZZ_CHECK(kin__json_parse(of->body.at, of->body.n, &json, why) == 0);
	} else {
		FUZZ_CHECK(status == 200 || status == 413 || of->body.at[0] == '<');
	}
	kin__json_free(json);
	return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *of)
{
	(void)of;
}

/* --- a request --------------------------------------------------------------------------------- */

static bool begin(struct kin_mock *mock, bool verify)
{
	struct kin__model_options options;
	struct kin__model_answer answer = { 0 };

	*mock = (struct kin_mock){ .set = { .region = "us-east-1",
		                            .access_key_id = "AKIDMOCK",
		                            .secret_access_key = "mock-secret",
		                            .verify_signatures = verify } };
	pthread_mutex_init(&mock->lock, NULL);
	kin__model_options_init(&options);
	options.seed = 1;
	options.region = "us-east-1";
	mock->model = kin__model_new(&options);
	mock->last_ms = INT64_C(1700000000000);
	if (mock->model)
		kin__model_create_stream(mock->model, mock->last_ms, kin__span_text("s"), 2, 0, &answer);
	return mock->model && !answer.code;
}

static void end(struct kin_mock *mock)
{
	kin__gate_free(mock->idle);
	kin__model_free(mock->model);
	pthread_mutex_destroy(&mock->lock);
}

/* The text up to the end of the line, 0-ended; *rest begins behind it. */
static char *line_of(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	*rest = end ? end + 1 : line + strlen(line);
	if (end)
		*end = 0;
	return line;
}

static char *parse_head(struct MHD_Connection *connection, char *text, char **method, char **uri)
{
	char *rest = text;

	*method = line_of(&rest);
	*uri = strchr(*method, ' ');
	if (*uri)
		*(*uri)++ = 0;
	for (char *line = line_of(&rest); *line && connection->n < HEADERS_MAX; line = line_of(&rest)) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon++ = 0;
		connection->names[connection->n] = line;
		connection->values[connection->n++] = colon + strspn(colon, " ");
	}
	return rest;
}

static void ask(const char *head, size_t head_n, const char *body, size_t body_n, bool verify)
{
	struct MHD_Connection connection = { .n = 0 };
	struct kin_mock mock;
	char *text = malloc(head_n + 1), *method, *uri, *copy = fuzz_copy(body, body_n);
	enum MHD_Result on = MHD_YES;
	size_t left = 0;
	void *own = NULL;

	memcpy(text, head, head_n);
	text[head_n] = 0;
	parse_head(&connection, text, &method, &uri);
	if (begin(&mock, verify)) {
		kin__serve_connected(&mock, &connection, NULL, MHD_CONNECTION_NOTIFY_STARTED);
		own = kin__serve_begin(&mock, uri && *uri ? uri : "/", &connection);
		on = kin__serve_handle(&mock, &connection, "/", method, "HTTP/1.1", NULL, &left, &own);
		for (size_t at = 0; at < body_n && on == MHD_YES; at += 1000) { /* in parts, as it comes */
			left = body_n - at < 1000 ? body_n - at : 1000;
			on = kin__serve_handle(&mock, &connection, "/", method, "HTTP/1.1", copy + at, &left,
			                       &own);
			FUZZ_CHECK(left == 0);
		}
		left = 0;
		if (on == MHD_YES)
			on = kin__serve_handle(&mock, &connection, "/", method, "HTTP/1.1", NULL, &left,
			                       &own);
		FUZZ_CHECK(on == MHD_YES && connection.status != 0);
		FUZZ_CHECK(mock.stats.requests == 1 && mock.stats.connections == 1);
		kin__serve_completed(&mock, &connection, &own, MHD_REQUEST_TERMINATED_COMPLETED_OK);
		FUZZ_CHECK(!own);
	}
	end(&mock);
	free(text);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t head_n = 0;

	while (head_n < size && !(text[head_n] == '\n' && (head_n + 1 == size || text[head_n + 1] == '\n')))
		head_n++;
	if (memchr(text, 0, head_n))
		return 0; /* libmicrohttpd lets no such head through */
	for (int verify = 0; verify < 2; verify++)
		ask(text, head_n, size - head_n > 2 ? text + head_n + 2 : text,
		    size - head_n > 2 ? size - head_n - 2 : 0, verify != 0);
	return 0;
}
