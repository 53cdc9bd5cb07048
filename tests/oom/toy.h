/* Part of oom_api: a codec; bytes that are all the same as magic, that byte, and how many. */

enum { TOY = 7 };
static int toy_context;

static void *toy_open(int32_t level)
{
	(void)level;
	return &toy_context;
}

static void toy_close(void *context)
{
	(void)context;
}

static int toy_compress(void *context, const void *data, size_t size, void *out, size_t *out_size)
{
	unsigned char *at = out;

	(void)context;
	if (*out_size < TOY || memcmp(data, (const char *)data + 1, size - 1) != 0)
		return KIN_FULL;
	memcpy(at, "Z!", 2);
	at[2] = *(const unsigned char *)data;
	for (int i = 0; i < 4; i++)
		at[3 + i] = (unsigned char)(size >> 8 * i);
	*out_size = TOY;
	return KIN_OK;
}

static uint64_t toy_size(const void *data, size_t size)
{
	const unsigned char *at = data;

	return size == TOY ? (uint64_t)at[3] | (uint64_t)at[4] << 8 | (uint64_t)at[5] << 16 |
	                                       (uint64_t)at[6] << 24
	                   : 0;
}

static int toy_decompress(void *context, const void *data, size_t size, void *out, size_t *out_size)
{
	uint64_t n = toy_size(data, size);

	(void)context;
	if (size != TOY || n > *out_size)
		return size != TOY ? KIN_CORRUPT : KIN_FULL;
	memset(out, ((const unsigned char *)data)[2], n);
	*out_size = n;
	return KIN_OK;
}

static const struct kin_codec toy = { .size = sizeof toy,
	                              .name = "toy",
	                              .magic = "Z!",
	                              .magic_size = 2,
	                              .open = toy_open,
	                              .close = toy_close,
	                              .compress = toy_compress,
	                              .decompress = toy_decompress,
	                              .decompressed_size = toy_size };
