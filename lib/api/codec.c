/* api/codec - see codec.h */
#include "api/codec.h"
#include "drive/decompress.h"
#include "io/error.h"

enum { MAGIC_MAX = 16 };

int kin__codec_check(const struct kin_codec *codec, const char *option, struct kin_error *error)
{
	const char *wrong = NULL;

	if (codec->size < sizeof *codec)
		wrong = "its size is not sizeof(struct kin_codec)";
	else if (!codec->name)
		wrong = "it has no name";
	else if (!codec->magic || codec->magic_size < 1 || codec->magic_size > MAGIC_MAX)
		wrong = "it has no magic of 1 to 16 bytes";
	else if (!codec->open || !codec->close || !codec->compress || !codec->decompress ||
	         !codec->decompressed_size)
		wrong = "one of its functions is NULL";
	return wrong ? kin__error(error, KIN_INVALID, "option %s: the codec is not one: %s", option, wrong)
	             : KIN_OK;
}

int kin__codec_check_list(const struct kin_codec *const *codecs, const char *option, struct kin_error *error)
{
	size_t n = 0;
	int code = KIN_OK;

	for (; codecs && codecs[n] && code == KIN_OK && n <= KIN__DECOMPRESS_CODECS; n++)
		code = kin__codec_check(codecs[n], option, error);
	if (code == KIN_OK && n > KIN__DECOMPRESS_CODECS)
		code = kin__error(error, KIN_INVALID, "option %s: more than %d codecs", option,
		                  KIN__DECOMPRESS_CODECS);
	return code;
}
