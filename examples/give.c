/* give STREAM FILE...: each file becomes a record, read once and never copied: its memory is given to the producer. */
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 16, LARGEST = 1000000 };

static void take_back(void *user, void *data)
{
	(void)user;
	free(data);
}

/* The file's name is the key. */
static int read_file(const char *name, struct kin_put_entry *entry)
{
	FILE *file = fopen(name, "rb");
	char *data = file ? malloc(LARGEST) : NULL;

	if (data) {
		kin_put_entry_init(entry);
		entry->key = name;
		entry->key_size = strlen(name);
		entry->data = data;
		entry->data_size = fread(data, 1, LARGEST, file);
		entry->release = take_back;
	}
	if (file)
		fclose(file);
	return data ? 0 : (perror(name), -1);
}

int main(int argc, char **argv)
{
	struct kin_put_entry entries[FEW];
	struct kin_producer_options o;
	struct kin_producer *p;
	struct kin_error e = { 0 };
	size_t n = 0, accepted;
	int code;

	if (argc < 3)
		return fprintf(stderr, "usage: give STREAM FILE...\n"), 2;
	kin_producer_options_init(&o);
	o.stream = argv[1];
	code = kin_producer_open(&p, NULL, &o, &e);
	for (int i = 2; code == KIN_OK && i < argc; i++) {
		n += read_file(argv[i], &entries[n]) == 0;
		if (n == 0 || (n < FEW && i + 1 < argc))
			continue;
		code = kin_producer_put_many(p, entries, n, &accepted, -1, &e);
		while (accepted < n) /* what was not accepted is still ours */
			free((void *)entries[accepted++].data);
		n = 0;
	}
	code = code == KIN_OK ? kin_producer_close(p, -1, &e) : code;
	return code == KIN_OK ? 0 : (fprintf(stderr, "give: %s\n", e.message), 1);
}
