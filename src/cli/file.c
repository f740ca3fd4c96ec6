/* file.c - files in and out. */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_READ = 16 << 10 };

/* Reads on to the end, but at most `most` bytes in all. */
static bool read_all(uint8_t **ptr, size_t *len, int fd, size_t expected,
                     size_t most)
{
	size_t want = expected < FIRST_READ ? FIRST_READ : expected + 1;
	size_t cap = 0;

	while (*len < most) {
		ssize_t got;

		if (*len == cap) {
			size_t next = cap ? 2 * cap : want;
			uint8_t *p;

			cap = next < most ? next : most;
			p = realloc(*ptr, cap);
			if (!p)
				return false;
			*ptr = p;
		}
		got = read(fd, *ptr + *len, cap - *len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	return true;
}

bool cli_read(uint8_t **ptr, size_t *len, const char *path)
{
	return cli_read_max(ptr, len, path, ASSAY_EVIDENCE_MAX);
}

bool cli_read_max(uint8_t **ptr, size_t *len, const char *path, size_t max)
{
	bool is_stdin = strcmp(path, "-") == 0, good;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int why;

	*ptr = NULL;
	*len = 0;
	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || st.st_size < 0)
		st.st_size = 0;
	good = read_all(ptr, len, fd, (size_t)st.st_size, max + 1);
	why = errno;
	if (!is_stdin)
		close(fd);
	if (!good) {
		free(*ptr);
		*ptr = NULL;
		*len = 0;
	}
	errno = why;
	return good;
}

/* Closes it in any case; keeps the first errno. */
static bool close_written(int fd, bool good)
{
	int why = errno;

	if (close(fd) == 0 && good)
		return true;
	if (!good)
		errno = why;
	return false;
}

/* A device or a pipe is written into, never replaced; a link is followed. */
static bool write_into(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	return fd >= 0 && close_written(fd, cli_write_all(fd, text, len));
}

static bool write_new(const char *path, const char *text, size_t len)
{
	size_t n = strlen(path) + 8;
	char *temp = cli_alloc(n, 1);
	bool good = false;
	mode_t mask = umask(0);
	int fd, why;

	umask(mask);
	snprintf(temp, n, "%s.XXXXXX", path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd >= 0) {
		good = close_written(fd,
		                     cli_write_all(fd, text, len) &&
		                             fchmod(fd, 0666 & ~mask) == 0) &&
		       rename(temp, path) == 0;
		why = errno;
		if (!good)
			unlink(temp);
		errno = why;
	}
	free(temp);
	return good;
}

bool cli_write(const char *path, const char *text, size_t len)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return cli_write_all(STDOUT_FILENO, text, len);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_into(path, text, len);
	return write_new(path, text, len);
}

bool cli_is_folder(const char *path)
{
	struct stat st;

	/* "-" is stdin, whatever else has that name */
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode);
}

void cli_list_add(struct cli_list *list, const char *item)
{
	/* grown at every power of two */
	if ((list->n & (list->n - 1)) == 0) {
		size_t cap = list->n ? 2 * list->n : 1;
		const char **grown = cli_alloc(cap, sizeof(*grown));

		if (list->n)
			memcpy(grown, list->item, list->n * sizeof(*grown));
		free(list->item);
		list->item = grown;
	}
	list->item[list->n++] = item;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool cli_folder(struct cli_list *list, const char *path)
{
	DIR *dir = opendir(path);
	size_t before = list->n, path_len = strlen(path);
	const char *slash = path_len && path[path_len - 1] == '/' ? "" : "/";
	const struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		size_t n = path_len + strlen(entry->d_name) + 2;
		char *name = cli_alloc(n, 1);
		struct stat st;

		snprintf(name, n, "%s%s%s", path, slash, entry->d_name);
		if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
			cli_list_add(list, name);
		else
			free(name);
	}
	closedir(dir);
	if (list->n > before)
		qsort(list->item + before, list->n - before,
		      sizeof(*list->item), by_name);
	return true;
}

/* What lies beside evidence and is none: the manufacturer's documents, and what
 * assay sim sample writes with them. */
static bool is_beside(const char *name)
{
	return assay_part_of(name) != ASSAY_PART_NONE ||
	       strcmp(name, "root.pem") == 0 ||
	       strcmp(name, "policy.json") == 0 ||
	       strcmp(name, "event_log.bin") == 0;
}

static bool add_folder(struct cli_list *files, const char *path)
{
	struct cli_list all = { 0 };
	size_t before = files->n;

	if (!cli_folder(&all, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	for (size_t i = 0; i < all.n; i++)
		if (!is_beside(cli_base_name(all.item[i])))
			cli_list_add(files, all.item[i]);
	free(all.item);
	if (files->n == before)
		cli_warn("%s: the folder holds no evidence", path);
	return files->n > before;
}

bool cli_files(struct cli_list *files, const struct cli_list *operands)
{
	for (size_t i = 0; i < operands->n; i++) {
		const char *path = operands->item[i];

		if (!cli_is_folder(path))
			cli_list_add(files, path);
		else if (!add_folder(files, path))
			return false;
	}
	return true;
}

const char *cli_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct assay_scratch cli_scratch(size_t n)
{
	struct assay_scratch scratch = { .ptr = malloc(n ? n : 1), .len = n };

	if (!scratch.ptr)
		scratch.len = 0; /* whoever decodes says so */
	return scratch;
}
