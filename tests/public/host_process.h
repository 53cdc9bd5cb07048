/* Scenes of check_host.c: what belongs to the process stays as the host has it. */
#ifndef KIN_TEST_HOST_PROCESS_H
#define KIN_TEST_HOST_PROCESS_H
#include <curl/curl.h>
#include "host_scene.h"

/* --- signals -------------------------------------------------------------------------------------- */

/* The mask of a thread as /proc has it; false: it is none of the library's. */
static bool blocked_signals(const char *task, unsigned long long *mask)
{
	char path[300], line[256];
	bool ours = false;
	FILE *file;

	snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
	file = fopen(path, "r");
	if (!file)
		return false;
	while (fgets(line, sizeof line, file)) {
		ours = ours || strncmp(line, "Name:\tkin", 9) == 0;
		sscanf(line, "SigBlk: %llx", mask);
	}
	fclose(file);
	return ours;
}

static void look_at_masks(void)
{
	struct host_round round;
	struct dirent *entry;
	DIR *tasks;
	int ours = 0;

	round_open(&round, "masks");
	round_work(&round, 20);
	tasks = opendir("/proc/self/task");
	while ((entry = readdir(tasks))) {
		unsigned long long mask = 0;

		if (!blocked_signals(entry->d_name, &mask))
			continue;
		ours++;
		for (int number = 1; number < 32; number++)
			MUST(number == SIGKILL || number == SIGSTOP || mask >> (number - 1) & 1,
			     "signal %d is not blocked in thread %s", number, entry->d_name);
	}
	closedir(tasks);
	MUST(ours >= 4, "only %d threads are the library's", ours);
	round_close(&round);
}

START_TEST(threads_block_signals)
{
	in_process(look_at_masks, 20);
}
END_TEST

static void take_dispositions(struct sigaction out[32], sigset_t *mask)
{
	memset(out, 0, 32 * sizeof *out);
	for (int number = 1; number < 32; number++)
		sigaction(number, NULL, &out[number]);
	memset(mask, 0, sizeof *mask);
	pthread_sigmask(SIG_BLOCK, NULL, mask);
}

extern char **environ;

/* All that a host could miss afterwards. */
static void change_nothing(void)
{
	const int flags = SA_RESTART | SA_SIGINFO | SA_NODEFER | SA_ONSTACK | SA_NOCLDSTOP | SA_NOCLDWAIT;
	struct sigaction before[32], after[32];
	sigset_t mask_before, mask_after;
	char folder[2][300], locale_before[200], *variables[500];
	mode_t mode = umask(027);
	size_t n = 0;

	take_dispositions(before, &mask_before);
	snprintf(locale_before, sizeof locale_before, "%s", setlocale(LC_ALL, NULL));
	MUST(getcwd(folder[0], sizeof folder[0]) != NULL, "getcwd");
	for (; environ[n] && n < 500; n++)
		variables[n] = strdup(environ[n]);
	whole_round("nothing");
	take_dispositions(after, &mask_after);
	for (int number = 1; number < 32; number++)
		MUST(before[number].sa_handler == after[number].sa_handler &&
		                     ((before[number].sa_flags ^ after[number].sa_flags) & flags) == 0,
		     "the disposition of signal %d was changed", number);
	MUST(memcmp(&mask_before, &mask_after, sizeof mask_before) == 0, "the signal mask was changed");
	for (size_t i = 0; i < n; free(variables[i++]))
		MUST(environ[i] && strcmp(environ[i], variables[i]) == 0, "%s", variables[i]);
	MUST(!environ[n], "%s", environ[n]);
	MUST(getcwd(folder[1], sizeof folder[1]) && strcmp(folder[0], folder[1]) == 0, "%s", folder[1]);
	MUST(strcmp(setlocale(LC_ALL, NULL), locale_before) == 0, "%s", setlocale(LC_ALL, NULL));
	MUST(umask(mode) == 027, "the umask was changed");
}

START_TEST(the_process_is_unchanged)
{
	in_process(change_nothing, 20);
}
END_TEST

static atomic_int interruptions;
static pthread_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interruptions++;
}

static void *interrupt_often(void *user)
{
	(void)user;
	while (!interruptions || interruptions < 2000) {
		pthread_kill(interrupted, SIGUSR1);
		usleep(200);
	}
	return NULL;
}

static void work_interrupted(void)
{
	struct sigaction action = { .sa_handler = interrupt }; /* without SA_RESTART */
	pthread_t thread;
	int rounds = 0;

	sigaction(SIGUSR1, &action, NULL);
	interrupted = pthread_self();
	pthread_create(&thread, NULL, interrupt_often, NULL);
	for (; interruptions < 2000; rounds++)
		whole_round("interrupted");
	MUST(rounds > 0, "no round was made");
	pthread_join(thread, NULL);
}

START_TEST(interrupted_by_signals)
{
	in_process(work_interrupted, 60);
}
END_TEST

/* --- SIGPIPE: its default disposition ends the process ------------------------------------------------ */

static struct tls_server *pipe_server;

static void call_it(struct kin_client *of, const char *operation, int expected)
{
	static char data[400000];
	struct kin_call *call = call_of(of, operation);
	struct kin_put_entry entry;
	int code;

	kin_put_entry_init(&entry);
	entry.key = "k";
	entry.key_size = 1;
	entry.data = data;
	entry.data_size = sizeof data;
	for (int i = 0; i < 10 && strcmp(operation, "PutRecords") == 0; i++) {
		MUST_OK(kin_call_add_record(call, &entry, &error));
		if (i == 0)
			MUST_OK(kin_call_set_text(call, "StreamName", "s", &error));
	}
	code = kin_call_wait(call, -1, &error);
	MUST(code == expected, "%s: %s", kin_code_name(code), code ? error.message : "");
	kin_call_free(call);
}

static struct kin_client *open_tls(const struct tls_server *server, const char *ca)
{
	struct kin_client_options options = mock_options();
	struct kin_client *made;

	options.endpoint_url = server->url;
	options.ca_bundle = ca;
	options.max_attempts = 2;
	MUST_OK(kin_client_open(&made, &options, &error));
	return made;
}

static void reset_while_sending(void)
{
	struct kin_client *other;

	signal(SIGPIPE, SIG_DFL);
	other = open_tls(pipe_server, pipe_server->ca);
	for (int i = 0; i < 20; i++)
		call_it(other, "PutRecords", KIN_NETWORK);
	kin_client_close(other);
}

static void reset_when_idle(void)
{
	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < 5; i++) {
		struct kin_client *other = open_tls(pipe_server, pipe_server->ca);

		call_it(other, "ListStreams", KIN_OK);
		pipe_server->resets++;
		while (pipe_server->threads > 0)
			nap_ms(1);
		nap_ms(5); /* the connection is dead; to close it, TLS says goodbye on it */
		kin_client_close(other);
	}
}

START_TEST(sigpipe)
{
	pipe_server = tls_open();
	pipe_server->end = _i ? TLS_RESETS_LATER : TLS_RESETS;
	in_process(_i ? reset_when_idle : reset_while_sending, 60);
	tls_close(pipe_server);
}
END_TEST

/* --- what is left ---------------------------------------------------------------------------------------- */

static void come_and_go(void)
{
	int threads = threads_now(), descriptors;

	whole_round("first"); /* what libraries open once for all: name services, random numbers */
	until_threads(threads);
	descriptors = descriptors_now();
	for (int i = 0; i < 15; i++) {
		whole_round("again");
		until_threads(threads);
		MUST(descriptors_now() == descriptors, "%d descriptors, %d expected", descriptors_now(),
		     descriptors);
	}
}

START_TEST(nothing_is_left)
{
	in_process(come_and_go, 60);
}
END_TEST

/* --- descriptors --- */

/* What a handle holds, as the manual says. */
static void count_descriptors(void)
{
	struct kin_client_options c = mock_options();
	struct kin_consumer_options o;
	int begin, each[4];
	struct kin_consumer *consumer;
	struct kin_client *other;
	char folder[] = "/tmp/kin-check-XXXXXX", store[64], command[64];

	MUST(mkdtemp(folder) != NULL, "mkdtemp");
	snprintf(store, sizeof store, "file:%s", folder);
	whole_round("first");
	begin = descriptors_now();
	MUST_OK(kin_client_open(&other, &c, &error));
	each[0] = descriptors_now();
	MUST_OK(put_one(other));
	each[1] = descriptors_now();
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "count";
	o.store = store;
	MUST_OK(kin_consumer_open(&consumer, other, &o, &error));
	each[2] = descriptors_now();
	MUST(each[0] == begin + 2, "%d for a client", each[0] - begin);
	MUST(each[1] == each[0] + 1, "%d for a connection", each[1] - each[0]);
	MUST(each[2] <= each[1] + 2 + 2 + 2, "%d for a consumer with a file store", each[2] - each[1]);
	MUST_OK(kin_consumer_close(consumer, 50000, &error));
	kin_client_close(other);
	MUST(descriptors_now() == begin, "%d left", descriptors_now() - begin);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	MUST(system(command) == 0, "%s", command);
}

/* Another program is not handed them; but libcurl's own pair is beyond our reach. */
static void close_on_exec(void)
{
	struct host_round round;
	bool before[400];
	int open_ones = 0, inherited = 0;

	for (int fd = 0; fd < 400; fd++)
		before[fd] = fcntl(fd, F_GETFD) >= 0;
	round_open(&round, "exec");
	round_work(&round, 20);
	for (int fd = 0; fd < 400; fd++) {
		int flags = fcntl(fd, F_GETFD), family = 0;
		socklen_t n = sizeof family;

		if (before[fd] || flags < 0)
			continue;
		open_ones++;
		if (flags & FD_CLOEXEC)
			continue;
		inherited++;
		MUST(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) == 0 && family == AF_UNIX,
		     "descriptor %d would be inherited", fd);
	}
	MUST(open_ones > 6 && inherited <= 2, "%d of %d would be inherited", inherited, open_ones);
	round_close(&round);
}

START_TEST(descriptors)
{
	in_process(_i ? count_descriptors : close_on_exec, 30);
}
END_TEST

/* --- scarce descriptors ------------------------------------------------------------------------------------ */

static int descriptors_left;
static char few_folder[64], few_store[80];

/* Opens what it can; what fails must say why.  true: all of it is open, and works. */
static bool open_with_few(void)
{
	struct kin_client_options c = mock_options();
	struct kin_consumer_options o;
	struct kin_client *other;
	struct kin_consumer *consumer;
	int code = kin_client_open(&other, &c, &error);

	if (code == KIN_OK) {
		kin_consumer_options_init(&o);
		o.stream = "s";
		o.application = "few";
		o.store = few_store;
		code = kin_consumer_open(&consumer, other, &o, &error);
		if (code == KIN_OK) {
			int put = put_one(other);

			MUST(put == KIN_OK || strstr(error.message, "too many") ||
			                     strstr(error.message, "Too many") ||
			                     strstr(error.message, "descriptor"),
			     "%d descriptors: %s", descriptors_left, error.message);
			MUST_OK(kin_consumer_close(consumer, 50000, &error));
			kin_client_close(other);
			return put == KIN_OK;
		}
		kin_client_close(other);
	}
	MUST(code == KIN_IO && (strstr(error.message, "oo many open files")), "%d descriptors: %s",
	     descriptors_left, error.message);
	return false;
}

static void few_descriptors(void)
{
	struct rlimit limit = { 120, 120 };
	int taken[200], n = 0;

	setrlimit(RLIMIT_NOFILE, &limit);
	while ((taken[n] = dup(complaints)) >= 0)
		n++;
	for (descriptors_left = 0; !open_with_few(); descriptors_left++) {
		MUST(n > 0 && descriptors_left < 20, "20 descriptors are not enough");
		close(taken[--n]);
	}
	MUST(descriptors_left > 3, "with %d descriptors", descriptors_left);
}

START_TEST(scarce_descriptors)
{
	char command[100];

	strcpy(few_folder, "/tmp/kin-check-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(few_folder));
	snprintf(few_store, sizeof few_store, "file:%s", few_folder);
	in_process(few_descriptors, 60);
	snprintf(command, sizeof command, "rm -rf %s", few_folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* A daemon closed them; something still prints. */
static void no_standard_files(void)
{
	struct host_round round;
	char path[32], name[300];

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	round_open(&round, "closed");
	round_work(&round, 20);
	for (int fd = 0; fd < 3; fd++) {
		ssize_t n;

		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		n = readlink(path, name, sizeof name - 1);
		name[n > 0 ? n : 0] = 0;
		MUST(n < 0 || name[0] != '/', "descriptor %d is %s", fd, name);
		MUST(write(fd, "printed\n", 8) < 0 || n > 0, "descriptor %d", fd);
	}
	round.delivered = 0;
	round_work(&round, 20);
	round_close(&round);
}

START_TEST(closed_standard_files)
{
	in_process(no_standard_files, 30);
}
END_TEST

/* --- a decimal comma, small stacks ------------------------------------------------------------------------------ */

static void with_a_decimal_comma(void)
{
	char number[8];

	MUST(setlocale(LC_ALL, "comma") != NULL, "the locale made by localedef is not found");
	snprintf(number, sizeof number, "%.1f", 0.5);
	MUST(strcmp(number, "0,5") == 0, "%s", number);
	whole_round("comma");
}

START_TEST(decimal_comma)
{
	char folder[] = "/tmp/kin-check-XXXXXX", command[800];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(command, sizeof command,
	         "printf 'comment_char %%%%\\nescape_char /\\nLC_NUMERIC\\ndecimal_point \"<U002C>\"\\n"
	         "thousands_sep \"<U002E>\"\\ngrouping 3;3\\nEND LC_NUMERIC\\n' >%s/source; "
	         "localedef -c -i %s/source -f UTF-8 %s/comma >/dev/null 2>&1; test -d %s/comma",
	         folder, folder, folder, folder);
	ck_assert_msg(system(command) == 0, "localedef failed: Debian's package locales is needed");
	setenv("LOCPATH", folder, 1);
	in_process(with_a_decimal_comma, 20);
	unsetenv("LOCPATH");
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* A name is looked up on a thread of libcurl's, by whatever the C library has for it. */
static void call_by_name(void)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;
	char url[64];

	snprintf(url, sizeof url, "http://localhost%s", strrchr(kin_mock_url(mock), ':'));
	options.endpoint_url = url;
	MUST_OK(kin_client_open(&other, &options, &error));
	call_it(other, "ListStreams", KIN_OK);
	kin_client_close(other);
}

static void on_small_stacks(void)
{
	struct kin_client *other;
	pthread_attr_t small;

	pthread_attr_init(&small);
	MUST(pthread_attr_setstacksize(&small, 128 * 1024) == 0, "128 KiB");
	MUST(pthread_setattr_default_np(&small) == 0, "128 KiB as the default");
	whole_round("small");
	other = open_tls(pipe_server, pipe_server->ca);
	for (int i = 0; i < 10; i++)
		call_it(other, i % 2 ? "PutRecords" : "ListStreams", KIN_OK);
	kin_client_close(other);
	call_by_name();
}

START_TEST(small_stacks)
{
	pipe_server = tls_open();
	in_process(on_small_stacks, 30);
	tls_close(pipe_server);
}
END_TEST

/* --- a host that uses libcurl itself ---------------------------------------------------------------------------- */

static int host_order; /* 0: the host used libcurl first */

static size_t swallow(char *data, size_t size, size_t n, void *user)
{
	(void)data, (void)user;
	return size * n;
}

static void hosts_own_request(const struct tls_server *server)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, server->url);
	curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
	MUST(curl_easy_perform(easy) == CURLE_OK, "the host's own request");
	curl_easy_cleanup(easy);
}

static void beside_libcurl(void)
{
	struct kin_client *other, *another;

	if (host_order == 0)
		hosts_own_request(pipe_server);
	other = open_tls(pipe_server, pipe_server->ca);
	call_it(other, "ListStreams", KIN_OK);
	if (host_order == 1)
		hosts_own_request(pipe_server);
	curl_global_cleanup(); /* the host is done with libcurl; the library is not */
	call_it(other, "ListStreams", KIN_OK);
	another = open_tls(pipe_server, pipe_server->ca);
	call_it(another, "ListStreams", KIN_OK);
	kin_client_close(other);
	call_it(another, "PutRecords", KIN_OK);
	kin_client_close(another);
	hosts_own_request(pipe_server);
}

START_TEST(a_host_with_libcurl)
{
	pipe_server = tls_open();
	host_order = _i;
	in_process(beside_libcurl, 30);
	tls_close(pipe_server);
}
END_TEST

static TCase *process_case(void)
{
	TCase *process = tcase_create("process");

	tcase_add_checked_fixture(process, setup, teardown);
	tcase_set_timeout(process, 240);
	tcase_add_test(process, threads_block_signals);
	tcase_add_test(process, the_process_is_unchanged);
	tcase_add_test(process, interrupted_by_signals);
	tcase_add_loop_test(process, sigpipe, 0, 2);
	tcase_add_test(process, nothing_is_left);
	tcase_add_loop_test(process, descriptors, 0, 2);
	tcase_add_test(process, scarce_descriptors);
	tcase_add_test(process, closed_standard_files);
	tcase_add_test(process, decimal_comma);
	tcase_add_test(process, small_stacks);
	tcase_add_loop_test(process, a_host_with_libcurl, 0, 2);
	return process;
}
#endif
