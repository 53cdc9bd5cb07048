/* Part of check_drive: attempts with large bodies that are ready at the same time. */
#include "aws/sigv4.h"

enum { READY = 5, READY_BYTES = 20000 };

static struct {
	struct kin__attempt attempts[READY];
	struct kin__loop_task task;
	char bodies[READY][2 * READY_BYTES];
	enum kin__verdict verdicts[READY];
	bool aborted[READY], maybe_done[READY];
	bool alone;   /* hashed one after the other */
	int cancel_n; /* so many are cancelled where they were started, from the second on */
	_Atomic int dones;
} ready;

static void ready_done(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	size_t i = (size_t)(attempt - ready.attempts);

	ready.verdicts[i] = outcome->verdict;
	ready.aborted[i] = outcome->aborted;
	ready.maybe_done[i] = outcome->maybe_done;
	ready.dones++;
}

static void ready_start(struct kin__loop_task *task)
{
	(void)task;
	if (ready.alone)
		kin__hash_set_lanes(core->own.hash, NULL);
	for (size_t i = 0; i < READY; i++)
		kin__core_attempt(core, &ready.attempts[i]);
	ck_assert_int_eq(ready.dones, 0);
	for (int i = 1; i <= ready.cancel_n; i++) {
		kin__core_cancel(core, &ready.attempts[i]);
		ck_assert_int_eq(ready.dones, i);
		ck_assert(ready.aborted[i] && !ready.maybe_done[i]);
	}
}

/* JSON whose lengths lie about the borders of the hash's blocks. */
static void ready_begin(const struct line *script)
{
	service.script = script;
	ready.dones = 0;
	for (size_t i = 0; i < READY; i++) {
		struct kin__attempt *attempt = &ready.attempts[i];
		size_t n = READY_BYTES + i * 1000 + i;
		char *body = ready.bodies[i];

		memset(body, 'a' + (int)i, n);
		memcpy(body, "{\"StreamName\":\"", 15);
		memcpy(body + n - 2, "\"}", 2);
		kin__attempt_init(attempt);
		attempt->operation = KIN__PUT_RECORD;
		attempt->body = kin__span(body, n);
		attempt->done = ready_done;
	}
	kin__loop_task_init(&ready.task, ready_start);
	kin__loop_post(kin__core_loop(core), &ready.task);
}

static void ready_end(void)
{
	while (ready.dones < READY)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	for (size_t i = 0; i < READY; i++)
		kin__attempt_fini(&ready.attempts[i]);
}

/* Signs anew what came to the server, by OpenSSL alone. */
static void check_signature(char *text)
{
	struct kin__sigv4_authorization authorization;
	struct kin__hash *hash = kin__hash_new();
	struct kin__request request;
	struct kin__sigv4_key key;
	struct kin__sigv4 out;
	char *body = strstr(text, "\r\n\r\n");
	struct kin__span head = kin__span(text, (size_t)(body - text)), line;
	bool first = true;

	kin__hash_set_lanes(hash, NULL);
	kin__request_init(&request, "POST", (struct kin__span){ 0 }, "/base/");
	request.body = kin__span_text(body + 4);
	while (head.n > 0) {
		struct kin__span name, value;

		head = kin__span_cut(head, '\n', &line);
		value = kin__span_cut(line, ':', &name);
		if (!first)
			ck_assert(kin__request_add(&request, name, kin__span_trim(value)));
		first = false;
	}
	kin__sigv4_key_init(&key);
	kin__sigv4_init(&out);
	ck_assert(kin__sigv4_parse_authorization(kin__request_header(&request, "authorization"),
	                                         &authorization));
	ck_assert_int_eq(kin__sigv4_verify(hash, &key, &request, &authorization, T(SECRET), false, &out),
	                 KIN__SIGV4_VALID);
	kin__sigv4_fini(&out);
	kin__sigv4_key_fini(&key);
	kin__hash_free(hash);
}

static const struct line ready_script[READY] = {
	{ 200, "Connection: close\r\n", "{}" }, { 200, "Connection: close\r\n", "{}" },
	{ 200, "Connection: close\r\n", "{}" }, { 200, "Connection: close\r\n", "{}" },
	{ 200, "Connection: close\r\n", "{}" },
};

/* Round 0: as this processor hashes best; 1: one after the other; 2 and 3: the same, some are cancelled. */
START_TEST(ready_together)
{
	ready.alone = _i % 2 == 1;
	ready.cancel_n = _i >= 2 ? 3 : 0;
	ready_begin(ready_script);
	ready_end();
	ck_assert_int_eq(service.asked, READY - ready.cancel_n);
	for (int i = 0; i < service.asked; i++)
		check_signature(service.requests[i]);
	for (int i = 0; i < READY; i++)
		ck_assert_int_eq(ready.verdicts[i], i >= 1 && i <= ready.cancel_n ? KIN__REFUSED : KIN__DONE);
}
END_TEST

/* The last reference goes while they wait or are under way: each is told, once. */
START_TEST(ready_and_closed)
{
	/* As many as may come in one after the other, while all of them are given up. */
	static const struct line script[READY] = {
		{ -1, "", "" }, { -1, "", "" }, { -1, "", "" }, { -1, "", "" }, { -1, "", "" }
	};

	ready.alone = false;
	ready.cancel_n = 0;
	ready_begin(script);
	kin__core_unref(core);
	ck_assert_int_eq(ready.dones, READY);
	ready_end();
	for (int i = 0; i < READY; i++)
		ck_assert(ready.aborted[i]);
	core_start();
}
END_TEST

static void add_ready(TCase *tcase)
{
	tcase_add_loop_test(tcase, ready_together, 0, 4);
	tcase_add_test(tcase, ready_and_closed);
}
