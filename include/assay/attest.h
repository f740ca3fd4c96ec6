/* attest.h - a quote of the enclave or TD that this code runs in. */
#ifndef ASSAY_ATTEST_H
#define ASSAY_ATTEST_H

#include <assay/err.h>

#define ASSAY_ATTEST_MAX 16384

/* A quote, and where it comes from. */
struct assay_attestation {
	const char *attester; /* "gramine" or "tsm"; static */
	size_t len;
	uint8_t quote[ASSAY_ATTEST_MAX];
};

ASSAY_BEGIN

/*
 * assay_attest asks for a quote that holds `report_data`, by the first interface
 * that is there: /dev/attestation (Gramine; a simulated platform shows the same
 * files), or Linux' configfs-tsm in a TDX guest, which as a rule only root may
 * use.  The quote is well formed and holds that report data; whether it is
 * genuine is for others to judge.
 *
 * out          written whole on success, zeroed on failure
 * report_data  what the quote vouches for: a hash of keys and a nonce, as a rule
 * root         "", or a folder that stands in front of /dev and /sys
 * err          may be NULL
 *
 * What may pass (a busy interface, a signal, somebody else's request between
 * write and read) is tried again a few times, which takes less than a second.
 * May be called from several threads; under Gramine they can hinder each other,
 * but none gets another's quote.  Allocates nothing; needs some 20 KB of stack.
 *
 * Fails with ASSAY_G_NONE if there is no interface; else with any other G_ check
 * or, if what it gave is no quote, any that assay_quote_parse fails with.
 * Source: [DCAP 9.1, 9.3].
 */
ASSAY_MUST_CHECK bool assay_attest(struct assay_attestation *out,
                                   const uint8_t report_data[64],
                                   const char *root, struct assay_err *err);

ASSAY_END

#endif
