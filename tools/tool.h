/* tools/tool - what the subcommands of kinstream share: arguments, exit codes, signals, JSON out. */
#ifndef KINSTREAM_TOOL_H
#define KINSTREAM_TOOL_H
#include <kinstream.h>
#include <signal.h>
#include <stdio.h>

enum { /* exit codes: scripts rely on them */
       TOOL_DONE = 0,
       TOOL_FAILED = 1,
       TOOL_USAGE = 2,
       TOOL_DENIED = 3,
       TOOL_GAVE_UP = 4,
       TOOL_INTERRUPTED = 130
};

struct tool {
	struct kin_config *config; /* file, environment, -o, and the global flags */
	const char *command;       /* for messages: "stream create" */
};

/* ---- arguments ---- */
enum { TOOL_MANY_MAX = 64 };
struct tool_many {
	const char *at[TOOL_MANY_MAX];
	size_t n;
};
struct tool_flag {
	const char *name;       /* "--key" */
	const char **value;     /* takes a value; or */
	bool *set;              /* takes none; or */
	struct tool_many *many; /* may be repeated; or all NULL: known, not supported yet */
};
/* Sorts argv[1..] into flags and positionals (given as an array, at most `most`); '--' ends flags, '-' is a positional.
 * TOOL_DONE or TOOL_USAGE, having said what is wrong. */
int tool_parse(const struct tool *tool, int argc, char **argv, const struct tool_flag *flags,
               const char **positional, size_t most, size_t *count);
int tool_usage(const struct tool *tool, const char *format, ...) KIN_PRINTF(2, 3);
bool tool_number(const char *text, int64_t least, int64_t most, int64_t *out);
bool tool_time(const char *text, int64_t *unix_ms); /* ISO 8601 in UTC, or Unix seconds */
/* --from and --until; NULL leaves what is there. */
int tool_from(const struct tool *tool, const char *text, int32_t *position, int64_t *timestamp_ms);
int tool_until(const struct tool *tool, const char *text, int32_t *until, int64_t *timestamp_ms);

/* ---- words on standard error: "kinstream: TEXT", or with log_format = json a JSON line ---- */
void tool_say_as(const struct tool *tool); /* reads log_format; before there is a second thread */
void tool_say_about(const char *stream, const char *application); /* of JSON lines; borrowed */
/* A line that the next one, or tool_say(), is written over; last: it stays.  On a terminal. */
void tool_say_line(const char *line, bool last);
void tool_say(int level, const char *format, ...) KIN_PRINTF(2, 3);
void tool_say_for(struct kin_client_options *options); /* the log of a client in the same form */

/* ---- ends ---- */
int tool_fail(const struct kin_error *error); /* says it on stderr; the exit code */
int tool_exit_code(const struct kin_error *error);

/* ---- the client of this command ---- */
int tool_client(const struct tool *tool,
                struct kin_client **out); /* TOOL_DONE, or an exit code, having said why */

/* ---- codecs; TOOL_DONE, or TOOL_USAGE, having said what is wrong or missing ---- */
int tool_compress(const struct tool *tool, const char *text, const struct kin_codec **codec,
                  int32_t *level); /* "gzip", "zstd:19"; *level stays without one */
int tool_decompress(const struct tool *tool, const struct kin_codec *const **codecs);

/* ---- signals: the first SIGINT or SIGTERM asks to drain, a second one exits 130 ---- */
void tool_signals(void (*on_first)(void *user), void *user); /* on_first runs on a thread of its own */
bool tool_stopping(void);
/* Process groups to kill when a second signal comes. */
void tool_child_begins(void);     /* one is being made; tool_child_began() follows */
void tool_child_began(pid_t pid); /* 0: it was not */
void tool_child_ended(pid_t pid);

/* ---- JSON lines ---- */
void tool_json_text(FILE *out, const char *text, size_t size);     /* quoted and escaped; NULL: null */
void tool_json_base64(FILE *out, const void *data, size_t size);   /* quoted */
void tool_json_record(FILE *out, const struct kin_record *record); /* tail's jsonl line, newline too */
/* Decodes standard base64 in place; false: it is none. */
bool tool_base64_decode(char *text, size_t size, size_t *out_size);
/* Reads one JSON object of the form {"name":"string",...} in place: the values of `names`, NULL-ended; absent ones
 * stay NULL.  false: it is not of that form, *why says so. */
bool tool_json_members(char *line, size_t size, const char *const *names, char **values, size_t *sizes,
                       const char **why);

/* Is it JSON (-1: no), and an object with a text as its errorMessage (1: yes, which points into text)?  In place. */
int tool_json_error(char *text, size_t size, const char **message);

/* ---- subcommands ---- */
int tool_stream(struct tool *tool, int argc, char **argv);
int tool_put(struct tool *tool, int argc, char **argv);
int tool_tail(struct tool *tool, int argc, char **argv);
int tool_consume(struct tool *tool, int argc, char **argv);
int tool_mock(struct tool *tool, int argc, char **argv);
int tool_config(struct tool *tool, int argc, char **argv);
#endif
