/* conclave_text.c - an attestation as R3's client prints it [CONCLAVE 1.7]. */
#include "format/eii.h"

#include "base/text.h"

#include <stdio.h>

enum {
	DAY = 24 * 60 * 60,
	INSTANT_TEXT = 48,
	KEY_TEXT = 2 * ASSAY_EII_SPKI_LEN + 1,
};

/* The proleptic Gregorian date of a day since 1970-01-01, which may be before:
 * counted in 400 years of 146097 days, from a first of March. */
static void date_of(int64_t day, int64_t *year, int *month, int *mday)
{
	int64_t z = day + 719468, era = (z - (z < 0 ? 146096 : 0)) / 146097;
	int64_t in_era = z - era * 146097;
	int64_t y =
		(in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) /
		365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
	int m = (int)((5 * in_year + 2) / 153);

	*mday = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month = m < 10 ? m + 3 : m - 9;
	*year = y + era * 400 + (*month <= 2);
}

/* As java.time's Instant: no fraction, or one of 3, 6 or 9 digits. */
static void print_instant(char out[INSTANT_TEXT], int64_t seconds,
                          uint32_t nanos)
{
	int64_t day = (seconds - (seconds < 0 ? DAY - 1 : 0)) / DAY, year;
	int rest = (int)(seconds - day * DAY), month, mday;
	char fraction[16] = "";

	if (nanos % 1000000 == 0)
		snprintf(fraction, sizeof(fraction), ".%03u", nanos / 1000000);
	else if (nanos % 1000 == 0)
		snprintf(fraction, sizeof(fraction), ".%06u", nanos / 1000);
	else
		snprintf(fraction, sizeof(fraction), ".%09u", nanos);
	date_of(day, &year, &month, &mday);
	snprintf(out, INSTANT_TEXT, "%s%04lld-%02d-%02dT%02d:%02d:%02d%sZ",
	         year > 9999 ? "+"
	         : year < 0  ? "-"
	                     : "",
	         (long long)(year < 0 ? -year : year), month, mday, rest / 3600,
	         rest / 60 % 60, rest % 60, nanos ? fraction : "");
}

static const char *mode_name(enum assay_conclave_mode mode)
{
	switch (mode) {
	case ASSAY_CONCLAVE_RELEASE:
		return "RELEASE";
	case ASSAY_CONCLAVE_DEBUG:
		return "DEBUG";
	case ASSAY_CONCLAVE_SIMULATION:
		return "SIMULATION";
	case ASSAY_CONCLAVE_MOCK:
		return "MOCK";
	case ASSAY_CONCLAVE_NONE:
		break;
	}
	return "";
}

static const char *hex(char out[KEY_TEXT], const uint8_t *p, size_t n)
{
	assay_hex_print(out, p, n, true);
	return out;
}

size_t assay_conclave_print(char *out, size_t out_len,
                            const struct assay_eii *eii,
                            const struct assay_conclave_info *info)
{
	const struct assay_sgx_report *r = &eii->report;
	char code[KEY_TEXT], signer[KEY_TEXT], signing[KEY_TEXT];
	char encryption[KEY_TEXT], instant[INSTANT_TEXT];
	int n;

	print_instant(instant, info->seconds, info->nanos);
	n = snprintf(out, out_len,
	             "Remote attestation for enclave %s:\n"
	             "  - Mode: %s\n"
	             "  - Code signer: %s\n"
	             "  - Session signing key: %s\n"
	             "  - Session encryption key: %s\n"
	             "  - Product ID: %u\n"
	             "  - Revocation level: %d\n"
	             "\n"
	             "Assessed security level at %s is %s\n"
	             "  - %s",
	             hex(code, r->mrenclave, sizeof(r->mrenclave)),
	             mode_name(eii->mode),
	             hex(signer, r->mrsigner, sizeof(r->mrsigner)),
	             hex(signing, eii->signing_key.ptr, ASSAY_EII_SPKI_LEN),
	             hex(encryption, eii->encryption_key.ptr,
	                 ASSAY_EII_KEY_LEN),
	             r->isv_prod_id, r->isv_svn - 1, instant,
	             assay_level_name(info->level), info->reason);
	return n > 0 ? (size_t)n : 0;
}
