/* artefact.c - a file that is measured, however large. */
#include "cli/enclave.h"

#include "measure/sgxs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORGET_STEP = 4 << 20 }; /* bytes that are given back at once */

/* Streams alone are read front to back, and can be as long as an enclave has
 * pages. */
static bool is_long_stream(int fd, const struct stat *st)
{
	uint8_t head[8];

	return S_ISREG(st->st_mode) && st->st_size > CLI_ARTEFACT_MAX &&
	       st->st_size <= CLI_STREAM_MAX &&
	       pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	       assay_is_sgxs((struct assay_bytes){ head, sizeof(head) });
}

static bool map(struct cli_measured *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && is_long_stream(fd, &st))
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
		         0);
	close(fd);
	if (p == MAP_FAILED)
		return false;
	madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
	f->mapped = p;
	f->in = (struct assay_bytes){ p, (size_t)st.st_size };
	return true;
}

bool cli_measured_open(struct cli_measured *f, const char *path)
{
	*f = (struct cli_measured){ .mapped = NULL };
	if (strcmp(path, "-") != 0 && map(f, path))
		return true;
	f->heap = cli_artefact(&f->in, path);
	return f->heap != NULL;
}

/* No more was hashed than was read. */
void cli_measured_hashed(struct cli_measured *f, size_t n)
{
	f->hashed += n;
	if (!f->mapped || f->hashed - f->forgotten < 2 * FORGET_STEP)
		return;
	madvise(f->mapped + f->forgotten, FORGET_STEP, MADV_DONTNEED);
	f->forgotten += FORGET_STEP;
}

void cli_measured_close(struct cli_measured *f)
{
	free(f->heap);
	if (f->mapped)
		munmap(f->mapped, f->in.len);
}
