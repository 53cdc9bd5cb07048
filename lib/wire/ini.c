/* wire/ini - see ini.h */
#include "base/bytes.h"
#include "base/map.h"
#include "wire/ini.h"

struct reader {
	struct kin__arena *arena;
	struct kin__ini_entry *first, **last;
	struct kin__map known;         /* section, sub and key to the entry */
	struct kin__bytes name;        /* scratch for those */
	struct kin__span section, sub; /* where the next key belongs */
	bool inside;                   /* false: before any section, or behind a header that is none */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* '#' or ';' begins a comment at the start of the line or behind a blank. */
static struct kin__span cut_comment(struct kin__span line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((line.at[i] == '#' || line.at[i] == ';') && (i == 0 || is_blank(line.at[i - 1])))
			return kin__span(line.at, i);
	return line;
}

static bool keep(struct reader *reader, struct kin__span *text, bool lower)
{
	char *copy = kin__arena_text(reader->arena, text->at, text->n);

	if (!copy)
		return false;
	for (size_t i = 0; lower && i < text->n; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] + ('a' - 'A'));
	text->at = copy;
	return true;
}

static void add_part(struct kin__bytes *name, struct kin__span part)
{
	uint64_t n = part.n; /* the length first: no two triples look alike, whatever bytes they hold */

	kin__bytes_add(name, &n, sizeof n);
	kin__bytes_span(name, part);
}

/* The entry of this key, made when it is new. */
static struct kin__ini_entry *entry_of(struct reader *reader, struct kin__span key)
{
	struct kin__ini_entry *entry;

	kin__bytes_clear(&reader->name);
	add_part(&reader->name, reader->section);
	add_part(&reader->name, reader->sub);
	add_part(&reader->name, key);
	if (reader->name.failed)
		return NULL;
	entry = kin__map_get(&reader->known, kin__bytes_view(&reader->name));
	if (entry)
		return entry;
	entry = kin__arena_alloc(reader->arena, sizeof *entry);
	if (!entry || kin__map_set(&reader->known, kin__bytes_view(&reader->name), entry) < 0)
		return NULL;
	*entry = (struct kin__ini_entry){ NULL, reader->section, reader->sub, key, kin__span("", 0) };
	*reader->last = entry;
	reader->last = &entry->next;
	return entry;
}

static bool read_header(struct reader *reader, struct kin__span line)
{
	struct kin__span name;

	reader->sub = kin__span("", 0);
	reader->inside = line.at[line.n - 1] ==
	                 ']'; /* otherwise its keys belong to nobody, least of all to the section before */
	if (!reader->inside)
		return true;
	name = kin__span_trim(kin__span(line.at + 1, line.n - 2));
	if (!keep(reader, &name, false))
		return false;
	reader->section = name;
	return entry_of(reader, kin__span("", 0)) != NULL;
}

static bool read_key(struct reader *reader, struct kin__span line, bool indented)
{
	struct kin__span key, value = kin__span_trim(kin__span_cut(line, '=', &key));
	struct kin__ini_entry *entry;

	if (key.n == line.n)
		return true; /* no '=' */
	key = kin__span_trim(key);
	if (key.n == 0)
		return true;
	if (!indented)
		reader->sub = kin__span("", 0);
	if (!keep(reader, &key, true) || !keep(reader, &value, false))
		return false;
	entry = entry_of(reader, key);
	if (!entry)
		return false;
	entry->value = value;
	if (!indented && value.n == 0)
		reader->sub = key;
	return true;
}

static bool read_line(struct reader *reader, struct kin__span line)
{
	bool indented = line.n > 0 && is_blank(line.at[0]);

	line = kin__span_trim(cut_comment(line));
	if (line.n == 0)
		return true;
	if (line.at[0] == '[')
		return read_header(reader, line);
	return !reader->inside || read_key(reader, line, indented);
}

int kin__ini_parse(struct kin__arena *arena, const char *text, size_t n, struct kin__ini_entry **first)
{
	struct reader reader = { .arena = arena, .section = kin__span("", 0), .sub = kin__span("", 0) };
	struct kin__span rest = kin__span(text, n), line;
	bool fine = true;

	reader.last = &reader.first;
	kin__map_init(&reader.known);
	kin__bytes_init(&reader.name);
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		rest = kin__span(text + 3, n - 3); /* byte order mark */
	while (fine && rest.n > 0) {
		rest = kin__span_cut(rest, '\n', &line);
		fine = read_line(&reader, line);
	}
	kin__map_fini(&reader.known);
	kin__bytes_fini(&reader.name);
	*first = fine ? reader.first : NULL;
	return fine ? 0 : -1;
}
