#include "plugin.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

kin_handler_fn *tool_plugin(const char *name, char *why, size_t why_size)
{
	const char *colon = strrchr(name, ':'), *symbol = "handle", *file = name;
	char path[4096];
	union {
		void *object;
		kin_handler_fn *function;
	} found = { NULL };
	void *library;

	if (colon && !strchr(colon, '/')) {
		symbol = colon + 1;
		if (!*symbol || (size_t)(colon - name) >= sizeof path) {
			snprintf(why, why_size, "wants LIBRARY.so[:SYMBOL], not '%.200s'", name);
			return NULL;
		}
		snprintf(path, sizeof path, "%.*s", (int)(colon - name), name);
		file = path;
	}
	if (!strchr(file, '/')) { /* a bare name is a file here, not one of the system's libraries */
		char here[sizeof path + 2];

		snprintf(here, sizeof here, "./%.*s", (int)sizeof path - 1, file);
		library = dlopen(here, RTLD_NOW | RTLD_LOCAL);
	} else {
		library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	}
	if (library)
		found.object = dlsym(library, symbol);
	if (!found.object)
		snprintf(why, why_size, "%s", dlerror());
	return found.function;
}
