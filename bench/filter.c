/* bench/filter - filter criteria of three clauses against a document of 1 KiB: bench/pattern.json, bench/document.json */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filter/filter.h"
#include "kinstream.h"
#include "round.h"
#include "util.h"

#ifndef BENCH_FOLDER
#define BENCH_FOLDER "bench" /* the Makefile says where it is */
#endif

enum { TEXT_MAX = 65536, GOAL_NS = 600 };

static char *read_text(const char *name, size_t *n)
{
	char path[4096], *text = bench_alloc(TEXT_MAX);
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", BENCH_FOLDER, name);
	file = fopen(path, "rb");
	if (!file)
		bench_die("cannot open %s", path);
	*n = fread(text, 1, TEXT_MAX, file);
	fclose(file);
	if (*n == 0 || *n == TEXT_MAX)
		bench_die("%s holds nothing, or too much", path);
	return text;
}

static struct kin__filter *compile(void)
{
	struct kin__reason reason = { "" };
	struct kin__filter *filter;
	size_t n;
	char *criteria = read_text("pattern.json", &n);

	if (kin__filter_new(&filter, kin__span(criteria, n), &reason) != KIN_OK)
		bench_die("pattern.json: %s", reason.text);
	free(criteria);
	return filter;
}

/* Nanoseconds of one record in each round; the document passes, or one of its letters is another and it does not. */
static double measure(struct kin__filter *filter, struct kin_record *record, int wanted, uint32_t times,
                      uint32_t rounds)
{
	double *ns = bench_alloc(rounds * sizeof *ns), median;

	for (uint32_t round = 0; round < rounds; round++) {
		uint64_t began = bench_cpu_ns();

		for (uint32_t i = 0; i < times; i++)
			if (kin__filter_passes(filter, record) != wanted)
				bench_die("the filter does not say %d", wanted);
		ns[round] = (double)(bench_cpu_ns() - began) / times;
	}
	median = bench_percentile(ns, rounds, 50);
	printf("  %-26s %6.0f ns a record, quartiles %.0f-%.0f, best %.0f\n",
	       wanted ? "a record that passes" : "one that is left out", median,
	       bench_percentile(ns, rounds, 25), bench_percentile(ns, rounds, 75),
	       bench_percentile(ns, rounds, 0));
	free(ns);
	return median;
}

int main(int argc, char **argv)
{
	struct bench_options options;
	struct kin__filter *filter = compile();
	struct kin_record record = { .partition_key = "key", .partition_key_size = 3 };
	size_t n;
	char *document = read_text("document.json", &n);
	uint32_t times;
	double passes, left_out;

	bench_options_read(&options, argc, argv);
	times = options.smoke ? 10 : 20000;
	record.data = document;
	record.data_size = n;
	printf("Filter of 3 clauses, JSON of %zu bytes:\n", n);
	passes = measure(filter, &record, 1, times, options.rounds);
	memcpy(strstr(document, "HAM-03"), "LEJ", 3);
	left_out = measure(filter, &record, 0, times, options.rounds);
	if (!options.smoke)
		printf("  goal %d ns: %s\n", GOAL_NS,
		       passes <= GOAL_NS && left_out <= GOAL_NS ? "met" : "MISSED");
	kin__filter_free(filter);
	free(document);
	return 0;
}
