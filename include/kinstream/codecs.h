/* kinstream/codecs.h - libkinstream-codecs: records as gzip and zstd frames.  kin_codec(3) */
#ifndef KINSTREAM_CODECS_H
#define KINSTREAM_CODECS_H

#include <kinstream/codec.h>

#ifdef __cplusplus
extern "C" {
#endif

KIN_API const struct kin_codec *kin_codecs_gzip(void);             /* NULL: built without zlib */
KIN_API const struct kin_codec *kin_codecs_zstd(void);             /* NULL: built without zstd */
KIN_API const struct kin_codec *kin_codecs_find(const char *name); /* "gzip", "zstd"; NULL: there is none */
KIN_API const struct kin_codec *const *kin_codecs_all(void);       /* those there are, then NULL; static */

#ifdef __cplusplus
}
#endif
#endif
