/* smaller - puts each line of standard input as a zstd frame, or (read) prints what is in the stream, undone.
 *
 *   cc smaller.c $(pkg-config --cflags --libs kinstream-codecs) && ./a.out orders <lines && ./a.out orders read
 */
#include <kinstream.h>
#include <kinstream/codecs.h>
#include <stdio.h>
#include <string.h>

static int put_lines(const char *stream, struct kin_error *e)
{
	struct kin_producer_options o;
	struct kin_producer *p;
	static char line[1 << 16];

	kin_producer_options_init(&o);
	o.stream = stream;
	o.compress = kin_codecs_zstd();
	o.compression_min_bytes = 64;
	int code = kin_producer_open(&p, NULL, &o, e);
	if (code != KIN_OK)
		return code;
	while (code == KIN_OK && fgets(line, sizeof line, stdin))
		code = kin_producer_put(p, NULL, 0, line, strcspn(line, "\n"), -1, e);
	int end = kin_producer_close(p, -1, code == KIN_OK ? e : NULL);
	return code == KIN_OK ? end : code;
}

static int print_all(const char *stream, struct kin_error *e)
{
	struct kin_start start;
	struct kin_reader *reader;
	const struct kin_record *r;

	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	start.decompress = kin_codecs_all();
	int code = kin_reader_open(&reader, NULL, stream, &start, e);
	if (code != KIN_OK)
		return code;
	while ((code = kin_reader_next(reader, &r, -1, e)) == KIN_OK)
		printf("%.*s\n", (int)r->data_size, (const char *)r->data);
	kin_reader_close(reader);
	return code == KIN_END ? KIN_OK : code;
}

int main(int argc, char **argv)
{
	struct kin_error e;
	int code = KIN_OK;

	if (argc < 2)
		return fprintf(stderr, "usage: smaller STREAM [read]\n"), 2;
	code = argc > 2 ? print_all(argv[1], &e) : put_lines(argv[1], &e);
	if (code != KIN_OK)
		fprintf(stderr, "smaller: %s\n", e.message);
	return code != KIN_OK;
}
