/* drive/decompress - see decompress.h */
#include "drive/decompress.h"
#include "base/mem.h"
#include <string.h>

enum {
	GROWTH = 4, /* of data that does not tell its size so many times its own are tried first */
	ROOM_LEAST = 1024
};

void kin__decompress_init(struct kin__decompress *decompress, const struct kin_codec *const *codecs,
                          size_t bytes_max)
{
	*decompress = (struct kin__decompress){ .bytes_max = bytes_max };
	while (codecs && codecs[decompress->codecs_n] && decompress->codecs_n < KIN__DECOMPRESS_CODECS) {
		decompress->codecs[decompress->codecs_n] = codecs[decompress->codecs_n];
		decompress->codecs_n++;
	}
}

void kin__decompress_fini(struct kin__decompress *decompress)
{
	for (size_t i = 0; i < decompress->codecs_n; i++)
		if (decompress->contexts[i])
			decompress->codecs[i]->close(decompress->contexts[i]);
	kin__mem_free(decompress->out);
	kin__mem_free(decompress->found);
}

/* codecs_n: no codec makes such data. */
static size_t codec_of(const struct kin__decompress *decompress, const struct kin_record *record)
{
	size_t i;

	for (i = 0; i < decompress->codecs_n; i++)
		if (record->data_size >= decompress->codecs[i]->magic_size &&
		    memcmp(record->data, decompress->codecs[i]->magic, decompress->codecs[i]->magic_size) ==
		                    0)
			break;
	return i;
}

/* How much may be tried for this record yet: its own limit, and what is left for the page. */
static size_t most_for(const struct kin__decompress *decompress)
{
	uint64_t page = (uint64_t)decompress->bytes_max * KIN__DECOMPRESS_PAGE;
	uint64_t left = decompress->spent < page ? page - decompress->spent : 0;

	return left < decompress->bytes_max ? (size_t)left : decompress->bytes_max;
}

static size_t first_room(const struct kin_codec *codec, const struct kin_record *record, size_t most)
{
	uint64_t told = codec->decompressed_size(record->data, record->data_size);
	uint64_t room = told ? told : (uint64_t)record->data_size * GROWTH + ROOM_LEAST;

	return room < most ? (size_t)room : most;
}

/* One try with room for so many bytes. */
static int try_it(struct kin__decompress *decompress, size_t codec, const struct kin_record *record,
                  size_t *room)
{
	decompress->spent += *room;
	if (kin__mem_room(&decompress->out, &decompress->out_room, decompress->out_n + *room + 1, 1) < 0)
		return KIN_NOMEM;
	return decompress->codecs[codec]->decompress(decompress->contexts[codec], record->data,
	                                             record->data_size, decompress->out + decompress->out_n,
	                                             room);
}

/* *n: how much it is. */
static int undo(struct kin__decompress *decompress, size_t codec, const struct kin_record *record, size_t *n)
{
	const struct kin_codec *of = decompress->codecs[codec];
	size_t most = most_for(decompress), room = first_room(of, record, most);
	int code = KIN_FULL;

	if (of->decompressed_size(record->data, record->data_size) > most)
		return KIN_FULL;
	if (!decompress->contexts[codec])
		decompress->contexts[codec] = of->open(0);
	if (!decompress->contexts[codec])
		return KIN_NOMEM;
	while (code == KIN_FULL) {
		*n = room;
		code = try_it(decompress, codec, record, n);
		if (code != KIN_FULL || room >= most || (most = most_for(decompress)) == 0)
			break;
		room = room < most / 2 ? 2 * room + ROOM_LEAST : most;
	}
	return code;
}

static int keep(struct kin__decompress *decompress, size_t record, size_t n)
{
	if (kin__mem_room(&decompress->found, &decompress->found_room, decompress->found_n + 1,
	                  sizeof *decompress->found) < 0)
		return KIN_NOMEM;
	decompress->found[decompress->found_n++] =
			(struct kin__decompress_found){ record, decompress->out_n };
	decompress->out_n += n;
	decompress->out[decompress->out_n++] = 0;
	return KIN_OK;
}

/* What was only tried holds no memory. */
static void shrink(struct kin__decompress *decompress)
{
	char *less;

	if (decompress->found_n == 0 || decompress->out_room / 2 < decompress->out_n)
		return;
	less = kin__mem_grow(decompress->out, decompress->out_n);
	if (!less)
		return;
	decompress->out = less;
	decompress->out_room = decompress->out_n;
}

/* Where memory for all of them is now, they point into it. */
static void point(struct kin__decompress *decompress, struct kin__get_page *page)
{
	for (size_t i = 0; i < decompress->found_n; i++) {
		const struct kin__decompress_found *found = &decompress->found[i];
		size_t end = i + 1 < decompress->found_n ? found[1].at : decompress->out_n;
		struct kin_record *record = &page->records[found->record];

		record->data = decompress->out + found->at;
		record->data_size = end - 1 - found->at;
		record->flags |= KIN_RECORD_DECOMPRESSED;
	}
}

static void leave(struct kin__decompress *decompress, struct kin_record *record, int code)
{
	record->flags |= KIN_RECORD_NOT_DECOMPRESSED;
	decompress->left++;
	decompress->why = code == KIN_FULL
	                                  ? "it is larger than decompressed_bytes_max, or all records of its "
	                                    "answer together are too large"
	                                  : "it is damaged, or only begins so";
}

int kin__decompress_page(struct kin__decompress *decompress, struct kin__get_page *page,
                         const uint8_t *left_out, char **out, size_t *out_room)
{
	*out = NULL;
	decompress->out_n = decompress->found_n = 0;
	decompress->spent = 0;
	for (size_t i = 0; i < page->n; i++) {
		struct kin_record *record = &page->records[i];
		size_t codec = codec_of(decompress, record), n = 0;
		int code;

		if (codec == decompress->codecs_n || (left_out && left_out[i]))
			continue;
		code = undo(decompress, codec, record, &n);
		if (code == KIN_OK)
			code = keep(decompress, i, n);
		if (code == KIN_NOMEM)
			return KIN_NOMEM;
		if (code != KIN_OK)
			leave(decompress, record, code);
	}
	decompress->done += decompress->found_n;
	shrink(decompress);
	point(decompress, page);
	if (decompress->found_n == 0) {
		kin__mem_free(decompress->out);
		decompress->out = NULL;
		decompress->out_room = 0;
	} else {
		*out = decompress->out;
		*out_room = decompress->out_room;
		decompress->out = NULL;
		decompress->out_room = 0;
	}
	return KIN_OK;
}
