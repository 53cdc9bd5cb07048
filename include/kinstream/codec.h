/* kinstream/codec.h - how the data of one record is made smaller, and what it was again.  kin_codec(3) */
#ifndef KINSTREAM_CODEC_H
#define KINSTREAM_CODEC_H

#include <kinstream/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is made smaller stands for itself: any reader of its form undoes it.  libkinstream-codecs has some, see
 * kinstream/codecs.h; a program may bring its own.  All of it is read-only, and its functions are called by many
 * threads; a context is used by one at a time. */
struct kin_codec {
	size_t size;                  /* sizeof the struct */
	const char *name;             /* "gzip" */
	const void *magic;            /* how everything that compress() makes begins */
	size_t magic_size;            /* 1..16 */
	int32_t level_min, level_max; /* what open() takes, beside 0: its usual level */
	void *(*open)(int32_t level); /* a context, for both ways; NULL: out of memory */
	void (*close)(void *context); /* NULL is fine */
	/* Into memory of *out_size bytes; then *out_size is what was written.  KIN_FULL: it is more than that. */
	int (*compress)(void *context, const void *data, size_t size, void *out, size_t *out_size);
	/* The same.  KIN_CORRUPT: this is not, or not wholly, what compress() makes; out is undefined then.  Untrusted
	 * bytes: must take any. */
	int (*decompress)(void *context, const void *data, size_t size, void *out, size_t *out_size);
	/* How much decompress() will write, as far as the data says so, which may be untrue; 0: it does not. */
	uint64_t (*decompressed_size)(const void *data, size_t size);
};

#ifdef __cplusplus
}
#endif
#endif
