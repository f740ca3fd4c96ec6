/* value.c - what options are given: numbers, bytes in hex. */
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool cli_number(uint64_t *n, const char *text, uint64_t max)
{
	char *end;

	errno = 0;
	*n = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && errno == 0 && *n <= max;
}

bool cli_take_number(uint64_t *n, const struct cli_verb *verb,
                     const char *option, const char *text, uint64_t least,
                     uint64_t most)
{
	uint64_t got;

	if (!text)
		return true;
	if (cli_number(&got, text, most) && got >= least) {
		*n = got;
		return true;
	}
	cli_usage(verb, "%s: got %s, want a whole number from %llu to %llu",
	          option, text, (unsigned long long)least,
	          (unsigned long long)most);
	return false;
}

bool cli_take_hex(uint8_t *out, size_t *n, size_t most,
                  const struct cli_verb *verb, const char *option,
                  const char *text)
{
	const struct assay_bytes in = { (const uint8_t *)text, strlen(text) };

	*n = in.len / 2;
	if (*n > 0 && *n <= most && assay_hex_parse(out, *n, in))
		return true;
	*n = 0;
	cli_usage(verb, "%s: want 1 to %zu bytes in hex", option, most);
	return false;
}
