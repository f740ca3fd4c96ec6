/* h_oom.c - memory of libcrypto's that fails when a test wants it to. */
#include "h_oom.h"

#include <openssl/crypto.h>
#include <stdlib.h>

long oom_left = -1;
bool oom_for_good, oom_failed;
size_t oom_n_failed;

static bool fails(void)
{
	if (oom_left < 0)
		return false;
	if (oom_left > 0) {
		oom_left--;
		return false;
	}
	oom_failed = true;
	oom_n_failed++;
	if (!oom_for_good)
		oom_left = -1;
	return true;
}

static void *take(size_t len, const char *file, int line)
{
	(void)file, (void)line;
	return len && !fails() ? malloc(len) : NULL;
}

static void *resize(void *p, size_t len, const char *file, int line)
{
	(void)file, (void)line;
	if (!len) {
		free(p);
		return NULL;
	}
	return fails() ? NULL : realloc(p, len);
}

static void drop(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

bool oom_begin(void)
{
	return CRYPTO_set_mem_functions(take, resize, drop) == 1;
}
