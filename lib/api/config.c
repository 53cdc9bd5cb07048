/* api/config - options as text: values by name, from pairs and files.  See kinstream/config.h
 *
 * A value is kept as text in the form its own name has: of an alias with another unit, converted.
 */
#include <kinstream/config.h>
#include "api/options.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include <stdio.h>

enum { FILE_BYTES_MAX = 1048576 };

struct value {
	const struct kin__options_row *row;
	char *text; /* may be a secret: wiped */
};

struct kin_config {
	struct value *values; /* at most one a row */
	size_t n, room;
};

int kin_config_new(struct kin_config **out, struct kin_error *error)
{
	if (!out)
		return kin__error(error, KIN_INVALID, "kin_config_new(): out must not be NULL");
	*out = kin__mem_zalloc(sizeof **out);
	return *out ? KIN_OK : kin__error_nomem(error);
}

static void forget(char *text)
{
	if (text)
		kin__mem_wipe_free(text, strlen(text));
}

void kin_config_free(struct kin_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n; i++)
		forget(config->values[i].text);
	kin__mem_free(config->values);
	kin__mem_free(config);
}

static int unknown(const char *name, struct kin_error *error)
{
	const char *nearest = kin__options_nearest(kin__span_text(name));

	if (nearest)
		return kin__error(error, KIN_INVALID, "no option is called '%s'; did you mean %s?", name,
		                  nearest);
	return kin__error(error, KIN_INVALID, "no option is called '%s'; kinstream.conf(5) lists them all",
	                  name);
}

/* The number that was read, in the row's own unit. */
static void own_unit(const struct kin__options_row *row, const void *member, char number[32])
{
	int64_t i64;
	uint32_t u32;

	if (row->type == KIN__OPTIONS_I64) {
		memcpy(&i64, member, sizeof i64);
	} else {
		memcpy(&u32, member, sizeof u32);
		i64 = u32;
	}
	snprintf(number, 32, "%lld", (long long)i64);
}

/* Finds and judges; *text is then in the row's own unit. */
static int judge(const char *name, const char **text, char number[32], const struct kin__options_row **row,
                 struct kin_error *error)
{
	union {
		int64_t number;
		const char *text;
	} member = { 0 };
	uint32_t scale;
	int code;

	*row = kin__options_find(kin__span_text(name), NULL);
	if (!*row)
		return unknown(name, error);
	scale = (*row)->alias && strcmp(name, (*row)->alias) == 0 && (*row)->alias_scale > 1
	                        ? (*row)->alias_scale
	                        : 1;
	code = kin__options_parse(*row, *text, scale, &member, error);
	if (code == KIN_OK && scale > 1) {
		own_unit(*row, &member, number);
		*text = number;
	}
	return code;
}

static int keep(struct kin_config *config, const struct kin__options_row *row, const char *text,
                struct kin_error *error)
{
	char *copy = kin__mem_text(text);
	size_t i = 0;

	while (i < config->n && config->values[i].row != row)
		i++;
	if (!copy || kin__mem_room(&config->values, &config->room, i + 1, sizeof *config->values) < 0) {
		forget(copy);
		return kin__error_nomem(error);
	}
	if (i == config->n)
		config->values[config->n++] = (struct value){ .row = row };
	forget(config->values[i].text);
	config->values[i].text = copy;
	return KIN_OK;
}

int kin_config_set(struct kin_config *config, const char *name, const char *value, struct kin_error *error)
{
	const struct kin__options_row *row;
	char number[32];
	int code;

	if (!config || !name || !value)
		return kin__error(error, KIN_INVALID, "kin_config_set(): %s must not be NULL",
		                  !config ? "config"
		                  : !name ? "name"
		                          : "value");
	code = judge(name, &value, number, &row, error);
	return code == KIN_OK ? keep(config, row, value, error) : code;
}

const char *kin_config_get(const struct kin_config *config, const char *name)
{
	const struct kin__options_row *row =
			config && name ? kin__options_find(kin__span_text(name), NULL) : NULL;

	for (size_t i = 0; row && i < config->n; i++)
		if (config->values[i].row == row)
			return config->values[i].text;
	return NULL;
}

/* ---- files --------------------------------------------------------------------------- */

/* A comment begins where a '#' begins the line or follows a blank: a URL may hold one. */
static struct kin__span without_comment(struct kin__span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.at[i] == '#' && (i == 0 || line.at[i - 1] == ' ' || line.at[i - 1] == '\t'))
			return kin__span(line.at, i);
	return line;
}

/* One line, its text cut up in place.  config NULL: judge only. */
static int read_line(struct kin_config *config, char *at, size_t n, struct kin_error *error)
{
	const struct kin__options_row *row;
	struct kin__span line = kin__span_trim(without_comment(kin__span(at, n))), name, value;
	char number[32], *name_text, *value_text;
	const char *text;
	int code;

	if (memchr(at, 0, n))
		return kin__error(error, KIN_INVALID, "a byte 0 stands here; expected name = value");
	if (line.n == 0)
		return KIN_OK;
	if (!memchr(line.at, '=', line.n))
		return kin__error(error, KIN_INVALID, "no '=' stands here; expected name = value");
	value = kin__span_trim(kin__span_cut(line, '=', &name));
	name = kin__span_trim(name);
	name_text = kin__mem_text_n(name.at, name.n);
	value_text = kin__mem_text_n(value.at, value.n);
	text = value_text;
	if (!name_text || !value_text)
		code = kin__error_nomem(error);
	else
		code = judge(name_text, &text, number, &row, error);
	if (code == KIN_OK && config)
		code = keep(config, row, text, error);
	kin__mem_free(name_text);
	forget(value_text);
	return code;
}

static int read_lines(struct kin_config *config, const char *path, struct kin__bytes *file,
                      struct kin_error *error)
{
	struct kin_error cause;
	char *at = file->at, *end = at ? at + file->n : at;

	for (unsigned long number = 1; at < end; number++) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);
		int code = read_line(config, at, n, &cause);

		if (code != KIN_OK)
			return kin__error(error, code, "%s, line %lu: %s", path, number, cause.message);
		at = newline ? newline + 1 : end;
	}
	return KIN_OK;
}

int kin_config_read(struct kin_config *config, const char *path, struct kin_error *error)
{
	struct kin__bytes file;
	int code;

	if (!config || !path)
		return kin__error(error, KIN_INVALID, "kin_config_read(): %s must not be NULL",
		                  config ? "path" : "config");
	kin__bytes_init(&file);
	code = kin__file_read(path, FILE_BYTES_MAX, &file, error);
	/* Twice, so that a file with an error changes nothing. */
	if (code == KIN_OK)
		code = read_lines(NULL, path, &file, error);
	if (code == KIN_OK)
		code = read_lines(config, path, &file, error);
	kin__mem_wipe_free(file.at, file.n); /* it may hold a secret */
	return code;
}
