#include "tool.h"
#include <string.h>
#ifdef TOOL_CODECS
#include <kinstream/codecs.h>

static const struct kin_codec *find(const char *name)
{
	return kin_codecs_find(name);
}

static const struct kin_codec *const *all(void)
{
	return kin_codecs_all();
}
#else
static const struct kin_codec *find(const char *name)
{
	(void)name;
	return NULL;
}

static const struct kin_codec *const *all(void)
{
	static const struct kin_codec *const none[] = { NULL };

	return none;
}
#endif

static int lacks(const struct tool *tool, const char *flag, const char *what)
{
	return tool_usage(tool,
	                  "%s: this kinstream was built without %s; install what it needs (Debian: apt-get "
	                  "install zlib1g-dev libzstd-dev), and configure and build libkinstream again",
	                  flag, what);
}

int tool_compress(const struct tool *tool, const char *text, const struct kin_codec **codec, int32_t *level)
{
	const char *colon = strchr(text, ':');
	char name[16] = "", flag[80];
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	int64_t number;

	snprintf(flag, sizeof flag, "--compress %.40s", text);
	if (n < sizeof name)
		memcpy(name, text, n);
	if (strcmp(name, "gzip") != 0 && strcmp(name, "zstd") != 0)
		return tool_usage(tool, "%s: must be gzip or zstd, or one of them with :LEVEL", flag);
	*codec = find(name);
	if (!*codec)
		return lacks(tool, flag, strcmp(name, "gzip") == 0 ? "zlib" : "zstd");
	if (!colon)
		return TOOL_DONE;
	if (!tool_number(colon + 1, (*codec)->level_min, (*codec)->level_max, &number))
		return tool_usage(tool, "%s: the level must be %d to %d", flag, (int)(*codec)->level_min,
		                  (int)(*codec)->level_max);
	*level = (int32_t)number;
	return TOOL_DONE;
}

int tool_decompress(const struct tool *tool, const struct kin_codec *const **codecs)
{
	*codecs = all();
	return **codecs ? TOOL_DONE : lacks(tool, "--decompress", "zlib and zstd");
}
