/* What others do to a store's folder: links, pipes and old files in its place, locks removed, copies in a child. */

static void in_folder(char out[160], const char *name)
{
	snprintf(out, 160, "%s/deep/er/%s", folder, name);
}

static void put_file(const char *at, const char *text, mode_t mode)
{
	FILE *file = fopen(at, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file) | chmod(at, mode), 0);
}

static void check_file(const char *at, const char *wanted)
{
	char text[64] = "";
	FILE *file = fopen(at, "r");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof text - 1, file)] = 0;
	fclose(file);
	ck_assert_str_eq(text, wanted);
}

/* An item is in the store, and what is in the way of its files is put there. */
static void make_store(void)
{
	struct kin_store store = open_store(uri);
	struct kin_lease item = lease("x", 1, "1");

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	store.close(store.user);
}

/* A link where the lock or the journal should be is refused, and what it leads to is not touched. */
START_TEST(links_are_refused)
{
	static const char *const names[] = { "app.lock", "app.leases" };
	char victim[160], at[160];
	struct kin_store store;

	make_store();
	in_folder(victim, "victim");
	put_file(victim, "precious\n", 0600);
	in_folder(at, names[_i]);
	ck_assert_int_eq(unlink(at) | symlink(victim, at), 0);
	ck_assert_int_eq(kin__store_open(&store, uri, "app", &e), KIN_IO);
	ck_assert_msg(strstr(e.message, at) && strstr(e.message, "symbolic link"), "%s", e.message);
	check_file(victim, "precious\n");
}
END_TEST

/* Pipes and folders do not hang it, and are named. */
START_TEST(no_files_are_refused)
{
	static const char *const names[] = { "app.lock", "app.leases" };
	struct kin_store store;
	char at[160];

	make_store();
	in_folder(at, names[_i % 2]);
	ck_assert_int_eq(unlink(at), 0);
	ck_assert_int_eq(_i / 2 ? mkdir(at, 0700) : mkfifo(at, 0600), 0);
	ck_assert_int_eq(kin__store_open(&store, uri, "app", &e), KIN_IO);
	ck_assert_msg(strstr(e.message, at) != NULL, "%s", e.message);
}
END_TEST

/* What stands where the new journal is written: a crash's rest with any mode, a link, a pipe.  It goes. */
START_TEST(beside_the_journal)
{
	char beside[160], victim[160];
	struct stat status;

	make_store();
	in_folder(beside, "app.leases.tmp");
	in_folder(victim, "victim");
	put_file(victim, "precious\n", 0600);
	if (_i == 0)
		put_file(beside, "half a journ", 0666);
	else
		ck_assert_int_eq(_i == 1 ? symlink(victim, beside) : mkfifo(beside, 0666), 0);
	struct kin_store store = open_store(uri);
	ck_assert_uint_eq(look(&store).counter, 1);
	store.close(store.user);
	check_file(victim, "precious\n");
	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert_msg(S_ISREG(status.st_mode) && (status.st_mode & 0777) == 0600, "mode %o",
	              (unsigned)status.st_mode);
	ck_assert_int_ne(lstat(beside, &status), 0);
}
END_TEST

/* Nobody else reads what is kept, whatever the umask. */
START_TEST(modes)
{
	static const struct {
		const char *name;
		mode_t mode;
	} rows[] = { { ".", 0700 }, { "..", 0700 }, { "app.leases", 0600 }, { "app.lock", 0600 } };
	struct stat status;
	char at[160];
	mode_t before = umask(0);

	make_store();
	umask(before);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		in_folder(at, rows[i].name);
		ck_assert_int_eq(stat(at, &status), 0);
		ck_assert_msg((status.st_mode & 0777) == rows[i].mode, "%s has mode %o", at,
		              (unsigned)status.st_mode & 0777);
	}
}
END_TEST

/* Only the lock counts, not the pid that a dead holder left, nor whether it belongs to somebody now. */
START_TEST(pid_of_the_dead)
{
	char at[160], mine[24];

	make_store();
	in_folder(at, "app.lock");
	put_file(at, _i ? "1\n" : "not a number", 0600);
	struct kin_store store = open_store(uri);
	snprintf(mine, sizeof mine, "%ld\n", (long)getpid());
	check_file(at, mine);
	store.close(store.user);
}
END_TEST

/* The journal itself is locked, too: removing the lock file does not let a second one in. */
START_TEST(lock_file_removed)
{
	struct kin_store store = open_store(uri), other;
	struct kin_lease one = lease("x", 1, "1"), two = lease("x", 2, "2");
	char at[160];

	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_OK);
	in_folder(at, "app.lock");
	ck_assert_int_eq(unlink(at), 0);
	ck_assert_int_eq(kin__store_open(&other, uri, "app", &e), KIN_IN_USE);
	ck_assert_msg(strstr(e.message, path) != NULL, "%s", e.message);
	ck_assert_msg(store.update(store.user, "app", &two, 1, &e) == KIN_OK, "%s", e.message);
	store.close(store.user);
	store = open_store(uri);
	ck_assert_uint_eq(look(&store).counter, 2);
	store.close(store.user);
}
END_TEST

/* A child of fork() that keeps the descriptors does not keep the store; nor does it give it away. */
START_TEST(copies_in_a_child)
{
	struct kin_store store = open_store(uri), other;
	int ends[2], status;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		if (_i)
			store.close(store.user);
		_exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(ends[0]);
	ck_assert_int_eq(kin__store_open(&other, uri, "app", &e), KIN_IN_USE);
	store.close(store.user);
	store = open_store(uri); /* although the child is there */
	store.close(store.user);
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST
