/* fuzz_sigstruct.c - SIGSTRUCT: what is claimed is written as it was read; what
 * is signed cannot be changed; a failure leaves nothing. */
#include "measure/sigstruct.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static void check_failure(const struct assay_sigstruct *s,
                          const struct assay_err *err, enum assay_check last)
{
	must(is_zero(s, sizeof(*s)));
	must(err->check >= ASSAY_S_LEN && err->check <= last);
	must(err->doc == ASSAY_DOC_SIGSTRUCT && err->at < ASSAY_SIGSTRUCT_LEN &&
	     err->note[0]);
}

/* The signature is where it was, for the fields that were read: joined, it
 * makes the same bytes. */
static void check_signed(const struct assay_sigstruct *s, const uint8_t *data)
{
	uint8_t modulus[ASSAY_RSA3_LEN], sig[ASSAY_RSA3_LEN];
	uint8_t again[ASSAY_SIGSTRUCT_LEN];
	struct assay_sigstruct other = *s;

	memcpy(modulus, data + 128, sizeof(modulus));
	memcpy(sig, data + 516, sizeof(sig));
	must(assay_sigstruct_join(again, s, modulus, sig, NULL));
	must(memcmp(again, data, sizeof(again)) == 0);
	other.isv_svn ^= 1;
	must(!assay_sigstruct_join(again, &other, modulus, sig, NULL));
	must(is_zero(again, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_sigstruct claims, read;
	struct assay_err err = { 0 };
	uint8_t signs[ASSAY_SIGNDATA_LEN];

	memset(&claims, 0xee, sizeof(claims));
	memset(&read, 0xee, sizeof(read));
	if (!assay_sigstruct_claims(&claims, in, &err)) {
		check_failure(&claims, &err, ASSAY_S_MODULUS);
		must(!assay_sigstruct_read(&read, in, NULL));
		must(is_zero(&read, sizeof(read)));
		return 0;
	}
	assay_sigstruct_data(signs, &claims);
	must(memcmp(signs, data, 128) == 0);
	must(memcmp(signs + 128, data + 900, 128) == 0);
	/* what it demands, it allows */
	must(assay_sigstruct_allows(&claims, claims.flags, claims.xfrm,
	                            claims.misc_select, &err) ||
	     err.check == ASSAY_S_KSS);
	if (assay_sigstruct_read(&read, in, &err)) {
		must(memcmp(&read, &claims, sizeof(read)) == 0);
		check_signed(&read, data);
	} else {
		check_failure(&read, &err, ASSAY_S_Q2);
	}
	return 0;
}
