/* follow STREAM: prints each record that arrives from now on. */
#include <kinstream.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct kin_reader *reader;
	const struct kin_record *r;
	struct kin_error e = { 0 };

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* who follows wants each line as it comes */
	int code = kin_reader_open(&reader, NULL, argc > 1 ? argv[1] : "orders", NULL, &e);
	while (code == KIN_OK && (code = kin_reader_next(reader, &r, -1, &e)) == KIN_OK) {
		printf("%s %.*s: ", r->shard_id, (int)r->partition_key_size, r->partition_key);
		fwrite(r->data, 1, r->data_size, stdout);
		putchar('\n');
	}
	return fprintf(stderr, "follow: %s\n", e.message), 1;
}
