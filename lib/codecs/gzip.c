/* codecs/gzip - gzip members by zlib, with the memory of base/mem; see codecs.h */
#include "base/mem.h"
#include "codecs/codecs.h"
#include <limits.h>
#include <zlib.h>

enum {
	WINDOW = 15,    /* bits: 32 KiB, which every reader has */
	GZIP = 16,      /* added to it: gzip, not zlib's own form */
	MEMORY = 8,     /* zlib's usual */
	TRAILER = 8,    /* checksum and size at the end of a member */
	SIZE_BYTES = 4, /* the size */
};

struct context {
	int level;
	bool deflates, inflates; /* its stream is there */
	z_stream deflate, inflate;
	unsigned char spare; /* room for nothing */
};

static void *take(void *user, unsigned n, unsigned size)
{
	(void)user;
	return kin__mem_array(n, size);
}

static void give(void *user, void *memory)
{
	(void)user;
	kin__mem_free(memory);
}

static void *open_context(int32_t level)
{
	struct context *context = kin__mem_zalloc(sizeof *context);

	if (!context)
		return NULL;
	context->level = level ? level : Z_DEFAULT_COMPRESSION;
	context->deflate.zalloc = context->inflate.zalloc = take;
	context->deflate.zfree = context->inflate.zfree = give;
	return context;
}

static void close_context(void *user)
{
	struct context *context = user;

	if (!context)
		return;
	if (context->deflates)
		deflateEnd(&context->deflate);
	if (context->inflates)
		inflateEnd(&context->inflate);
	kin__mem_free(context);
}

/* zlib counts in unsigned int; a record has never so much. */
static bool fits(size_t size, size_t out_size)
{
	return size <= UINT_MAX && out_size <= UINT_MAX;
}

static void point(z_stream *stream, const void *data, size_t size, void *out, size_t out_size)
{
	stream->next_in = (Bytef *)(uintptr_t)data;
	stream->avail_in = (uInt)size;
	stream->next_out = out;
	stream->avail_out = (uInt)out_size;
}

static int compress_all(void *user, const void *data, size_t size, void *out, size_t *out_size)
{
	struct context *context = user;
	z_stream *stream = &context->deflate;

	if (!fits(size, *out_size))
		return KIN_FULL;
	if (context->deflates)
		deflateReset(stream);
	else if (deflateInit2(stream, context->level, Z_DEFLATED, WINDOW + GZIP, MEMORY,
	                      Z_DEFAULT_STRATEGY) != Z_OK)
		return KIN_NOMEM;
	context->deflates = true;
	point(stream, data, size, out, *out_size);
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return KIN_FULL;
	*out_size -= stream->avail_out;
	return KIN_OK;
}

static bool begins(const z_stream *stream)
{
	return stream->avail_in >= 2 && stream->next_in[0] == 0x1f && stream->next_in[1] == 0x8b;
}

static int code_of(int result, bool is_full)
{
	if (result == Z_STREAM_END)
		return KIN_OK;
	if (result == Z_MEM_ERROR)
		return KIN_NOMEM;
	return is_full && (result == Z_OK || result == Z_BUF_ERROR) ? KIN_FULL : KIN_CORRUPT;
}

/* A member that must be empty: zlib wants room even for nothing. */
static int inflate_nothing(struct context *context)
{
	z_stream *stream = &context->inflate;
	int result;

	stream->next_out = &context->spare;
	stream->avail_out = 1;
	result = inflate(stream, Z_FINISH);
	if (stream->avail_out == 0)
		return KIN_FULL;
	stream->avail_out = 0;
	return code_of(result, false);
}

static int inflate_member(struct context *context)
{
	z_stream *stream = &context->inflate;
	int result;

	if (!begins(stream) || inflateReset(stream) != Z_OK)
		return KIN_CORRUPT;
	if (stream->avail_out == 0)
		return inflate_nothing(context);
	result = inflate(stream, Z_FINISH);
	return code_of(result, stream->avail_out == 0);
}

/* Members one behind the other are what they hold, one behind the other; nothing else may follow. */
static int inflate_all(struct context *context)
{
	int code = KIN_OK;

	while (code == KIN_OK && context->inflate.avail_in > 0)
		code = inflate_member(context);
	return code;
}

static int decompress_all(void *user, const void *data, size_t size, void *out, size_t *out_size)
{
	struct context *context = user;
	z_stream *stream = &context->inflate;
	int code;

	if (size == 0 || !fits(size, *out_size))
		return size == 0 ? KIN_CORRUPT : KIN_FULL;
	if (!context->inflates && inflateInit2(stream, WINDOW + GZIP) != Z_OK)
		return KIN_NOMEM;
	context->inflates = true;
	point(stream, data, size, out, *out_size);
	code = inflate_all(context);
	*out_size -= stream->avail_out;
	return code;
}

/* Of the last member, if it is below 4 GiB. */
static uint64_t size_of(const void *data, size_t size)
{
	const unsigned char *at;

	if (size < TRAILER)
		return 0;
	at = (const unsigned char *)data + size - SIZE_BYTES;
	return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24;
}

const struct kin_codec kin__codecs_gzip = {
	.size = sizeof(struct kin_codec),
	.name = "gzip",
	.magic = "\x1f\x8b\x08",
	.magic_size = 3,
	.level_min = 1,
	.level_max = 9,
	.open = open_context,
	.close = close_context,
	.compress = compress_all,
	.decompress = decompress_all,
	.decompressed_size = size_of,
};
