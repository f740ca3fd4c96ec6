/* attest.c - which attester, how often, and whether its quote is the one that
 * was asked for. */
#include "attest/attest.h"

#include "base/err.h"

#include <assay/quote.h>

#include <string.h>
#include <time.h>

/* The first that is there is asked. */
static const struct attester *const attesters[] = {
	&assay_attester_gramine,
	&assay_attester_tsm,
};
enum { N_ATTESTERS = sizeof(attesters) / sizeof(attesters[0]) };

/* Where report data stands in a body [DCAP 1.2, 1.3]. */
enum { SGX_DATA_AT = 320, TD_DATA_AT = 520 };

static bool check_data(struct attest *a, const struct assay_quote *quote)
{
	bool sgx = quote->tee == ASSAY_TEE_SGX;
	const uint8_t *got = sgx ? quote->sgx.report_data
	                         : quote->td.report_data;

	/* of Gramine another thread may have asked meanwhile */
	a->again = memcmp(got, a->report_data, ATTEST_DATA_LEN) != 0;
	return !a->again ||
	       assay_fail(a->err, ASSAY_G_DATA, ASSAY_DOC_QUOTE,
	                  quote->body_at + (sgx ? SGX_DATA_AT : TD_DATA_AT),
	                  "the quote holds other report data");
}

/* The quote is well formed, and ours; what follows it is left out. */
static bool check_quote(struct attest *a)
{
	struct assay_attestation *out = a->out;
	struct assay_quote quote;

	if (!assay_quote_parse(&quote,
	                       (struct assay_bytes){ out->quote, out->len },
	                       false, a->err) ||
	    !check_data(a, &quote))
		return false;
	out->len = quote.whole.len;
	memset(out->quote + out->len, 0, sizeof(out->quote) - out->len);
	return true;
}

/* 10 ms, then twice as long each time. */
static void pause_before(unsigned try)
{
	const struct timespec time = { .tv_nsec = 5000000L << try };

	if (try > 0)
		nanosleep(&time, NULL);
}

static bool try_often(struct attest *a, const struct attester *attester)
{
	bool good = false;

	a->again = true;
	for (unsigned i = 0; !good && a->again && i < ATTEST_TRIES; i++) {
		pause_before(i);
		a->absent = a->again = false;
		good = attester->ask(a) && check_quote(a);
	}
	if (good)
		a->out->attester = attester->name;
	return good;
}

static bool try_each(struct attest *a)
{
	a->absent = true;
	for (size_t i = 0; a->absent && i < N_ATTESTERS; i++)
		if (try_often(a, attesters[i]))
			return true;
	return !a->absent ? false
	                  : assay_fail(a->err, ASSAY_G_NONE, ASSAY_DOC_NONE, 0,
	                               "neither %s/dev/attestation nor "
	                               "%s/sys/kernel/config/tsm/report",
	                               a->root, a->root);
}

bool assay_attest_with(struct assay_attestation *out,
                       const uint8_t *report_data, const char *root,
                       const struct attest_files *files, struct assay_err *err)
{
	/* what a try failed with is no failure if the next one holds */
	struct assay_err failed = { 0 };
	struct attest a = {
		.files = files,
		.root = root,
		.report_data = report_data,
		.out = out,
		.err = &failed,
	};

	memset(out, 0, sizeof(*out));
	if (try_each(&a))
		return true;
	memset(out, 0, sizeof(*out));
	if (err)
		*err = failed;
	return false;
}

bool assay_attest(struct assay_attestation *out, const uint8_t report_data[64],
                  const char *root, struct assay_err *err)
{
	return assay_attest_with(out, report_data, root, &assay_attest_files,
	                         err);
}
