/* fuzz_service.c - words of requests to the service: scopes that are read are some
 * of the four, and read again from their bits alone; a name that is taken can stand
 * in a path. */
#include "service/inner.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void test_scopes(const char *text)
{
	static const char *const names[] = { "verify", "read", "keys",
		                             "admin" };
	unsigned scopes = 0, said = 0;

	if (!service_scopes_read(&scopes, text))
		return;
	must(scopes && scopes < 2 * SERVICE_ADMIN);
	for (unsigned i = 0; i < 4; i++)
		said |= strstr(text, names[i]) ? 1u << i : 0;
	must(scopes == said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	must(text != NULL);
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	test_scopes(text);
	if (service_is_name(text))
		must(text[0] != '.' && !strpbrk(text, "/%?\\ \n") &&
		     strlen(text) <= STORE_NAME_MAX);
	free(text);
	return 0;
}
