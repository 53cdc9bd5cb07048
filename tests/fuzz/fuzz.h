/* fuzz - what the fuzz targets share.  A target is one file with LLVMFuzzerTestOneInput(): it hands foreign bytes to
 * one parser and checks what must hold of any answer.  It must live with any allocation failing (make check-oom). */
#ifndef KIN_TEST_FUZZ_H
#define KIN_TEST_FUZZ_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern bool fuzz_short; /* an allocation fails somewhere in this run: only what holds without memory is checked */

#define FUZZ_CHECK(condition)                                                                                \
	do {                                                                                                 \
		if (!fuzz_short && !(condition)) {                                                           \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/* A block of exactly n bytes, so that one byte too far is seen; free() it. */
char *fuzz_copy(const void *data, size_t n);
/* What stands before the next byte 0, which is taken too. */
struct kin__span fuzz_part(struct kin__span *rest);
/* The same as a block with a 0 at its end; free() it. */
char *fuzz_text(struct kin__span *rest);
/* A file in memory; the path is good until the next call or fuzz_file_close(). */
const char *fuzz_file(const void *data, size_t n);
void fuzz_file_close(void);
#endif
