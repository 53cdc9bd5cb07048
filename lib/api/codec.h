/* api/codec - codecs that a program hands in, looked at before they are used. */
#ifndef KIN_API_CODEC_H
#define KIN_API_CODEC_H
#include <kinstream/codec.h>

/* option: which one it is, for the message; KIN_INVALID: a member of it is wrong. */
int kin__codec_check(const struct kin_codec *codec, const char *option, struct kin_error *error);
int kin__codec_check_list(const struct kin_codec *const *codecs, const char *option,
                          struct kin_error *error); /* NULL is fine */
#endif
