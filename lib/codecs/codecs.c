/* codecs/codecs - see codecs.h */
#include "codecs/codecs.h"
#include <string.h>

/* KIN_CODECS_ZLIB and KIN_CODECS_ZSTD come from the Makefile. */
static const struct kin_codec *const all[] = {
#ifdef KIN_CODECS_ZLIB
	&kin__codecs_gzip,
#endif
#ifdef KIN_CODECS_ZSTD
	&kin__codecs_zstd,
#endif
	NULL
};

const struct kin_codec *const *kin_codecs_all(void)
{
	return all;
}

const struct kin_codec *kin_codecs_find(const char *name)
{
	for (const struct kin_codec *const *codec = all; name && *codec; codec++)
		if (strcmp((*codec)->name, name) == 0)
			return *codec;
	return NULL;
}

const struct kin_codec *kin_codecs_gzip(void)
{
	return kin_codecs_find("gzip");
}

const struct kin_codec *kin_codecs_zstd(void)
{
	return kin_codecs_find("zstd");
}
