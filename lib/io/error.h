/* io/error - fills a struct kin_error: the one door from a cause to the line a user reads.
 *
 * Any thread.  Texts are cut between UTF-8 characters and control characters become '?', so that an error
 * is one line.  Nobody puts a secret into it.
 */
#ifndef KIN_IO_ERROR_H
#define KIN_IO_ERROR_H
#include <kinstream/error.h>
#include <stdarg.h>

/* All clear the rest of *error, store code and message and give `code` back; error NULL is fine. */
int kin__error(struct kin_error *error, int code, const char *format, ...) KIN_PRINTF(3, 4);
int kin__error_nomem(struct kin_error *error);
/* "<what>: <text of the errno>": kin__error_errno(error, KIN_IO, errno, "cannot open %s", path). */
int kin__error_errno(struct kin_error *error, int code, int number, const char *format, ...) KIN_PRINTF(4, 5);
int kin__error_copy(struct kin_error *to,
                    const struct kin_error *from); /* to NULL is fine; gives from->code */
#endif
