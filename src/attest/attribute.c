/* attribute.c - the attributes of an interface, by name. */
#include "attest/attest.h"

#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* No quote is shorter: a header, the smaller body, and signature data without
 * any certification data [DCAP 9.1]. */
enum { QUOTE_MIN = 1020 };

bool assay_attest_enter(struct attest *a, const char *dir)
{
	int n = snprintf(a->dir, sizeof(a->dir), "%s%s", a->root, dir);

	/* a name that is too long names nothing */
	a->absent = n < 0 || (size_t)n >= sizeof(a->dir);
	return !a->absent;
}

static int path_of(char path[PATH_MAX], const struct attest *a,
                   const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", a->dir, name);

	return n < 0 || n >= PATH_MAX ? ENAMETOOLONG : 0;
}

static int get(struct attest *a, uint8_t *out, size_t *len, size_t max,
               const char *name)
{
	char path[PATH_MAX];
	int why = path_of(path, a, name);

	*len = 0;
	if (why == 0)
		why = a->files->get(out, len, max, path);
	a->again = why == EINTR || why == EBUSY;
	a->absent = why == ENOENT || why == ENOTDIR;
	return why;
}

static bool unread(struct attest *a, const char *name, int why)
{
	return assay_fail(a->err, ASSAY_G_READ, ASSAY_DOC_NONE, 0, "%s: %s",
	                  name, strerror(why));
}

bool assay_attest_text(struct attest *a, char text[ATTEST_TEXT_MAX],
                       const char *name)
{
	size_t len = 0;
	int why = get(a, (uint8_t *)text, &len, ATTEST_TEXT_MAX - 1, name);

	if (why)
		return unread(a, name, why);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	text[len] = 0;
	return true;
}

bool assay_attest_put(struct attest *a, const char *name)
{
	char path[PATH_MAX];
	int why = path_of(path, a, name);

	if (why == 0)
		why = a->files->put(path, a->report_data, ATTEST_DATA_LEN);
	a->again = why == EINTR || why == EBUSY;
	return why == 0 || assay_fail(a->err, ASSAY_G_WRITE, ASSAY_DOC_NONE, 0,
	                              "%s: %s", name, strerror(why));
}

bool assay_attest_quote(struct attest *a, const char *name)
{
	struct assay_attestation *out = a->out;
	int why = get(a, out->quote, &out->len, sizeof(out->quote), name);

	if (why && why != EFBIG)
		return unread(a, name, why);
	if (why || out->len < QUOTE_MIN)
		return assay_fail(a->err, ASSAY_G_SIZE, ASSAY_DOC_QUOTE, 0,
		                  "%s has %s%zu bytes, want %d to %d", name,
		                  why ? "more than " : "", out->len, QUOTE_MIN,
		                  ASSAY_ATTEST_MAX);
	return true;
}
