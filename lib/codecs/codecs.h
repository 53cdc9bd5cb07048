/* codecs/codecs - which codecs this library was built with; each is one file, the only door to its library.
 *
 * No state but that of contexts, which are their owner's; any thread.
 */
#ifndef KIN_CODECS_CODECS_H
#define KIN_CODECS_CODECS_H
#include <kinstream/codecs.h>

extern const struct kin_codec kin__codecs_gzip; /* with zlib */
extern const struct kin_codec kin__codecs_zstd; /* with zstd */
#endif
