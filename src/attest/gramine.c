/* gramine.c - Gramine's /dev/attestation, which simulated platforms show too
 * [DCAP 9.3]. */
#include "attest/attest.h"

#include "base/err.h"

#include <string.h>

static bool check_type(struct attest *a)
{
	char type[ATTEST_TEXT_MAX];

	if (!assay_attest_text(a, type, "attestation_type"))
		return false;
	return strcmp(type, "dcap") == 0 ||
	       assay_fail(a->err, ASSAY_G_TYPE, ASSAY_DOC_NONE, 0,
	                  "attestation_type is \"%s\", want \"dcap\"", type);
}

/* The report data is written even if it is the same as before: the file is the
 * whole enclave's, and holds whatever was asked last. */
static bool ask(struct attest *a)
{
	bool good;

	if (!assay_attest_enter(a, "/dev/attestation") || !check_type(a))
		return false;
	good = assay_attest_put(a, "user_report_data") &&
	       assay_attest_quote(a, "quote");
	/* it was there a moment ago; and what went wrong cannot be told, for every
	 * failure reads as EACCES: it may pass */
	a->absent = false;
	a->again = !good;
	return good;
}

const struct attester assay_attester_gramine = { "gramine", ask };
