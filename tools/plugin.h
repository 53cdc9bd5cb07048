/* tools/plugin - a handler out of a shared library: LIBRARY.so[:SYMBOL], symbol "handle" unless told otherwise. */
#ifndef KINSTREAM_TOOL_PLUGIN_H
#define KINSTREAM_TOOL_PLUGIN_H
#include <kinstream.h>

/* NULL: why says what is wrong.  The library stays loaded. */
kin_handler_fn *tool_plugin(const char *name, char *why, size_t why_size);
#endif
