/* t_files.c - small files of a folder: whole or not there, whatever stands in
 * the way. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/folder.h"
#include "tap.h"

static char dir[] = "/tmp/assay-files-XXXXXX";
static int folder;

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static bool put(const char *name, const char *s)
{
	return file_put(folder, name, text(s), 0600, true);
}

static bool holds(const char *name, const char *s)
{
	struct buf got = { 0 };
	bool same = file_get(&got, folder, name, 100, false) &&
	            got.len == strlen(s) &&
	            (got.len == 0 || memcmp(got.ptr, s, got.len) == 0);

	buf_free(&got);
	return same;
}

/* How many there are, hidden ones too. */
static unsigned files(void)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	if (!d)
		abort();
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static unsigned mode_of(const char *name)
{
	struct stat st = { 0 };

	(void)fstatat(folder, name, &st, 0);
	return st.st_mode & 07777;
}

static void test_put(void)
{
	ok(put("a", "one") && holds("a", "one"), "a file is written");
	ok(put("a", "another") && holds("a", "another"), "and replaced");
	ok(mode_of("a") == 0600 && files() == 1,
	   "of its mode, with nothing beside it");
}

static void test_long(void)
{
	const size_t most = NAME_MAX;
	char name[NAME_MAX + 2] = { 0 };
	unsigned n;

	memset(name, 'n', most);
	ok(put(name, "long") && holds(name, "long"), "a name of %zu letters",
	   most);
	unlinkat(folder, name, 0);
	name[most] = 'n';
	n = files();
	errno = 0;
	ok(!put(name, "longer") && errno == ENAMETOOLONG && files() == n,
	   "one of one more: ENAMETOOLONG, and no file");
}

static void test_in_the_way(void)
{
	const unsigned n = files();

	ok(put("own", "kept") && linkat(folder, "own", folder, "b", 0) == 0 &&
	           put("b", "new") && holds("b", "new") && holds("own", "kept"),
	   "a link to another file: that keeps its bytes");
	unlinkat(folder, "b", 0);
	ok(symlinkat("own", folder, "b") == 0 && put("b", "newer") &&
	           holds("b", "newer") && holds("own", "kept"),
	   "a symbolic link: the same");
	unlinkat(folder, "b", 0);
	ok(mkfifoat(folder, "b", 0600) == 0 && put("b", "newest") &&
	           holds("b", "newest"),
	   "a pipe, whose other end nobody reads: it is not waited for");
	ok(mkdirat(folder, "c", 0700) == 0 && !put("c", "none"),
	   "a folder: refused");
	unlinkat(folder, "c", AT_REMOVEDIR);
	ok(files() == n + 2, "with nothing beside them");
}

/* ---- several who write at once */

enum { LEN = 1 << 16, ROUNDS = 200 };
static uint8_t letters[LEN];

/* Writes the same file again and again, all of one letter: 0 if that was done,
 * and was seen whole each time. */
static int write_often(char letter)
{
	struct assay_bytes data = { letters, LEN };
	struct buf got = { 0 };
	bool good = true;

	memset(letters, letter, LEN);
	for (int i = 0; i < ROUNDS && good; i++)
		good = file_put(folder, "d", data, 0600, false) &&
		       file_get(&got, folder, "d", LEN, false) &&
		       got.len == LEN &&
		       memcmp(got.ptr, got.ptr + 1, LEN - 1) == 0;
	buf_free(&got);
	return good ? 0 : 1;
}

static void test_at_once(void)
{
	const unsigned n = files();
	int status = -1, mine;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(write_often('a'));
	mine = write_often('b');
	ok(mine == 0 && waitpid(pid, &status, 0) == pid && status == 0,
	   "two processes write one file: it is always one's, whole");
	ok(files() == n + 1, "with nothing beside it");
}

static void test_no_room(void)
{
	const unsigned n = files();
	struct rlimit old;
	bool done_so;

	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &old) ||
	    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 2, old.rlim_max }))
		abort();
	errno = 0;
	done_so = put("b", "too long");
	ok(!done_so && errno == EFBIG, "no room for it: EFBIG");
	setrlimit(RLIMIT_FSIZE, &old);
	ok(holds("b", "newest") && files() == n,
	   "the file is as it was, with nothing beside it");
}

int main(void)
{
	if (!mkdtemp(dir))
		abort();
	folder = open(dir, O_RDONLY | O_DIRECTORY);
	test_put();
	test_long();
	test_in_the_way();
	test_at_once();
	test_no_room();
	close(folder);
	ok(folder_remove(AT_FDCWD, dir), "the folder is removed");
	return done();
}
