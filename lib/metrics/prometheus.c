/* metrics/prometheus - see prometheus.h */
#include "metrics/prometheus.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

/* value * 10^-decimals, without zeros at the end. */
static void add_decimal(struct kin__bytes *out, uint64_t value, uint8_t decimals)
{
	uint64_t unit = 1, rest;

	for (uint8_t i = 0; i < decimals; i++)
		unit *= 10;
	kin__bytes_u64(out, value / unit);
	rest = value - value / unit * unit;
	if (rest > 0)
		kin__bytes_char(out, '.');
	for (; rest > 0; rest %= unit) {
		unit /= 10;
		kin__bytes_char(out, (char)('0' + rest / unit));
	}
}

static void add_escaped(struct kin__bytes *out, char c)
{
	if (c == '\n')
		kin__bytes_text(out, "\\n");
	else if (c == '\\' || c == '"')
		kin__bytes_add(out, (char[]){ '\\', c }, 2);
	else
		kin__bytes_char(out, c);
}

static void add_label_value(struct kin__bytes *out, struct kin__span text)
{
	size_t bad, n;

	kin__bytes_char(out, '"');
	if (kin__jsontext_plain(text)) { /* the usual one: nothing to escape */
		kin__bytes_span(out, text);
		text.n = 0;
	}
	for (; text.n > 0; text = kin__span(text.at + n, text.n - n)) {
		n = kin__utf8_step(text, &bad);
		if (n == 1)
			add_escaped(out, text.at[0]);
		else
			kin__bytes_add(out, n > 0 ? text.at : "\xef\xbf\xbd", n > 0 ? n : 3);
		if (n == 0)
			n = bad;
	}
	kin__bytes_char(out, '"');
}

static void add_help(struct kin__bytes *out, const char *help)
{
	for (; *help; help++)
		if (*help == '"')
			kin__bytes_char(out, '"');
		else
			add_escaped(out, *help);
}

static void add_header(struct kin__bytes *out, const struct kin__metric *metric)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };

	kin__bytes_text(out, "# HELP ");
	kin__bytes_text(out, metric->name);
	kin__bytes_char(out, ' ');
	add_help(out, metric->help);
	kin__bytes_text(out, "\n# TYPE ");
	kin__bytes_text(out, metric->name);
	kin__bytes_char(out, ' ');
	kin__bytes_text(out, types[metric->type]);
	kin__bytes_char(out, '\n');
}

/* NAME SUFFIX {labels} and a blank.  bound: of a histogram's bucket, NULL: no `le`; 0: +Inf. */
static void add_series(struct kin__bytes *out, const struct kin__metric *metric, const char *suffix,
                       const struct kin__metric_object *object, const uint64_t *bound)
{
	char before = '{';

	kin__bytes_text(out, metric->name);
	kin__bytes_text(out, suffix);
	for (size_t i = 0; i < KIN__METRIC_LABELS && object->labels[i].name; i++) {
		kin__bytes_char(out, before);
		kin__bytes_text(out, object->labels[i].name);
		kin__bytes_char(out, '=');
		add_label_value(out, object->labels[i].value);
		before = ',';
	}
	if (bound) {
		kin__bytes_char(out, before);
		kin__bytes_text(out, "le=\"");
		if (*bound == 0)
			kin__bytes_text(out, "+Inf");
		else
			add_decimal(out, *bound, metric->decimals);
		kin__bytes_char(out, '"');
		before = ',';
	}
	if (before == ',')
		kin__bytes_char(out, '}');
	kin__bytes_char(out, ' ');
}

static void add_line(struct kin__bytes *out, const struct kin__metric *metric, const char *suffix,
                     const struct kin__metric_object *object, uint64_t value, uint8_t decimals)
{
	add_series(out, metric, suffix, object, NULL);
	add_decimal(out, value, decimals);
	kin__bytes_char(out, '\n');
}

static void add_histogram(struct kin__bytes *out, const struct kin__metric *metric,
                          const struct kin__metric_object *object)
{
	const struct kin__histogram *spread = kin__metric_spread(metric, object->values);
	const uint64_t *bound = metric->bounds;

	for (;; bound++) {
		add_series(out, metric, "_bucket", object, bound);
		kin__bytes_u64(out, *bound ? kin__histogram_at_most(spread, *bound) : spread->count);
		kin__bytes_char(out, '\n');
		if (*bound == 0)
			break;
	}
	add_line(out, metric, "_sum", object, spread->sum, metric->decimals);
	add_line(out, metric, "_count", object, spread->count, 0);
}

void kin__prometheus_write(struct kin__bytes *out, const struct kin__metric *metrics, size_t metrics_n,
                           const struct kin__metric_object *objects, size_t objects_n)
{
	for (size_t m = 0; m < metrics_n; m++) {
		const struct kin__metric *metric = &metrics[m];
		bool begun = false;
		uint64_t value = 0;

		for (size_t i = 0; i < objects_n; i++) {
			bool spread = metric->type == KIN__METRIC_HISTOGRAM;
			if (!spread && !kin__metric_value(metric, objects[i].values, &value))
				continue;
			if (!begun)
				add_header(out, metric);
			begun = true;
			if (spread)
				add_histogram(out, metric, &objects[i]);
			else
				add_line(out, metric, "", &objects[i], value, metric->decimals);
		}
	}
}
