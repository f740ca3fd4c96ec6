/* memory.c - the program's memory. */
#include "cli/cli.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	JUDGEMENT = 200 << 10, /* bytes that one judgement touches */
	LARGE = 1 << 20,       /* less than this stays in the heap */
};

void cli_out_of_memory(void)
{
	cli_warn("out of memory");
	_exit(CLI_TROUBLE);
}

void *cli_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		cli_out_of_memory();
	return p;
}

void cli_expect_judgement(void)
{
	const uintptr_t page = 4096;
	char *p;

	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, LARGE);
	p = malloc(JUDGEMENT);
	/* Linux before 5.14 cannot, and then nothing is lost but the time */
	if (p)
		madvise(p - ((uintptr_t)p & (page - 1)), JUDGEMENT,
		        MADV_POPULATE_WRITE);
	free(p);
}
