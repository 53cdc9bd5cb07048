/* windows STREAM FOLDER SECONDS: how many records and bytes came in each window of SECONDS, a line for each window and
 * shard when it is over.  The sums survive a restart: they are the window's state, kept in FOLDER with the checkpoints. */
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of {"records":3,"bytes":300}, or of {}, with which a window begins. */
static unsigned long long member(const char *state, const char *name)
{
	const char *at = strstr(state, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static int handle(void *user, struct kin_batch *batch)
{
	struct kin_window window = { .size = sizeof window };
	unsigned long long records, bytes;
	char state[100];

	(void)user;
	if (kin_batch_window(batch, &window) != KIN_OK)
		return KIN_FAILED;
	records = member(kin_batch_state(batch, NULL), "\"records\":");
	bytes = member(kin_batch_state(batch, NULL), "\"bytes\":");
	if (window.is_final) { /* no records come with it: they are all counted */
		printf("%s\t%lld\t%llu\t%llu\n", kin_batch_shard_id(batch), (long long)window.start_ms / 1000,
		       records, bytes);
		return fflush(stdout) ? KIN_BUSY : KIN_OK;
	}
	for (const struct kin_record *r; (r = kin_batch_next(batch)); records++)
		bytes += r->data_size;
	int n = snprintf(state, sizeof state, "{\"records\":%llu,\"bytes\":%llu}", records, bytes);
	return kin_batch_set_state(batch, state, (size_t)n, NULL);
}

int main(int argc, char **argv)
{
	struct kin_consumer_options o;
	struct kin_error e = { 0 };
	char store[4096];

	snprintf(store, sizeof store, "file:%s", argc > 2 ? argv[2] : ".");
	kin_consumer_options_init(&o);
	o.stream = argc > 1 ? argv[1] : "orders";
	o.application = "windows", o.store = store, o.handler = handle, o.handlers_max = 1;
	o.tumbling_window_ms = 1000 * (uint32_t)(argc > 3 ? strtoul(argv[3], NULL, 10) : 60);
	o.until = getenv("UNTIL_LATEST") ? KIN_UNTIL_LATEST : KIN_UNTIL_NEVER;
	return kin_consumer_run(NULL, &o, &e) == KIN_OK ? 0
	                                                : (fprintf(stderr, "windows: %s\n", e.message), 1);
}
