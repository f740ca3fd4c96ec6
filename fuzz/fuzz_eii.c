/* fuzz_eii.c - Conclave's attestations: what is refused leaves zeros and names a
 * byte; what is read strictly is read by the lax as the same, and written as it
 * was; whatever it says, without a verdict it is worth nothing. */
#include "crypto/crypto.h"

#include <assay/conclave.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { KEYS_AT = 3 + 4, MOCK_LEN = 489, DATA_AT = 92 + 12 + 320 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static void check_written(const struct assay_eii *e, struct assay_bytes in)
{
	uint8_t *out = malloc(in.len);

	must(out && assay_eii_write(out, in.len, e) == in.len &&
	     memcmp(out, in.ptr, in.len) == 0);
	free(out);
}

static void read_both(struct assay_bytes in)
{
	static struct assay_conclave_info info;
	static char text[ASSAY_CONCLAVE_TEXT];
	struct assay_eii strict, lax;
	struct assay_err err = { 0 };
	bool good = assay_eii_parse(&strict, in, ASSAY_CONCLAVE_STRICT, &err);
	bool lax_good = assay_eii_parse(&lax, in, ASSAY_CONCLAVE_COMPAT, NULL);

	must(good || (err.check && err.at <= in.len && err.note[0] &&
	              is_zero(&strict, sizeof(strict))));
	must(lax_good || is_zero(&lax, sizeof(lax)));
	must(!good ||
	     (lax_good && strict.mode == lax.mode &&
	      memcmp(&strict.report, &lax.report, sizeof(lax.report)) == 0));
	if (good)
		check_written(&strict, in);
	if (!lax_good)
		return;
	assay_conclave_grade(&info, &lax, NULL, NULL, ASSAY_CONCLAVE_COMPAT);
	must(info.level == ASSAY_LEVEL_INSECURE);
	must(assay_conclave_print(text, sizeof(text), &lax, &info) ==
	     strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	uint8_t *bound;

	read_both(in);
	if (len < MOCK_LEN)
		return 0;
	/* the same with report data that fit the keys */
	bound = malloc(len);
	must(bound != NULL);
	memcpy(bound, data, len);
	assay_sha512_parts(bound + DATA_AT,
	                   (const struct assay_bytes[]){
				   { bound + KEYS_AT, 44 },
				   { bound + KEYS_AT + 44 + 4, 32 } },
	                   2);
	read_both((struct assay_bytes){ bound, len });
	free(bound);
	return 0;
}
