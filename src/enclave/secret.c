/* secret.c - memory for secrets [SGX 6]. */
#include "enclave/secret.h"

#include "crypto/crypto.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NR_MEMFD_SECRET = 447, RIGHTS = PROT_READ | PROT_WRITE };

/* The descriptor goes at once: who has it has the memory. */
static void *map_secret(size_t len)
{
	int fd = (int)syscall(NR_MEMFD_SECRET, 0);
	void *p = MAP_FAILED;

	if (fd < 0)
		return p;
	if (ftruncate(fd, (off_t)len) == 0)
		p = mmap(NULL, len, RIGHTS, MAP_SHARED, fd, 0);
	close(fd);
	return p;
}

void *assay_secret_new(size_t len, enum assay_secret_kind *kind)
{
	void *p = map_secret(len);

	*kind = ASSAY_SECRET_MEMFD;
	if (p != MAP_FAILED)
		return p;
	*kind = ASSAY_SECRET_PLAIN;
	p = mmap(NULL, len, RIGHTS, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, len, MADV_DONTDUMP) == 0 && mlock(p, len) == 0)
		*kind = ASSAY_SECRET_LOCKED;
	return p;
}

void assay_secret_free(void *p, size_t len)
{
	if (!p)
		return;
	assay_wipe(p, len);
	munmap(p, len);
}
