/* t_constraint.c - the one-line constraint: read, written, checked; periods. */
#include "policy/constraint.h"

#include "base/json.h"
#include "base/text.h"

#include "tap.h"

#define C1 "C61A8A03BCF842ABEEAEBC4F4E3C0BEEE54A6F8BD3987E310829FF5E7A9DAEDC"
#define S1 "360585776942A4E8A6BD70743E7C114A81F9E901BF90371D27D55A241C738AD9"
#define C2 "FC79D96B53408C0B6959EBEC290199C8EA3E06955A1BCB0B1CC794DBB487EEA3"
#define S2 "29ACD2E48D2948366CABAA7C241F309DDA5AFFC6DA4694AAD09793A54BEB783F"
#define C3 "58DE06EAAC631EA4466098C32558925700A5BFAC65870E47B51DBA86BD6CC1DA"
#define S3 "4924CA3A9C8241A3C0AA1A24A407AA86401D2B79FA9FF84932DA798A942166D4"
#define C4 "646F6419386BF4634FAF8AB6CA84AC6D379C0B517C513DFB2AF79AFD9F20AA6D"
#define S4 "0000000000000000000000000000000000000000000000000000000000000000"

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static int64_t time_of(const char *text)
{
	int64_t t;

	if (!assay_time_parse(&t, bytes(text)))
		abort();
	return t;
}

static bool parse(struct assay_constraint *c, const char *line,
                  struct assay_err *err)
{
	memset(err, 0, sizeof(*err));
	return assay_constraint_parse(c, bytes(line), err);
}

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* ---- R3's own results: vectors/conclave/vectors/constraint-vectors.json */

/* The four attestations that the vectors were checked against. */
static const struct {
	const char *file, *mrenclave, *mrsigner, *assessed;
	enum assay_level level;
} attestations[] = {
	{ "EnclaveInstanceInfo-DCAP-IceLake.ser", C1, S1,
	  "2021-05-31T20:33:22Z", ASSAY_LEVEL_SECURE },
	{ "EnclaveInstanceInfo-DCAP.ser", C2, S2, "2020-11-11T14:01:47Z",
	  ASSAY_LEVEL_INSECURE },
	{ "kds-doc-appAttestationReport.bin", C3, S3, "2022-01-27T15:13:03Z",
	  ASSAY_LEVEL_INSECURE },
	{ "40-mock.eii", C4, S4, "2020-09-13T12:26:40Z", ASSAY_LEVEL_INSECURE },
};

/* What R3 says first, and our rule for it. */
static const struct {
	const char *text, *rule;
} verdicts[] = {
	{ "OK", "" },
	{ "InvalidEnclaveException: Enclave code hash ", "constraint.C" },
	{ "InvalidEnclaveException: Enclave code signer ", "constraint.S" },
	{ "InvalidEnclaveException: Enclave does not match ", "constraint.C" },
	{ "InvalidEnclaveException: Enclave has a product ",
	  "constraint.PROD" },
	{ "InvalidEnclaveException: Enclave has a revocation ",
	  "constraint.REVOKE" },
	{ "InvalidEnclaveException: Enclave has a security ",
	  "constraint.SEC" },
	{ "InvalidEnclaveException: Enclave attestation data is out of date ",
	  "constraint.EXPIRE" },
};

static const char *rule_of(const char *text)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (strncmp(text, verdicts[i].text, strlen(verdicts[i].text)) ==
		    0)
			return verdicts[i].rule;
	return "?";
}

static const char *first_rule(const struct assay_constraint *c, size_t i)
{
	static struct assay_decision d;
	uint8_t mrenclave[32], mrsigner[32];
	struct assay_constraint_facts facts = {
		.mrenclave = mrenclave,
		.mrsigner = mrsigner,
		.prod = 1,
		.revocation = 0,
		.level = attestations[i].level,
		.timestamp = time_of(attestations[i].assessed),
		.now = time_of("2026-11-23T12:00:00Z"),
	};

	if (!assay_hex_parse(mrenclave, 32, bytes(attestations[i].mrenclave)) ||
	    !assay_hex_parse(mrsigner, 32, bytes(attestations[i].mrsigner)))
		abort();
	memset(&d, 0, sizeof(d));
	assay_constraint_check(&d, c, &facts);
	return d.n_refusals ? d.refusals[0].rule : "";
}

/* Every token of `a` is in `b`: R3 prints hashes in any order. */
static bool has_tokens(const char *a, const char *b)
{
	while (*a) {
		size_t n = strcspn(a, " ");
		const char *at = b;

		while (*at &&
		       (strncmp(at, a, n) != 0 || (at[n] && at[n] != ' '))) {
			at += strcspn(at, " ");
			at += *at == ' ';
		}
		if (!*at)
			return false;
		a += n;
		a += *a == ' ';
	}
	return true;
}

static void test_checks(struct assay_json *j, const struct assay_constraint *c,
                        const char *line)
{
	struct assay_json_str name;
	char text[1024];
	size_t n = 0, i;

	if (!assay_json_object(j))
		return;
	while (assay_json_member(j, &name)) {
		for (i = 0; i < 4; i++)
			if (assay_json_is(name, attestations[i].file))
				break;
		if (i == 4 || !assay_json_text(j, text, sizeof(text)))
			break;
		ok(strcmp(first_rule(c, i), rule_of(text)) == 0,
		   "%.90s on %s: %.40s", line, attestations[i].file, text);
		n++;
	}
	ok(n == 4, "%.90s: four checks", line);
}

static bool test_vector(struct assay_json *j)
{
	static struct assay_constraint c;
	struct assay_json_str name;
	struct assay_err err;
	char line[1024] = "", want[1024] = "", got[1024] = "";
	bool good = false, want_good = false;

	if (!assay_json_object(j))
		return false;
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "descriptor")) {
			if (!assay_json_text(j, line, sizeof(line)))
				return false;
			good = parse(&c, line, &err);
			ok(good ? !err.check
			        : err.check == ASSAY_A_CONSTRAINT &&
			                   is_zero(&c, sizeof(c)),
			   "'%.90s' %s", line, good ? "is read" : err.note);
		} else if (assay_json_is(name, "ok")) {
			if (!assay_json_bool(j, &want_good))
				return false;
			ok(good == want_good, "... as by R3");
		} else if (assay_json_is(name, "canonical")) {
			if (!assay_json_text(j, want, sizeof(want)))
				return false;
			assay_constraint_print(&c, got, sizeof(got));
			ok(strlen(got) == strlen(want) &&
			           has_tokens(got, want) &&
			           has_tokens(want, got),
			   "... prints %.90s", want);
			ok(strcmp(strstr(got, " S"), strstr(want, " S")) == 0 ||
			           c.signer.n > 1,
			   "... in that order");
		} else if (assay_json_is(name, "checks")) {
			test_checks(j, &c, line);
		}
	}
	return assay_json_ok(j);
}

static void test_vectors(void)
{
	const char *dir = vectors();
	struct assay_json j;
	struct assay_err err = { 0 };
	unsigned char *json;
	size_t len, n = 0;
	char path[4096];

	snprintf(path, sizeof(path),
	         "%s/conclave/vectors/constraint-vectors.json", dir ? dir : "");
	json = dir ? slurp(path, &len) : NULL;
	if (!json) {
		skip("no vectors", "R3's 54 constraints");
		return;
	}
	assay_json_open(&j, (struct assay_bytes){ json, len },
	                ASSAY_DOC_CONSTRAINT);
	assay_json_array(&j);
	while (assay_json_element(&j) && test_vector(&j))
		n++;
	ok(assay_json_close(&j, &err) && n == 54, "54 vectors were read %s",
	   err.note);
	free(json);
}

/* ---- lines of our own */

/* clang-format off */
static const struct {
	const char *line;
	const char *want;   /* the canonical form, or NULL: refused */
	size_t at;          /* the byte that the error names */
} lines[] = {
	{ "C:" C1, "C:" C1 " SEC:STALE", 0 },
	{ "S:" S1 " PROD:7 C:" C1 " REVOKE:2 EXPIRE:P30D SEC:SECURE", "C:" C1 " S:" S1 " PROD:7 REVOKE:2 EXPIRE:P30D SEC:SECURE", 0 },
	{ "C:" C2 " C:" C1 " C:" C2, "C:" C2 " C:" C1 " SEC:STALE", 0 },
	{ "C:" C1 " REVOKE:2147483647", "C:" C1 " REVOKE:2147483647 SEC:STALE", 0 },
	{ "C:" C1 " REVOKE:-0", "C:" C1 " REVOKE:0 SEC:STALE", 0 },
	{ "C:" C1 " EXPIRE:P0D", "C:" C1 " EXPIRE:P0D SEC:STALE", 0 },
	{ "C:" C1 " EXPIRE:-P1Y-2M+3W-4D", "C:" C1 " EXPIRE:P-1Y2M-17D SEC:STALE", 0 },
	{ "C:" C1 " EXPIRE:+p1m", "C:" C1 " EXPIRE:P1M SEC:STALE", 0 },
	{ "C:" C1 " EXPIRE:P-2147483648D", "C:" C1 " EXPIRE:P-2147483648D SEC:STALE", 0 },
	{ "C:" C1 " EXPIRE:P306783378W1D", "C:" C1 " EXPIRE:P2147483647D SEC:STALE", 0 },
	{ "C:" C1 " REVOKE:2147483648", NULL, 74 },
	{ "C:" C1 " REVOKE:99999999999999999999999", NULL, 74 },
	{ "C:" C1 " REVOKE:", NULL, 74 },
	{ "C:" C1 " REVOKE:+", NULL, 74 },
	{ "C:" C1 " REVOKE:1 REVOKE:1", NULL, 83 },
	{ "C:" C1 " REVOKE:1x", NULL, 74 },
	{ "C:" C1 " EXPIRE:P1D EXPIRE:P1D", NULL, 85 },
	{ "C:" C1 " SEC:STALE SEC:STALE", NULL, 81 },
	{ "C:" C1 " SEC:", NULL, 71 },
	{ "C:" C1 " SEC:STAL", NULL, 71 },
	{ "C:" C1 " SEC:STALER", NULL, 71 },
	{ "C:" C1 " EXPIRE:P", NULL, 74 },
	{ "C:" C1 " EXPIRE:1D", NULL, 74 },
	{ "C:" C1 " EXPIRE:P1", NULL, 74 },
	{ "C:" C1 " EXPIRE:PD", NULL, 74 },
	{ "C:" C1 " EXPIRE:P1D1M", NULL, 74 },
	{ "C:" C1 " EXPIRE:P1D1D", NULL, 74 },
	{ "C:" C1 " EXPIRE:P1DT1H", NULL, 74 },
	{ "C:" C1 " EXPIRE:P1.5D", NULL, 74 },
	{ "C:" C1 " EXPIRE:--P1D", NULL, 74 },
	{ "C:" C1 " EXPIRE:P2147483648D", NULL, 74 },
	{ "C:" C1 " EXPIRE:-P-2147483648D", NULL, 74 },
	{ "C:" C1 " EXPIRE:P306783379W", NULL, 74 },
	{ "C:" C1 " EXPIRE:P306783378W2D", NULL, 74 },
	{ "C:" C1 " c:" C1, NULL, 67 },
	{ "C:" C1 " PRODUCT:1", NULL, 67 },
	{ "C:" C1 "\n", NULL, 2 },
	{ "C:" C1 ":", NULL, 0 },
	{ "C:" C1 " S", NULL, 67 },
	{ "C:" C1 "0", NULL, 2 },
	{ "S:" S1 " REVOKE:1", NULL, 0 },
};
/* clang-format on */

static void test_lines(void)
{
	static struct assay_constraint c, again;
	struct assay_err err;
	char out[1024];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		bool good = parse(&c, lines[i].line, &err);

		if (!lines[i].want) {
			ok(!good && err.check == ASSAY_A_CONSTRAINT &&
			           err.doc == ASSAY_DOC_CONSTRAINT &&
			           err.at == lines[i].at && err.note[0] &&
			           is_zero(&c, sizeof(c)),
			   "refused: %s (%zu: %s)", lines[i].line, err.at,
			   err.note);
			continue;
		}
		if (!ok(good, "read: %s %s", lines[i].line, err.note))
			continue;
		ok(assay_constraint_print(&c, out, sizeof(out)) ==
		                   strlen(lines[i].want) &&
		           strcmp(out, lines[i].want) == 0,
		   "... prints %s", out);
		ok(parse(&again, out, &err) && !memcmp(&c, &again, sizeof(c)),
		   "... and is read again as the same");
	}
	ok(parse(&c, lines[1].line, &err) &&
	           assay_constraint_print(&c, out, 20) ==
	                   strlen(lines[1].want) &&
	           strlen(out) == 19 && !strncmp(out, lines[1].want, 19),
	   "printing cuts as snprintf does");
	ok(assay_constraint_print(&c, NULL, 0) == strlen(lines[1].want),
	   "printing into nothing tells the length");
	ok(!parse(&c, "C:x", &err) &&
	           !assay_constraint_parse(&c, bytes("C:x"), NULL),
	   "err may be NULL");
	ok(assay_constraint_size() == sizeof(c), "its size is told");
}

static void test_limit(void)
{
	static struct assay_constraint c;
	static char line[66 * 67 + 1];
	struct assay_err err;
	size_t len = 0;

	for (unsigned i = 0; i < 65; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len,
		                        "C:%064x ", i);
	line[64 * 67] = '\0';
	ok(parse(&c, line, &err) && c.code.n == 64, "64 hashes");
	line[64 * 67] = 'C';
	ok(!parse(&c, line, &err) && err.at == 64 * 67 + 2 &&
	           is_zero(&c, sizeof(c)),
	   "65 hashes: %s", err.note);
}

/* ---- facts that are not there, and all that says no */

static void test_facts(void)
{
	static struct assay_constraint c, zero;
	static struct assay_decision d;
	static const uint8_t zeros[32];
	struct assay_constraint_facts facts = {
		.prod = -1,
		.revocation = -1,
		.level = ASSAY_LEVEL_SECURE,
		.timestamp = 1000,
		.now = 1000,
	};
	struct assay_err err;

	ok(parse(&c, "C:" S4 " S:" S4 " PROD:0 REVOKE:0 EXPIRE:P0D", &err),
	   "a constraint of zeros");
	assay_constraint_check(&d, &c, &facts);
	ok(d.n_refusals == 4 && !strcmp(d.refusals[0].rule, "constraint.C") &&
	           !strcmp(d.refusals[1].rule, "constraint.PROD") &&
	           !strcmp(d.refusals[2].rule, "constraint.REVOKE") &&
	           !strcmp(d.refusals[3].rule, "constraint.EXPIRE"),
	   "facts that are not there match no zeros; all rules are named");

	facts.mrenclave = facts.mrsigner = zeros;
	facts.prod = facts.revocation = 0;
	facts.timestamp = 1001;
	memset(&d, 0, sizeof(d));
	assay_constraint_check(&d, &c, &facts);
	ok(d.n_refusals == 0, "facts that are zero do");

	memset(&d, 0, sizeof(d));
	assay_constraint_check(&d, &zero, &facts);
	ok(d.n_refusals > 0 && !strcmp(d.refusals[0].rule, "constraint.C"),
	   "a constraint of zeroed memory accepts nothing");

	ok(parse(&c, "C:" S4 S4, &err), "a SHA-512 hash of zeros");
	memset(&d, 0, sizeof(d));
	assay_constraint_check(&d, &c, &facts);
	ok(d.n_refusals == 1 && !strcmp(d.refusals[0].rule, "constraint.C"),
	   "it matches nothing");
}

/* ---- periods, as java.time takes them off */

static const struct {
	const char *now;
	struct assay_period period;
	const char *want;
} periods[] = {
	{ "2026-11-23T12:00:00Z", { 0, 0, 0 }, "2026-11-23T12:00:00Z" },
	{ "2026-11-23T12:00:00Z", { 0, 0, 1 }, "2026-11-22T12:00:00Z" },
	{ "2026-11-23T12:00:00Z", { 0, 0, -1 }, "2026-11-24T12:00:00Z" },
	{ "2026-11-23T12:00:00Z", { 1, 2, 3 }, "2025-09-20T12:00:00Z" },
	{ "2026-11-23T12:00:00Z", { 0, 11, 0 }, "2025-12-23T12:00:00Z" },
	{ "2026-11-23T12:00:00Z", { 0, -2, 0 }, "2027-01-23T12:00:00Z" },
	{ "2024-03-31T23:59:59Z", { 0, 1, 0 }, "2024-02-29T23:59:59Z" },
	{ "2023-03-31T00:00:00Z", { 0, 1, 0 }, "2023-02-28T00:00:00Z" },
	{ "2024-02-29T00:00:00Z", { 1, 0, 0 }, "2023-02-28T00:00:00Z" },
	{ "2024-02-29T00:00:00Z", { 4, 0, 0 }, "2020-02-29T00:00:00Z" },
	{ "2104-02-29T00:00:00Z", { 4, 0, 0 }, "2100-02-28T00:00:00Z" },
	{ "2024-05-31T00:00:00Z", { 0, 1, 1 }, "2024-04-29T00:00:00Z" },
	{ "2024-12-31T00:00:00Z", { 1, -12, 0 }, "2024-12-31T00:00:00Z" },
	{ "2024-12-31T00:00:00Z", { 0, 0, 366 }, "2023-12-31T00:00:00Z" },
	{ "2000-03-01T00:00:00Z", { 0, 0, 1 }, "2000-02-29T00:00:00Z" },
	{ "9999-12-31T00:00:00Z", { 8029, 0, 0 }, "1970-12-31T00:00:00Z" },
};

static void test_periods(void)
{
	static const int32_t ends[] = { INT32_MIN, -1, 0, 1, INT32_MAX };
	static const int64_t times[] = { INT64_MIN, -1, 0, 1, INT64_MAX };
	char text[ASSAY_PERIOD_TEXT];
	size_t right = 0;

	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		int64_t now = time_of(periods[i].now);
		int64_t want = time_of(periods[i].want);

		ok(!assay_period_before(now, periods[i].period, want) &&
		           assay_period_before(now, periods[i].period,
		                               want + 1),
		   "%s less %s is %s", periods[i].now,
		   assay_period_text(text, periods[i].period), periods[i].want);
	}
	/* 400 years are so many days, wherever they begin */
	ok(assay_period_before(0, (struct assay_period){ 400, 0, -146097 },
	                       1) &&
	           !assay_period_before(
			   0, (struct assay_period){ 400, 0, -146097 }, 0),
	   "400 years are 146097 days");
	/* with periods of this size the years decide */
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 5; k++) {
			struct assay_period p = { ends[i], ends[k], ends[k] };
			bool before = assay_period_before(0, p, 0);
			int64_t sign = (int64_t)ends[i] * 365 +
			               (int64_t)ends[k] * 31;

			right += before == (sign > 0);
		}
	ok(right == 25, "the largest periods there are, %zu of 25", right);
	right = 0;
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 5; k++)
			right += assay_period_before(
					 times[i],
					 (struct assay_period){ 0, 0, 0 },
					 times[k]) == (times[i] < times[k]);
	ok(right == 25, "the largest times there are, %zu of 25", right);
}

int main(void)
{
	test_vectors();
	test_lines();
	test_limit();
	test_facts();
	test_periods();
	return done();
}
