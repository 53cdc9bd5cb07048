/* The body of a request to the mock, for the operation that the first byte names; the second one: a fault's text is
 * what follows instead.  The model behind it must go on, and what is answered must be JSON, or CBOR for CBOR. */
#include "fuzz.h"
#include "mock/gate.h"
#include "mock/operations.h"
#include "model/fault.h"
#include "wire/cbor.h"
#include "wire/json.h"

static struct kin_mock mock;

static void end(void)
{
	kin__model_free(mock.model);
	mock.model = NULL;
}

static bool begin(void)
{
	struct kin__model_options options;
	struct kin__model_answer answer = { 0 };

	kin__model_options_init(&options);
	options.seed = 1;
	options.region = "us-east-1";
	mock.model = kin__model_new(&options);
	mock.last_ms = INT64_C(1700000000000);
	mock.set.region = "us-east-1";
	if (mock.model)
		kin__model_create_stream(mock.model, mock.last_ms, kin__span_text("s"), 2, 0, &answer);
	return mock.model && !answer.code;
}

static void ask(enum kin__operation operation, const char *body, size_t n)
{
	struct kin__mock_exchange exchange = { .mock = &mock,
		                               .operation = operation,
		                               .now_ms = mock.last_ms,
		                               .cbor = kin__cbor_is_map(kin__span(body, n)) };
	struct kin__cbor cbor;
	struct kin__json *json = NULL;
	char why[KIN__JSON_ERROR];

	kin__bytes_init(&exchange.body);
	kin__bytes_init(&exchange.reply);
	kin__bytes_add(&exchange.body, body, n);
	if (!exchange.body.failed)
		kin__operations_run(&exchange, mock.last_ms);
	FUZZ_CHECK(!exchange.answer.code || (exchange.answer.status >= 400 && exchange.answer.message[0]));
	kin__cbor_init_readonly(&cbor, exchange.reply.at ? exchange.reply.at : "", exchange.reply.n);
	if (exchange.cbor && kin__cbor_is_map(kin__bytes_view(&exchange.reply)))
		FUZZ_CHECK(!exchange.reply.failed && kin__cbor_finish(&cbor));
	else if (!exchange.answer.code && exchange.reply.n > 0)
		FUZZ_CHECK(!exchange.reply.failed &&
		           kin__json_parse(exchange.reply.at, exchange.reply.n, &json, why) == 0);
	kin__json_free(json);
	kin__bytes_fini(&exchange.body);
	kin__bytes_fini(&exchange.reply);
}

static void fault(struct kin__span text)
{
	char why[KIN__FAULT_ERROR] = "";
	struct kin__fault parsed;

	if (kin__fault_parse(text, &parsed, why) == 0)
		kin__faults_add(kin__model_faults(mock.model), &parsed);
	else
		FUZZ_CHECK(why[0]);
}

/* 'A' is the first of the table; what the mock does not know never comes so far. */
static enum kin__operation operation_of(char letter)
{
	enum kin__operation operation =
			(enum kin__operation)((unsigned char)(letter - 'A') % KIN__OPERATIONS);

	return kin__operations_knows(operation) ? operation : KIN__LIST_SHARDS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct kin__span rest = { copy, size }, line;

	if (begin())
		while (rest.n > 1) { /* several requests, a line each: an operation's letter, then the body */
			rest = kin__span_cut(rest, '\n', &line);
			if (line.n == 0)
				continue;
			if (line.at[0] == '!')
				fault(kin__span(line.at + 1, line.n - 1));
			else
				ask(operation_of(line.at[0]), line.at + 1, line.n - 1);
		}
	end();
	free(copy);
	return 0;
}
