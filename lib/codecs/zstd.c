/* codecs/zstd - zstd frames, each with its size and a checksum; see codecs.h */
#include "base/mem.h"
#include "codecs/codecs.h"
#include <zstd.h>
#include <zstd_errors.h>

enum { LEVEL_MIN = 1, LEVEL_MAX = 22 };

struct context {
	int level;
	ZSTD_CCtx *compress;
	ZSTD_DCtx *decompress;
};

static void *open_context(int32_t level)
{
	struct context *context = kin__mem_zalloc(sizeof *context);

	if (context)
		context->level = level ? level : ZSTD_CLEVEL_DEFAULT;
	return context;
}

static void close_context(void *user)
{
	struct context *context = user;

	if (!context)
		return;
	ZSTD_freeCCtx(context->compress);
	ZSTD_freeDCtx(context->decompress);
	kin__mem_free(context);
}

static int code_of(size_t result)
{
	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_no_error:
		return KIN_OK;
	case ZSTD_error_dstSize_tooSmall:
		return KIN_FULL;
	case ZSTD_error_memory_allocation:
		return KIN_NOMEM;
	default:
		return KIN_CORRUPT;
	}
}

static bool make_compress(struct context *context)
{
	if (context->compress)
		return true;
	context->compress = ZSTD_createCCtx();
	return context->compress &&
	       code_of(ZSTD_CCtx_setParameter(context->compress, ZSTD_c_compressionLevel, context->level)) ==
	                       KIN_OK &&
	       code_of(ZSTD_CCtx_setParameter(context->compress, ZSTD_c_checksumFlag, 1)) == KIN_OK;
}

static int compress_all(void *user, const void *data, size_t size, void *out, size_t *out_size)
{
	struct context *context = user;
	size_t result;

	if (!make_compress(context))
		return KIN_NOMEM;
	result = ZSTD_compress2(context->compress, out, *out_size, data, size);
	if (code_of(result) == KIN_OK)
		*out_size = result;
	return code_of(result);
}

static int decompress_all(void *user, const void *data, size_t size, void *out, size_t *out_size)
{
	struct context *context = user;
	size_t result;

	if (size == 0)
		return KIN_CORRUPT;
	if (!context->decompress)
		context->decompress = ZSTD_createDCtx();
	if (!context->decompress)
		return KIN_NOMEM;
	result = ZSTD_decompressDCtx(context->decompress, out, *out_size, data, size);
	if (code_of(result) == KIN_OK)
		*out_size = result;
	return code_of(result);
}

static uint64_t size_of(const void *data, size_t size)
{
	unsigned long long told = ZSTD_getFrameContentSize(data, size);

	return told == ZSTD_CONTENTSIZE_UNKNOWN || told == ZSTD_CONTENTSIZE_ERROR ? 0 : told;
}

const struct kin_codec kin__codecs_zstd = {
	.size = sizeof(struct kin_codec),
	.name = "zstd",
	.magic = "\x28\xb5\x2f\xfd",
	.magic_size = 4,
	.level_min = LEVEL_MIN,
	.level_max = LEVEL_MAX,
	.open = open_context,
	.close = close_context,
	.compress = compress_all,
	.decompress = decompress_all,
	.decompressed_size = size_of,
};
