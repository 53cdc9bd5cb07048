/* demo: the whole library against its own embedded endpoint, in a few seconds, and an honest account at the end.
 *
 * Four shards; 120,000 records put while a consumer handles them; throttles, partial failures, server errors
 * and lost answers injected all the while; a shard split in the middle; poison records that no handler can do.
 * Exits 1 if a record was lost or out of order. */
#include <kinstream.h>
#include <kinstream/mock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 120000, KEYS = 300, POISON_EVERY = 20000, SHARD_TEXT = 32, SEQUENCE_TEXT = 136 };

static struct account {
	pthread_mutex_t lock;
	unsigned char stored[RECORDS], possible[RECORDS], handled[RECORDS], failed[RECORDS];
	unsigned long put, put_failed, done, buried, repeats, disorder;
	/* Per key: where it was seen last, and the shard it came from before that. */
	struct {
		char shard[SHARD_TEXT], before[SHARD_TEXT], sequence[SEQUENCE_TEXT];
	} last[KEYS];
} account = { .lock = PTHREAD_MUTEX_INITIALIZER };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const struct kin_error *error)
{
	fprintf(stderr, "demo: %s: %s\n", what, error->message);
	exit(1);
}

static unsigned long index_of(const struct kin_record *r)
{
	char text[16];
	snprintf(text, sizeof text, "%.*s", (int)(r->data_size < 15 ? r->data_size : 15),
	         (const char *)r->data);
	return strtoul(text, NULL, 10) % RECORDS;
}

static int is_poison(unsigned long i)
{
	return i % POISON_EVERY == POISON_EVERY / 2;
}

/* ---- putting ---- */

static void on_delivery(void *user, const struct kin_delivery *d)
{
	unsigned long i = (unsigned long)((char *)d->token - (char *)user);
	pthread_mutex_lock(&account.lock);
	if (d->status == KIN_STORED)
		account.stored[i] = 1;
	else
		account.put_failed++;
	account.possible[i] = d->status == KIN_POSSIBLY_STORED;
	pthread_mutex_unlock(&account.lock);
}

static void put(struct kin_producer *producer, unsigned long i)
{
	struct kin_put_entry entry;
	struct kin_error e;
	char key[16], data[120];

	memset(data, '.', sizeof data);
	data[snprintf(data, 16, "%lu", i)] = ' ';
	kin_put_entry_init(&entry);
	entry.key = key;
	entry.key_size = (size_t)snprintf(key, sizeof key, "key-%lu", i % KEYS);
	entry.data = data;
	entry.data_size = sizeof data;
	if (kin_producer_put_entry(producer, &entry, (char *)account.stored + i, -1, &e) != KIN_OK)
		die("put", &e);
	account.put++;
}

/* ---- handling ---- */

static int longer_or_later(const char *a, const char *b)
{
	return strlen(a) != strlen(b) ? strlen(a) > strlen(b) : strcmp(a, b) > 0;
}

/* Within a shard a key's records come by rising sequence number; a key that moved to a child never comes back. */
static void check_order(const struct kin_record *r, unsigned long i)
{
	char *shard = account.last[i % KEYS].shard, *before = account.last[i % KEYS].before;
	char *sequence = account.last[i % KEYS].sequence;

	if (strcmp(shard, r->shard_id) == 0)
		account.disorder += !longer_or_later(r->sequence_number, sequence);
	else if (strcmp(before, r->shard_id) == 0)
		account.disorder++;
	else
		memcpy(before, shard, SHARD_TEXT);
	snprintf(shard, SHARD_TEXT, "%s", r->shard_id);
	snprintf(sequence, SEQUENCE_TEXT, "%s", r->sequence_number);
}

static int handle(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int whole = 1;

	(void)user;
	for (size_t k = 0; (r = kin_batch_record(batch, k)); k++)
		whole = whole && !is_poison(index_of(r));
	if (!whole)
		return KIN_FAILED; /* it says only that something failed: the consumer bisects */
	pthread_mutex_lock(&account.lock);
	while ((r = kin_batch_next(batch))) {
		unsigned long i = index_of(r);
		check_order(r, i);
		account.done += !account.handled[i];
		account.repeats += account.handled[i];
		account.handled[i] = 1;
	}
	pthread_mutex_unlock(&account.lock);
	return KIN_OK;
}

static int bury(void *user, const struct kin_failure *failure, struct kin_error *error)
{
	(void)user;
	(void)error;
	pthread_mutex_lock(&account.lock);
	for (size_t k = 0; k < failure->count; k++) {
		unsigned char *failed = &account.failed[index_of(failure->records[k])];
		account.buried += !*failed;
		*failed = 1;
	}
	pthread_mutex_unlock(&account.lock);
	return KIN_OK;
}

/* ---- the play ---- */

static void split(struct kin_client *client)
{
	struct kin_call *call;
	struct kin_error e;

	/* The second shard of four owns [2^126, 2^127): 3 * 2^125 is its middle. */
	if (kin_call_new(&call, client, "SplitShard", &e) != KIN_OK ||
	    kin_call_set_text(call, "StreamName", "demo", &e) != KIN_OK ||
	    kin_call_set_text(call, "ShardToSplit", "shardId-000000000001", &e) != KIN_OK ||
	    kin_call_set_text(call, "NewStartingHashKey", "127605887595351923798765477786913079296", &e) !=
	                    KIN_OK ||
	    kin_call_wait(call, -1, &e) != KIN_OK)
		die("split", &e);
	kin_call_free(call);
}

static void progress(struct kin_consumer *consumer, double began, int last)
{
	struct kin_consumer_health health = { .size = sizeof health };
	static double shown;

	if (!isatty(STDERR_FILENO) || (!last && now() - shown < 0.1))
		return;
	shown = now();
	if (kin_consumer_health(consumer, &health, NULL) != KIN_OK)
		return;
	pthread_mutex_lock(&account.lock);
	fprintf(stderr, "\r  put %6lu   handled %6lu   on failure %2lu   shards %llu (%llu ended)   %5.1f s ",
	        account.put, account.done, account.buried, (unsigned long long)health.shards,
	        (unsigned long long)health.shards_ended, now() - began);
	pthread_mutex_unlock(&account.lock);
	if (last)
		fputc('\n', stderr);
}

static unsigned long missing(void)
{
	unsigned long n = 0;
	pthread_mutex_lock(&account.lock);
	for (unsigned long i = 0; i < RECORDS; i++)
		n += account.stored[i] && !account.handled[i] && !account.failed[i];
	pthread_mutex_unlock(&account.lock);
	return n;
}

static struct kin_mock *open_mock(void)
{
	static const char *const faults[] = {
		"PutRecords:throttle:share=0.02",        "PutRecords:partial:share=0.05",
		"PutRecords:error500:share=0.02",        "PutRecords:drop_after:share=0.01",
		"GetRecords:throttle:share=0.02",        "GetRecords:error503:share=0.02",
		"GetRecords:expired_iterator:share=0.01"
	};
	struct kin_mock_options o;
	struct kin_mock *mock;
	struct kin_error e;

	kin_mock_options_init(&o);
	o.streams = "demo:4";
	o.seed = 7;
	if (kin_mock_open(&mock, &o, &e) != KIN_OK)
		die("mock", &e);
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if (kin_mock_fault(mock, faults[i], &e) != KIN_OK)
			die("fault", &e);
	return mock;
}

static struct kin_client *open_client(const struct kin_mock *mock)
{
	struct kin_client_options o;
	struct kin_client *client;
	struct kin_error e;

	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	if (kin_client_open(&client, &o, &e) != KIN_OK)
		die("client", &e);
	return client;
}

static struct kin_consumer *open_consumer(struct kin_client *client, const char *folder)
{
	static const struct kin_sink sink = { sizeof sink, NULL, bury, NULL };
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_error e;
	char store[64];

	snprintf(store, sizeof store, "file:%s", folder);
	kin_consumer_options_init(&o);
	o.stream = "demo";
	o.application = "demo";
	o.store = store;
	o.sink_interface = &sink;
	o.handler = handle;
	o.batch_size = 1000;
	o.bisect_batch_on_function_error = true;
	o.maximum_retry_attempts = 1;
	o.retry_base_ms = 10;
	o.retry_max_ms = 100;
	o.poll_interval_ms = 200;
	o.behind_interval_ms = 0;
	o.shard_sync_interval_ms = 1000;
	if (kin_consumer_open(&consumer, client, &o, &e) != KIN_OK)
		die("consumer", &e);
	return consumer;
}

static struct kin_producer *open_producer(struct kin_client *client)
{
	struct kin_producer_options o;
	struct kin_producer *producer;
	struct kin_error e;

	kin_producer_options_init(&o);
	o.stream = "demo";
	o.linger_ms = 20;
	o.on_delivery = on_delivery;
	o.user = account.stored;
	if (kin_producer_open(&producer, client, &o, &e) != KIN_OK)
		die("producer", &e);
	return producer;
}

static void row(const char *name, unsigned long long value, const char *meaning)
{
	printf("  %-12s %10llu  %s\n", name, value, meaning);
}

static int report(const struct kin_producer_stats *produced, const struct kin_consumer_health *consumed,
                  double seconds)
{
	unsigned long lost = missing(), stored = 0, strays = 0;

	for (unsigned long i = 0; i < RECORDS; i++) {
		stored += account.stored[i];
		strays += !account.stored[i] && !account.possible[i] &&
		          (account.handled[i] || account.failed[i]);
	}
	puts("");
	row("put", account.put, "records accepted by the producer");
	row("stored", stored, "acknowledged by the endpoint");
	row("put again", produced->retried,
	    "record attempts after throttles, partial failures, lost answers");
	row("handled", account.done, "different records the handler has done");
	row("retried", consumed->retried, "handler calls that were retries");
	row("bisected", consumed->bisected, "batches cut in two to find a poison record");
	row("on-failure", account.buried, "poison records delivered to the on-failure destination");
	row("duplicates", account.repeats, "records handled again: copies of puts whose answer was lost");
	row("lost", lost + strays, "stored and neither handled nor on-failure, or handled and never stored");
	row("disordered", account.disorder, "handled out of their key's order");
	printf("  %-12s %10s\n", "order kept", account.disorder ? "NO" : "yes");
	printf("  %-12s %10.0f  put and handled, in %.1f s\n", "records/s", (double)account.put / seconds,
	       seconds);
	if (lost || strays || account.disorder || account.put_failed || account.put != RECORDS ||
	    account.buried != RECORDS / POISON_EVERY) {
		printf("\nFAILED: %lu lost, %lu strays, %lu disordered, %lu not put, %lu of %d poison "
		       "records on failure\n",
		       lost, strays, account.disorder, account.put_failed, account.buried,
		       RECORDS / POISON_EVERY);
		return 1;
	}
	return 0;
}

int main(void)
{
	struct kin_producer_stats produced = { .size = sizeof produced };
	struct kin_consumer_health consumed = { .size = sizeof consumed };
	char folder[] = "/tmp/kinstream-demo-XXXXXX", file[128];
	struct kin_error e;

	if (!mkdtemp(folder))
		return fprintf(stderr, "demo: cannot make a folder in /tmp\n"), 1;
	puts("An embedded endpoint with 4 shards, which throttles, fails in part, errs and loses answers now "
	     "and then;\n"
	     "a split half way; a handler that cannot do some poison records.  Pacing and rate limits are "
	     "off.");
	fflush(stdout);
	struct kin_mock *mock = open_mock();
	struct kin_client *client = open_client(mock);
	struct kin_consumer *consumer = open_consumer(client, folder);
	struct kin_producer *producer = open_producer(client);
	double began = now();
	for (unsigned long i = 0; i < RECORDS; i++) {
		if (i == RECORDS / 2)
			split(client);
		put(producer, i);
		progress(consumer, began, 0);
	}
	if (kin_producer_flush(producer, 60000, &e) != KIN_OK)
		die("flush", &e);
	while (missing() > 0 && now() - began < 60 && kin_consumer_wait(consumer, 20, &e) == KIN_TIMEOUT)
		progress(consumer, began, 0);
	double seconds = now() - began;
	progress(consumer, began, 1);
	if (kin_producer_stats(producer, &produced, &e) != KIN_OK ||
	    kin_producer_close(producer, 10000, &e) != KIN_OK)
		die("closing the producer", &e);
	if (kin_consumer_health(consumer, &consumed, &e) != KIN_OK ||
	    kin_consumer_close(consumer, 20000, &e) != KIN_OK)
		die("closing the consumer", &e);
	kin_client_close(client);
	kin_mock_close(mock);
	snprintf(file, sizeof file, "rm -rf %s", folder);
	return report(&produced, &consumed, seconds) | (system(file) != 0);
}
