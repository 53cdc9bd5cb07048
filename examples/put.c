/* put STREAM: each line of standard input becomes a record. */
#include <kinstream.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct kin_producer_options o;
	struct kin_producer *p;
	struct kin_error e = { 0 };
	char line[65536];

	kin_producer_options_init(&o);
	o.stream = argc > 1 ? argv[1] : "orders";
	int code = kin_producer_open(&p, NULL, &o, &e);
	while (code == KIN_OK && fgets(line, sizeof line, stdin))
		code = kin_producer_put(p, NULL, 0, line, strcspn(line, "\n"), -1, &e);
	code = code == KIN_OK ? kin_producer_close(p, -1, &e) : code;
	return code == KIN_OK ? 0 : (fprintf(stderr, "put: %s\n", e.message), 1);
}
