#include "tool.h"
#include <string.h>

/* A configuration file with every option at its default, commented out. */
int tool_config(struct tool *tool, int argc, char **argv)
{
	bool help = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help }, { 0 } };
	const struct kin_option *option;
	const char *name = NULL, *object = "";
	size_t n, shown = 0;

	if (tool_parse(tool, argc, argv, flags, &name, 1, &n) != TOOL_DONE)
		return TOOL_USAGE;
	if (help)
		return printf("usage: kinstream config [NAME]\n\nPrints each option with its default, range "
		              "and meaning, in the form of "
		              "kinstream.conf(5);\nvalues set by -c, KINSTREAM_* or -o are printed as "
		              "set.\n") < 0;
	for (size_t i = 0; (option = kin_option_at(i)); i++) {
		const char *set = kin_config_get(tool->config, option->name);
		if (name && strcmp(name, option->name))
			continue;
		if (strcmp(object, option->object))
			printf("%s# ---- %s ----\n", shown ? "\n" : "", object = option->object);
		printf("\n# %s\n# %s%s%s%s%s%s\n", option->meaning, option->type,
		       option->unit[0] ? " in " : "", option->unit, option->range[0] ? ", " : "",
		       option->range, option->live ? ", live" : "");
		printf("%s%s = %s\n", set ? "" : "# ", option->name, set ? set : option->fallback);
		shown++;
	}
	if (name && !shown)
		return tool_usage(tool, "no option '%s'; 'kinstream config' lists them", name);
	return TOOL_DONE;
}
