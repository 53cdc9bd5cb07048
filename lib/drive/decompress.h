/* drive/decompress - the data of records that begin as a codec says, undone; one page at a time.
 *
 * Loop thread.  What cannot be undone, or would be too large, stays as it is, and is counted.  Invariant: what one page
 * becomes, and the work for it, is bounded by DECOMPRESS_PAGE times the largest record.
 */
#ifndef KIN_DRIVE_DECOMPRESS_H
#define KIN_DRIVE_DECOMPRESS_H
#include "kinesis/get_records.h"
#include <kinstream/codec.h>

enum { KIN__DECOMPRESS_CODECS = 8, KIN__DECOMPRESS_PAGE = 8 };

struct kin__decompress {
	/* Set by kin__decompress_init(). */
	const struct kin_codec *codecs[KIN__DECOMPRESS_CODECS];
	size_t codecs_n;
	size_t bytes_max; /* of one record */

	uint64_t done, left;                    /* records undone, and left as they were, so far */
	const char *why;                        /* the last one was; static */
	void *contexts[KIN__DECOMPRESS_CODECS]; /* NULL: not needed yet */
	char *out;                              /* of the page at hand; behind each record a 0 */
	size_t out_n, out_room;
	uint64_t spent;
	struct kin__decompress_found {
		size_t record, at;
	} * found;
	size_t found_n, found_room;
};

/* codecs: NULL-ended; those behind the most are not looked at. */
void kin__decompress_init(struct kin__decompress *decompress, const struct kin_codec *const *codecs,
                          size_t bytes_max);
void kin__decompress_fini(struct kin__decompress *decompress);
/* KIN_OK, or KIN_NOMEM and nothing is changed.  left_out: NULL, or a byte a record: 1, nobody will see it.  The records
 * point into *out then, which is yours, free with kin__mem_free(); NULL: none was undone. */
int kin__decompress_page(struct kin__decompress *decompress, struct kin__get_page *page,
                         const uint8_t *left_out, char **out, size_t *out_room);
#endif
