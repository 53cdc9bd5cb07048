/* What the log says while nothing can be stored; part of check_producer. */
#ifndef KIN_TESTS_PUBLIC_PRODUCER_OUTAGE_H
#define KIN_TESTS_PUBLIC_PRODUCER_OUTAGE_H

static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t words_change = PTHREAD_COND_INITIALIZER;
static char words[4000];

static void keep_words(void *user, int level, const char *room, const char *line)
{
	(void)user;
	pthread_mutex_lock(&words_lock);
	snprintf(words + strlen(words), sizeof words - strlen(words), "%d %s %s\n", level, room, line);
	pthread_cond_broadcast(&words_change);
	pthread_mutex_unlock(&words_lock);
}

/* Waits for these words and gives the number behind them. */
static int await_words(const char *part)
{
	const char *at;
	int number;

	pthread_mutex_lock(&words_lock);
	while (!(at = strstr(words, part)))
		pthread_cond_wait(&words_change, &words_lock);
	number = atoi(at + strlen(part));
	pthread_mutex_unlock(&words_lock);
	return number;
}

/* Ten seconds of it are told, with the reason; and that it is over.  Pauses between requests are of up to 20 seconds. */
START_TEST(an_outage_is_logged)
{
	struct kin_client_options o;
	int lasted_s;

	kin_client_close(client);
	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	o.log = keep_words;
	words[0] = 0;
	ck_assert_int_eq(kin_client_open(&client, &o, &error), KIN_OK);
	fault("PutRecords:error503");
	open_it();
	put_many(0, 1);
	lasted_s = await_words("nothing was stored for ");
	ck_assert_int_ge(lasted_s, 10);
	kin_mock_heal(mock);
	ck_assert_int_ge(await_words("records are stored again, after "), lasted_s);
	close_it(KIN_OK);
	expect(0, 1, KIN_OK, KIN_STORED);
	ck_assert_msg(strstr(words, "requests failed; the last: PutRecords: ServiceUnavailable"), "%s",
	              words);
}
END_TEST
#endif
