/* consume STREAM FOLDER [once]: prints each record, with checkpoints in FOLDER; what fails goes to FOLDER/failed. */
#include <kinstream.h>
#include <stdio.h>

static int handle(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	while ((r = kin_batch_next(batch)) && r->data_size > 0)
		if (fwrite(r->data, 1, r->data_size, user) != r->data_size || putc('\n', user) == EOF)
			return KIN_BUSY; /* no fault of the record: all of it again, later */
	if (r) /* those before it are done; the first one of a batch: cut it, until it stands alone */
		kin_batch_fail(batch, r, "empty record");
	return fflush(user) ? KIN_BUSY : r == kin_batch_record(batch, 0) ? KIN_FAILED : KIN_OK;
}

int main(int argc, char **argv)
{
	struct kin_consumer_options o;
	struct kin_error e = { 0 };
	char store[4096], failed[4104];

	snprintf(store, sizeof store, "file:%s", argc > 2 ? argv[2] : ".");
	snprintf(failed, sizeof failed, "%s/failed", store);
	kin_consumer_options_init(&o);
	o.stream = argc > 1 ? argv[1] : "orders", o.until = argc > 3 ? KIN_UNTIL_LATEST : KIN_UNTIL_NEVER;
	o.application = "example", o.store = store, o.on_failure = failed, o.maximum_retry_attempts = 2;
	o.bisect_batch_on_function_error = true, o.handler = handle, o.handlers_max = 1, o.user = stdout;
	if (kin_consumer_run(NULL, &o, &e) != KIN_OK)
		return fprintf(stderr, "consume: %s\n", e.message), 1;
}
