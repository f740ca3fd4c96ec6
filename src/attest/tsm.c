/* tsm.c - configfs-tsm: a folder is made, report data written into it, a quote
 * read from it [DCAP 9.1]. */
#include "attest/attest.h"

#include "base/err.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool check_provider(struct attest *a)
{
	char name[ATTEST_TEXT_MAX];

	if (!assay_attest_text(a, name, "provider"))
		return false;
	return strcmp(name, "tdx_guest") == 0 ||
	       assay_fail(a->err, ASSAY_G_PROVIDER, ASSAY_DOC_NONE, 0,
	                  "the provider is \"%s\", want \"tdx_guest\"", name);
}

/* The counter of what was written; nonsense is no number that anything is
 * compared with successfully. */
static bool read_generation(struct attest *a, uint64_t *generation)
{
	char text[ATTEST_TEXT_MAX];
	const char *p = text;

	*generation = 0;
	if (!assay_attest_text(a, text, "generation"))
		return false;
	while (*p >= '0' && *p <= '9')
		*generation = *generation * 10 + (uint64_t)(*p++ - '0');
	return true;
}

/* Nobody else has written, and what we wrote was taken: the driver gets it when
 * the file is closed, and this counter alone says what became of it. */
static bool check_generation(struct attest *a, uint64_t want)
{
	uint64_t got;

	if (!read_generation(a, &got))
		return false;
	a->again = got != want;
	return got == want ||
	       assay_fail(a->err, ASSAY_G_GENERATION, ASSAY_DOC_NONE, 0,
	                  "generation is %" PRIu64 ", want %" PRIu64, got,
	                  want);
}

static bool ask_entry(struct attest *a)
{
	uint64_t before;

	return check_provider(a) && read_generation(a, &before) &&
	       assay_attest_put(a, "inblob") &&
	       check_generation(a, before + 1) &&
	       assay_attest_quote(a, "outblob") &&
	       check_generation(a, before + 1);
}

static bool make_entry(struct attest *a)
{
	int why;

	if (!assay_attest_enter(a,
	                        "/sys/kernel/config/tsm/report/assay-XXXXXX"))
		return false;
	why = a->files->make(a->dir);
	a->again = why == EINTR || why == EBUSY;
	a->absent = why == ENOENT || why == ENOTDIR;
	return why == 0 || assay_fail(a->err, ASSAY_G_ENTRY, ASSAY_DOC_NONE, 0,
	                              "%s: %s", a->dir, strerror(why));
}

/* Each try has an entry of its own, which nobody else has a reason to touch, and
 * leaves none behind. */
static bool ask(struct attest *a)
{
	bool good;

	if (!make_entry(a))
		return false;
	good = ask_entry(a);
	a->files->remove(a->dir);
	/* it was there a moment ago */
	a->absent = false;
	return good;
}

const struct attester assay_attester_tsm = { "tsm", ask };
