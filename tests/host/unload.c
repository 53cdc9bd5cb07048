/* unload LIBRARY URL TIMES - a host that loads the library, works with it and unloads it, again and again.  It is
 * not linked with it.  Prints what grew from the tenth time on; fails above the bounds. */
#include <dirent.h>
#include <dlfcn.h>
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	void (*options_init)(struct kin_client_options *options, size_t size);
	int (*client_open)(struct kin_client **out, const struct kin_client_options *options,
	                   struct kin_error *error);
	void (*client_close)(struct kin_client *client);
	int (*call_new)(struct kin_call **out, struct kin_client *client, const char *operation,
	                struct kin_error *error);
	int (*call_wait)(struct kin_call *call, int64_t timeout_ms, struct kin_error *error);
	void (*call_free)(struct kin_call *call);
} kin;

struct state {
	long threads, descriptors, mappings, resident_kib;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "unload: %s: %s\n", what, why);
	exit(1);
}

static void find(void *library, const char *name, void *into)
{
	void *found = dlsym(library, name);

	if (!found)
		die(name, dlerror());
	memcpy(into, &found, sizeof found);
}

static long count(const char *path)
{
	DIR *folder = opendir(path);
	long n = 0;

	if (!folder)
		die(path, "cannot be read");
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static struct state look(void)
{
	struct state now = { .threads = count("/proc/self/task") - 2,
		             .descriptors = count("/proc/self/fd") - 3 };
	FILE *maps = fopen("/proc/self/maps", "r"), *statm = fopen("/proc/self/statm", "r");
	long pages = 0;
	int c;

	while ((c = getc(maps)) != EOF)
		now.mappings += c == '\n';
	if (fscanf(statm, "%*d %ld", &pages) != 1)
		die("/proc/self/statm", "cannot be read");
	fclose(maps);
	fclose(statm);
	now.resident_kib = pages * (sysconf(_SC_PAGESIZE) / 1024);
	return now;
}

static void work(const char *url)
{
	struct kin_client_options options;
	struct kin_client *client;
	struct kin_error error;
	struct kin_call *call;

	kin.options_init(&options, sizeof options);
	options.endpoint_url = url;
	options.region = "us-east-1";
	options.access_key_id = "AKIDMOCK";
	options.secret_access_key = "mock-secret";
	if (kin.client_open(&client, &options, &error) != KIN_OK)
		die("kin_client_open", error.message);
	if (kin.call_new(&call, client, "ListStreams", &error) != KIN_OK ||
	    kin.call_wait(call, 10000, &error) != KIN_OK)
		die("ListStreams", error.message);
	kin.call_free(call);
	kin.client_close(client);
}

static void load_and_unload(const char *path, const char *url)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		die("dlopen", dlerror());
	find(library, "kin_client_options_init_sized", &kin.options_init);
	find(library, "kin_client_open", &kin.client_open);
	find(library, "kin_client_close", &kin.client_close);
	find(library, "kin_call_new", &kin.call_new);
	find(library, "kin_call_wait", &kin.call_wait);
	find(library, "kin_call_free", &kin.call_free);
	work(url);
	if (dlclose(library) != 0)
		die("dlclose", dlerror());
}

/* What the library asked to be told of at fork() and exit() must be forgotten with it. */
static void fork_after(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		exit(0);
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		die("fork", "the child did not end well");
}

int main(int argc, char **argv)
{
	int times = argc > 3 ? atoi(argv[3]) : 0;
	struct state first = { 0 }, last;
	void *still;

	for (int i = 0; i < times; i++) {
		load_and_unload(argv[1], argv[2]);
		fork_after();
		if (i == 9)
			first = look();
	}
	last = look();
	still = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD);
	printf("%d times; then the code is %s; from the 10th on: %+ld descriptors, %+ld mappings, %+ld KiB; "
	       "%ld thread\n",
	       times, still ? "still there" : "gone", last.descriptors - first.descriptors,
	       last.mappings - first.mappings, last.resident_kib - first.resident_kib, last.threads);
	return times < 20 || last.threads != 1 || last.descriptors != first.descriptors ||
	       last.mappings > first.mappings + 4 || last.resident_kib > first.resident_kib + 256;
}
