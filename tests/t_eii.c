/* t_eii.c - Conclave's attestations: read and written to the byte, graded and
 * printed as R3's client does, and every cut and every flipped byte. */
#include "base/json.h"
#include "base/rd.h"
#include "crypto/crypto.h"
#include "h_vectors.h"
#include "tap.h"

#include <string.h>

#define STRICT ASSAY_CONCLAVE_STRICT
#define COMPAT ASSAY_CONCLAVE_COMPAT

enum {
	MOCK_LEN = 489,
	BODY_AT = 3 + 4 + 44 + 4 + 32 + 1 + 4,
	REPORT_AT = BODY_AT + 12,
	SVN_AT = REPORT_AT + 258,
	DATA_AT = REPORT_AT + 320,
	/* of a real one: keys, quote, signatures, the quoting enclave's report */
	SIGNED_END = BODY_AT + 436 + 600,
};

static struct assay_trust *trust;

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static int64_t time_of(const char *text)
{
	int64_t t = 0;

	if (!assay_time_parse(&t, bytes(text)))
		abort();
	return t;
}

/* ---- one attestation, all the way */

struct graded {
	struct assay_eii eii;
	struct assay_err err;
	bool read, judged;
	struct assay_evidence evidence;
	struct assay_verdict verdict;
	struct assay_conclave_info info;
	char text[ASSAY_CONCLAVE_TEXT];
};

static void judge(struct graded *g, struct assay_bytes in, int64_t now,
                  enum assay_conclave_rules rules)
{
	struct assay_scratch scratch = { .len = in.len };
	struct assay_terms terms = { .now = now };

	scratch.ptr = malloc(in.len + 1);
	if (!scratch.ptr)
		abort();
	if (rules == COMPAT)
		assay_conclave_terms(&terms);
	g->judged = assay_eii_evidence(&g->evidence, &g->eii, &scratch, rules,
	                               &g->err);
	if (g->judged) {
		if (!assay_verify_evidence(&g->verdict, trust, NULL,
		                           &g->evidence, NULL,
		                           assay_intel_root_key, &terms))
			g->err = g->verdict.failed;
		assay_conclave_grade(&g->info, &g->eii, &g->evidence,
		                     &g->verdict, rules);
	}
	free(scratch.ptr);
}

static struct graded *grade(struct assay_bytes in, int64_t now,
                            enum assay_conclave_rules rules)
{
	static struct graded g;

	memset(&g, 0, sizeof(g));
	g.read = assay_eii_parse(&g.eii, in, rules, &g.err);
	if (!g.read)
		return &g;
	if (g.eii.quote.len)
		judge(&g, in, now, rules);
	else
		assay_conclave_grade(&g.info, &g.eii, NULL, NULL, rules);
	assay_conclave_print(g.text, sizeof(g.text), &g.eii, &g.info);
	return &g;
}

static bool writes(const struct assay_eii *eii, struct assay_bytes want)
{
	uint8_t *out = malloc(want.len + 1);
	size_t len;
	bool same;

	if (!out)
		abort();
	memset(out, 0xa5, want.len + 1);
	len = assay_eii_write(out, want.len, eii);
	same = len == want.len && memcmp(out, want.ptr, len) == 0 &&
	       out[len] == 0xa5;
	free(out);
	return same;
}

/* ---- one of our own: a mock's */

static const uint8_t spki_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	                             0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

static void bind_keys(uint8_t file[MOCK_LEN])
{
	const struct assay_bytes keys[] = { { file + 7, 44 },
		                            { file + 55, 32 } };

	assay_sha512_parts(file + DATA_AT, keys, 2);
}

static void make_mock(uint8_t file[MOCK_LEN])
{
	memset(file, 0, MOCK_LEN);
	memcpy(file, "EII", 3);
	file[6] = 44;
	memcpy(file + 7, spki_head, sizeof(spki_head));
	memset(file + 19, 0x11, 32);
	file[54] = 32;
	memset(file + 55, 0x22, 32);
	file[87] = 2;
	file[90] = 397 >> 8;
	file[91] = 397 & 0xff;
	file[BODY_AT + 7] = 100;
	memset(file + REPORT_AT + 64, 0xab, 32);
	memset(file + REPORT_AT + 128, 0xcd, 32);
	file[REPORT_AT + 256] = 7;
	file[SVN_AT] = 3;
	bind_keys(file);
}

/* Numbers as they stand in the file. */
static void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void test_mock(void)
{
	static const char want[] =
		"Remote attestation for enclave "
		"ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"
		"AB"
		":\n  - Mode: MOCK\n  - Code signer: "
		"CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD"
		"CD"
		"\n  - Session signing key: 302A300506032B6570032100"
		"11111111111111111111111111111111111111111111111111111111111111"
		"11"
		"\n  - Session encryption key: "
		"22222222222222222222222222222222222222222222222222222222222222"
		"22"
		"\n  - Product ID: 7\n  - Revocation level: 2\n\n"
		"Assessed security level at 1970-01-01T00:01:40Z is INSECURE\n"
		"  - Enclave is running in mock mode.";
	uint8_t file[MOCK_LEN];
	struct assay_bytes in = { file, sizeof(file) };
	char cut[20];

	make_mock(file);
	struct graded *g = grade(in, 0, STRICT);
	ok(g->read && strcmp(g->text, want) == 0, "a mock's is printed%s",
	   g->err.note);
	ok(assay_conclave_print(cut, sizeof(cut), &g->eii, &g->info) ==
	                   strlen(want) &&
	           strlen(cut) == 19 && !strncmp(cut, want, 19) &&
	           assay_conclave_print(NULL, 0, &g->eii, &g->info) ==
	                   strlen(want),
	   "printing cuts as snprintf does");
	ok(writes(&g->eii, in), "and written to the byte");
	ok(assay_eii_write(NULL, 0, &g->eii) == MOCK_LEN,
	   "its length is told where there is no room");
	struct assay_scratch none = { 0 };
	struct assay_evidence e;
	struct assay_err err;
	ok(!assay_eii_evidence(&e, &g->eii, &none, COMPAT, &err) &&
	           err.check == ASSAY_C_EII_TYPE && is_zero(&e, sizeof(e)),
	   "it is no evidence: %s", err.note);
}

/* A change to a mock's, at a byte, and what becomes of it. */
static const struct {
	const char *what;
	size_t at, n;
	const char *to;
	enum assay_check strict, compat;
} changes[] = {
	{ "magic", 0, 1, "e", ASSAY_C_EII, ASSAY_C_EII },
	{ "a signing key of 45 bytes", 6, 1, "\x2d", ASSAY_C_EII, ASSAY_C_EII },
	{ "a key of 2 GiB", 3, 1, "\x7f", ASSAY_C_EII, ASSAY_C_EII },
	{ "another kind of key", 15, 1, "\x6e", ASSAY_C_EII, ASSAY_C_EII },
	{ "another signing key", 30, 1, "\x00", ASSAY_C_EII_KEYS,
	  ASSAY_C_EII_KEYS },
	{ "another encryption key", 60, 1, "\x00", ASSAY_C_EII_KEYS,
	  ASSAY_C_EII_KEYS },
	{ "other report data", DATA_AT + 63, 1, "\x00", ASSAY_C_EII_KEYS,
	  ASSAY_C_EII_KEYS },
	{ "EPID", 87, 1, "\x00", ASSAY_C_EII_TYPE, ASSAY_C_EII_TYPE },
	{ "type 3", 87, 1, "\x03", ASSAY_C_EII_TYPE, ASSAY_C_EII_TYPE },
	{ "a byte more inside", 91, 1, "\x8e", ASSAY_C_EII, ASSAY_C_EII },
	{ "ISVSVN 0", SVN_AT, 1, "\x00", ASSAY_C_EII_REVOCATION,
	  ASSAY_C_EII_REVOCATION },
	{ "mode 2", MOCK_LEN - 1, 1, "\x02", ASSAY_C_EII, ASSAY_OK },
	{ "a second of nanoseconds", BODY_AT + 8, 4, "\x3b\x9a\xca\x00",
	  ASSAY_C_EII, ASSAY_OK },
	{ "-1 nanoseconds", BODY_AT + 8, 4, "\xff\xff\xff\xff", ASSAY_C_EII,
	  ASSAY_OK },
	{ "a time that there is not", BODY_AT, 1, "\x7f", ASSAY_C_EII,
	  ASSAY_C_EII },
	{ "a time before all times", BODY_AT, 1, "\x80", ASSAY_C_EII,
	  ASSAY_C_EII },
	{ "the least number, and less", BODY_AT, 12,
	  "\x80\0\0\0\0\0\0\0\xff\xff\xff\xff", ASSAY_C_EII, ASSAY_C_EII },
};

static void test_changes(void)
{
	uint8_t file[MOCK_LEN + 1];

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (int k = 0; k < 2; k++) {
			enum assay_check want = k ? changes[i].compat
			                          : changes[i].strict;

			make_mock(file);
			memcpy(file + changes[i].at, changes[i].to,
			       changes[i].n);
			struct graded *g =
				grade((struct assay_bytes){ file, MOCK_LEN }, 0,
			              k ? COMPAT : STRICT);
			ok(g->read == !want && g->err.check == want &&
			           (g->read ||
			            is_zero(&g->eii, sizeof(g->eii))),
			   "%s%s: %s", changes[i].what, k ? ", compatible" : "",
			   g->err.note);
		}
	make_mock(file);
	file[MOCK_LEN] = 0;
	struct assay_bytes more = { file, sizeof(file) };
	struct graded *g = grade(more, 0, STRICT);
	ok(!g->read && g->err.check == ASSAY_C_EII && g->err.at == MOCK_LEN,
	   "a byte behind: %s", g->err.note);
	ok(grade(more, 0, COMPAT)->read, "which R3 ignores");
}

/* As java.time prints instants. */
static const struct {
	uint32_t high, low, nanos;
	const char *want;
} instants[] = {
	{ 0, 0, 0, "1970-01-01T00:00:00Z" },
	{ 0, 951782400, 1000000, "2000-02-29T00:00:00.001Z" },
	{ 0, 1600000000, 123456000, "2020-09-13T12:26:40.123456Z" },
	{ 0, 1600000000, 1, "2020-09-13T12:26:40.000000001Z" },
	{ 0xffffffff, 0xffffffff, 999999999, "1969-12-31T23:59:59.999999999Z" },
	{ 0x3a, 0xfff4417f, 0, "9999-12-31T23:59:59Z" },
	{ 0x3a, 0xfff44180, 0, "+10000-01-01T00:00:00Z" },
	{ 0xfffffff1, 0x868b8400, 0, "0000-01-01T00:00:00Z" },
	{ 0xfffffff1, 0x868b83ff, 0, "-0001-12-31T23:59:59Z" },
	{ 0x00701cd2, 0xfa9578fd, 0, "+1000000000-12-31T23:59:57Z" },
};

static void test_instants(void)
{
	uint8_t file[MOCK_LEN];
	char want[64];

	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		make_mock(file);
		put_u32(file + BODY_AT, instants[i].high);
		put_u32(file + BODY_AT + 4, instants[i].low);
		put_u32(file + BODY_AT + 8, instants[i].nanos);
		struct assay_bytes in = { file, sizeof(file) };
		struct graded *g = grade(in, 0, STRICT);
		snprintf(want, sizeof(want), "level at %s is INSECURE\n",
		         instants[i].want);
		ok(g->read && strstr(g->text, want) && writes(&g->eii, in),
		   "%s%s", instants[i].want, g->err.note);
	}
}

static void test_mock_bytes(void)
{
	uint8_t file[MOCK_LEN];
	size_t cut = 0, named = 0, harmless = 0;

	make_mock(file);
	for (size_t n = 0; n < MOCK_LEN; n++)
		for (int k = 0; k < 2; k++) {
			struct graded *g =
				grade((struct assay_bytes){ file, n }, 0,
			              k ? COMPAT : STRICT);

			cut += !g->read && g->err.check == ASSAY_C_EII &&
			       is_zero(&g->eii, sizeof(g->eii));
		}
	ok(cut == 2 * (size_t)MOCK_LEN, "all %d lengths are refused", MOCK_LEN);
	for (size_t i = 0; i < MOCK_LEN; i++) {
		struct assay_bytes in = { file, sizeof(file) };

		file[i] ^= 0x40;
		struct graded *g = grade(in, 0, STRICT);
		named += !g->read && g->err.check;
		/* nobody signed the rest: whatever it says, it is worth
		 * nothing */
		harmless += g->read && g->info.level == ASSAY_LEVEL_INSECURE &&
		            writes(&g->eii, in);
		file[i] ^= 0x40;
	}
	ok(named + harmless == MOCK_LEN && named >= 92 + 64,
	   "%zu flipped bytes are refused, %zu are INSECURE still", named,
	   harmless);
}

static void test_unwritable(void)
{
	uint8_t file[MOCK_LEN], out[MOCK_LEN + 64];

	make_mock(file);
	struct graded *g = grade((struct assay_bytes){ file, MOCK_LEN }, 0,
	                         STRICT);
	struct assay_eii e = g->eii;

	e.mode = ASSAY_CONCLAVE_NONE;
	ok(assay_eii_write(out, sizeof(out), &e) == 0, "without a mode: none");
	e = g->eii;
	e.signing_key.len--;
	ok(assay_eii_write(out, sizeof(out), &e) == 0, "a short signing key");
	e = g->eii;
	e.encryption_key.len++;
	ok(assay_eii_write(out, sizeof(out), &e) == 0, "a long key");
	e = g->eii;
	e.report_raw.len--;
	ok(assay_eii_write(out, sizeof(out), &e) == 0, "a short report");
	e = g->eii;
	e.mode = ASSAY_CONCLAVE_RELEASE;
	ok(assay_eii_write(out, sizeof(out), &e) == 0, "no quote");
	e.quote = (struct assay_bytes){ file, 433 };
	ok(assay_eii_write(NULL, 0, &e) == BODY_AT + 433 + 8 * 4,
	   "a quote without collateral can be written");
	e.part[ASSAY_EII_TCB_INFO].len = UINT32_MAX;
	ok(assay_eii_write(out, sizeof(out), &e) == 0, "a part of 4 GiB");
	memset(&g->info, 0, sizeof(g->info));
	assay_conclave_grade(&g->info, &e, NULL, NULL, STRICT);
	ok(g->info.level == ASSAY_LEVEL_INSECURE && g->info.reason[0],
	   "a quote that was not judged: %s", g->info.reason);
}

/* ---- grades and words, on verdicts that are made up */

/* clang-format off */
static const struct {
	enum assay_status status;
	enum assay_level level;
	bool advisories;
	const char *words;
} statuses[] = {
	{ ASSAY_STATUS_UP_TO_DATE, ASSAY_LEVEL_SECURE, false, "is up-to-date." },
	{ ASSAY_STATUS_SW_HARDENING_NEEDED, ASSAY_LEVEL_STALE, true, "additional software hardening in the attesting SGX enclaves may be needed." },
	{ ASSAY_STATUS_CONFIGURATION_NEEDED, ASSAY_LEVEL_STALE, false, "additional configuration of SGX platform may be needed." },
	{ ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED, ASSAY_LEVEL_STALE, true, "additional configuration for the platform and software hardening" },
	{ ASSAY_STATUS_OUT_OF_DATE, ASSAY_LEVEL_STALE, true, "SGX platform is outdated. The platform has not been" },
	{ ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED, ASSAY_LEVEL_STALE, true, "is outdated and additional configuration of it may be needed." },
	{ ASSAY_STATUS_REVOKED, ASSAY_LEVEL_INSECURE, false, "The TCB level of SGX platform is revoked." },
	{ ASSAY_STATUS_TD_RELAUNCH_ADVISED, ASSAY_LEVEL_INSECURE, false, "(UNSUPPORTED_QUOTE_FORMAT)" },
	{ ASSAY_STATUS_NONE, ASSAY_LEVEL_INSECURE, false, "(UNSUPPORTED_QUOTE_FORMAT)" },
};
/* clang-format on */

static void test_statuses(void)
{
	static struct assay_verdict v;
	static struct assay_conclave_info info;
	struct assay_eii eii = { .mode = ASSAY_CONCLAVE_RELEASE };
	struct assay_evidence e = { .kind = ASSAY_EVIDENCE_EII };
	static const char ids[] = " For further details see Advisory IDs "
				  "INTEL-SA-00334, INTEL-SA-00615.";

	eii.part[ASSAY_EII_VERSION] = bytes("3");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		bool revoked = statuses[i].status == ASSAY_STATUS_REVOKED;

		memset(&v, 0, sizeof(v));
		v.version = 3;
		v.genuine = !revoked;
		v.failed.check = revoked ? ASSAY_T_REVOKED : ASSAY_OK;
		v.status = statuses[i].status;
		v.n_advisories = 2;
		strcpy(v.advisories[0], "INTEL-SA-00615");
		strcpy(v.advisories[1], "INTEL-SA-00334");
		assay_conclave_grade(&info, &eii, &e, &v, STRICT);
		ok(info.level == statuses[i].level &&
		           strstr(info.reason, statuses[i].words) &&
		           !strstr(info.reason, ids) != statuses[i].advisories,
		   "%s: %s", assay_level_name(info.level), info.reason);
	}
	v.status = ASSAY_STATUS_UP_TO_DATE;
	v.version = 4;
	assay_conclave_grade(&info, &eii, &e, &v, STRICT);
	ok(info.level == ASSAY_LEVEL_INSECURE, "a quote of version 4: %s",
	   info.reason);
	v.version = 3;
	v.sgx.mrenclave[0] = 1;
	assay_conclave_grade(&info, &eii, &e, &v, STRICT);
	ok(info.level == ASSAY_LEVEL_INSECURE, "another enclave's verdict: %s",
	   info.reason);
	v.sgx.mrenclave[0] = 0;
	v.simulation = true;
	assay_conclave_grade(&info, &eii, &e, &v, COMPAT);
	ok(info.level == ASSAY_LEVEL_INSECURE &&
	           strstr(info.reason, "(SGX_QL_PCK_CERT_CHAIN_ERROR)"),
	   "another root: %s", info.reason);
	v.simulation = false;
	eii.part[ASSAY_EII_VERSION] = bytes("5");
	assay_conclave_grade(&info, &eii, &e, &v, COMPAT);
	ok(info.level == ASSAY_LEVEL_INSECURE, "collateral of version 5: %s",
	   info.reason);
	memset(&v, 0, sizeof(v));
	eii.part[ASSAY_EII_VERSION] = bytes("3");
	assay_conclave_grade(&info, &eii, &e, &v, COMPAT);
	ok(info.level == ASSAY_LEVEL_INSECURE, "no verdict: %s", info.reason);
}

/* R3 names the advisories of all levels; strictly, those that were met. */
static void test_advisories(void)
{
	static const char tcb[] =
		"{\"tcbInfo\":{\"version\":2,\"issueDate\":\"2020-06-17T08:45:"
		"11Z\","
		"\"nextUpdate\":\"2020-07-17T08:45:11Z\",\"fmspc\":"
		"\"00906ED50000\",\"pceId\":\"0000\",\"tcbType\":0,"
		"\"tcbEvaluationDataNumber\":5,\"tcbLevels\":[{\"tcb\":{%s},"
		"\"tcbDate\":\"2020-06-10T00:00:00Z\",\"tcbStatus\":"
		"\"SWHardeningNeeded\",\"advisoryIDs\":[\"INTEL-SA-00334\"]},"
		"{\"tcb\":{%s},\"tcbDate\":\"2021-01-02T03:04:05Z\","
		"\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":"
		"[\"INTEL-SA-00615\",\"INTEL-SA-00106\",\"INTEL-SA-00334\"]}]},"
		"\"signature\":\"00\"}";
	static char svns[2][1024], json[4096];
	static struct assay_verdict v;
	static struct assay_conclave_info info;
	struct assay_eii eii = { .mode = ASSAY_CONCLAVE_RELEASE };
	struct assay_evidence e = { .kind = ASSAY_EVIDENCE_EII };

	for (int k = 0; k < 2; k++) {
		size_t len = 0;

		for (int i = 1; i <= 16; i++)
			len += (size_t)snprintf(svns[k] + len,
			                        sizeof(svns[k]) - len,
			                        "\"sgxtcbcomp%02dsvn\":%d,", i,
			                        9 - k);
		snprintf(svns[k] + len, sizeof(svns[k]) - len, "\"pcesvn\":9");
	}
	snprintf(json, sizeof(json), tcb, svns[0], svns[1]);
	e.collateral.tcb_info.doc = bytes(json);
	eii.part[ASSAY_EII_VERSION] = bytes("1");
	v.genuine = true;
	v.version = 3;
	v.status = ASSAY_STATUS_SW_HARDENING_NEEDED;
	v.n_advisories = 1;
	strcpy(v.advisories[0], "INTEL-SA-00334");
	assay_conclave_grade(&info, &eii, &e, &v, STRICT);
	ok(strstr(info.reason, " needed. For further details see Advisory IDs "
	                       "INTEL-SA-00334."),
	   "strictly: %s", info.reason);
	ok(info.seconds == time_of("2021-01-02T03:04:05Z"),
	   "the newest date is a level's");
	assay_conclave_grade(&info, &eii, &e, &v, COMPAT);
	ok(strstr(info.reason,
	          " For further details see Advisory IDs INTEL-SA-00106, "
	          "INTEL-SA-00334, INTEL-SA-00615."),
	   "compatible: %s", info.reason);
}

/* ---- what R3 printed */

static void test_texts(void)
{
	static const char *const files[] = {
		"real/EnclaveInstanceInfo-DCAP-IceLake.ser",
		"real/EnclaveInstanceInfo-DCAP.ser",
		"kds-doc/kds-doc-appAttestationReport.bin",
		"kds-doc/kds-doc-kdsAttestationReport.bin",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct assay_bytes in = vector_file("conclave/%s", files[i]);
		struct assay_bytes want =
			vector_file("conclave/vectors/toString/%s.txt",
		                    strchr(files[i], '/') + 1);
		struct graded *g = grade(in, time_of("2026-11-23T12:00:00Z"),
		                         COMPAT);

		ok(g->read && want.len && strlen(g->text) == want.len &&
		           !memcmp(g->text, want.ptr, want.len),
		   "%s: R3's text %s", files[i], g->err.note);
		ok(writes(&g->eii, in), "... and R3's bytes");
		if (i >= 2)
			continue;
		/* at the very time that R3 prints, its TCB info had ended */
		g = grade(in, g->info.seconds, STRICT);
		ok(g->read && g->info.level == ASSAY_LEVEL_INSECURE &&
		           g->err.check == ASSAY_J_TIME &&
		           strstr(g->info.reason, "(TCB_INFO J_TIME)"),
		   "... strictly: %s", g->info.reason);
	}
}

/* ---- R3's verdicts on variants */

struct verdict {
	char file[96], mode[16], summary[16], timestamp[48], reason[1024];
	bool ok, again;
};

static void read_verdict(struct assay_json *j, struct verdict *v)
{
	const struct {
		const char *name;
		char *to;
		size_t room;
	} texts[] = {
		{ "file", v->file, sizeof(v->file) },
		{ "mode", v->mode, sizeof(v->mode) },
		{ "summary", v->summary, sizeof(v->summary) },
		{ "timestamp", v->timestamp, sizeof(v->timestamp) },
		{ "reason", v->reason, sizeof(v->reason) },
	};
	struct assay_json_str name;

	memset(v, 0, sizeof(*v));
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (assay_json_is(name, texts[i].name))
				assay_json_text(j, texts[i].to, texts[i].room);
		if (assay_json_is(name, "ok"))
			assay_json_bool(j, &v->ok);
		else if (assay_json_is(name, "reserialises_identically"))
			assay_json_bool(j, &v->again);
	}
}

/* Where our words are others than R3's, and why. */
static const struct {
	const char *file, *summary, *reason;
} differs[] = {
	/* the vendor is looked at before any signature */
	{ "10-quote-flip-qe_vendor_id.eii", "INSECURE",
	  "Enclave QUOTE has not been verified correctly and thus is "
	  "untrustworthy (QUOTE P_VENDOR)" },
	/* the signature is over the inner object, wherever it stands */
	{ "23-tcbinfo-whitespace-before.eii", "SECURE",
	  "A signature of the ISV enclave QUOTE was verified correctly and the "
	  "TCB level of the SGX platform is up-to-date." },
};

static bool as_r3(const struct graded *g, const struct verdict *v)
{
	const char *summary = v->summary, *reason = v->reason;
	static char want[2048];
	char mode[32];

	for (size_t i = 0; i < sizeof(differs) / sizeof(differs[0]); i++)
		if (strcmp(differs[i].file, v->file) == 0) {
			summary = differs[i].summary;
			reason = differs[i].reason;
		}
	snprintf(want, sizeof(want),
	         "\n\nAssessed security level at %s is %s\n  - %s",
	         v->timestamp, summary, reason);
	snprintf(mode, sizeof(mode), "  - Mode: %s\n", v->mode);
	return g->read && strstr(g->text, mode) && strlen(g->text) > 300 &&
	       strcmp(strstr(g->text, "\n\n"), want) == 0;
}

static void test_variant(const struct verdict *v)
{
	struct assay_bytes in = vector_file("conclave/eii-variants/%s",
	                                    v->file);
	int64_t now = time_of("2026-11-23T12:00:00Z");
	struct graded *g = grade(in, now, COMPAT);

	if (!v->ok) {
		/* where R3 throws, nothing is read, or it is worth nothing */
		ok(g->err.check &&
		           (!g->read || g->info.level == ASSAY_LEVEL_INSECURE),
		   "%s: no more than R3 makes of it: %s", v->file, g->err.note);
		return;
	}
	ok(as_r3(g, v), "%s: as R3: %s", v->file, g->info.reason);
	ok(writes(&g->eii, in) == v->again, "... written%s",
	   v->again ? " to the byte" : " in the one form");
	if (!v->again) {
		g = grade(in, now, STRICT);
		ok(!g->read && g->err.check == ASSAY_C_EII, "... strictly: %s",
		   g->err.note);
	}
}

static void test_variants(void)
{
	struct assay_bytes text =
		vector_file("conclave/vectors/eii-verdicts.json");
	struct assay_json j;
	struct verdict v;
	size_t n = 0;

	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	for (; assay_json_element(&j); n++) {
		read_verdict(&j, &v);
		test_variant(&v);
	}
	ok(assay_json_close(&j, NULL) && n >= 96, "%zu verdicts of R3's", n);
	struct graded *g = grade(
		vector_file("conclave/real/history/EnclaveInstanceInfo.ser"), 0,
		COMPAT);
	ok(!g->read && g->err.check, "the obsolete layout: %s", g->err.note);
}

/* ---- every byte of a real one */

/* Bytes that are the evidence's: what is changed in them is noticed, or is
 * without meaning. */
static bool is_same(const struct graded *g, const struct graded *whole)
{
	return g->verdict.genuine && g->info.level == whole->info.level &&
	       !strcmp(g->text, whole->text) &&
	       g->verdict.status == whole->verdict.status;
}

/* A version of the collateral that R3 reads, and grades INSECURE. */
static bool refuses_version(const uint8_t *file, size_t len)
{
	struct assay_eii e;
	struct assay_err err;

	return !assay_eii_parse(&e, (struct assay_bytes){ file, len }, STRICT,
	                        &err) &&
	       err.check == ASSAY_C_EII;
}

static void test_real_bytes(void)
{
	struct assay_bytes real = vector_file(
		"conclave/real/EnclaveInstanceInfo-DCAP-IceLake.ser");
	size_t step = getenv("ASSAY_LONG") ? 1 : 13, n = 0;
	size_t cut = 0, named = 0, same = 0;
	int64_t now = time_of("2026-11-23T12:00:00Z");
	static struct graded whole;
	uint8_t *file;
	struct assay_eii e;
	struct assay_err err;

	whole = *grade(real, now, COMPAT);
	for (size_t len = 0; len < real.len; len++)
		for (int k = 0; k < 2; k++)
			cut += !assay_eii_parse(&e,
			                        (struct assay_bytes){ real.ptr,
			                                              len },
			                        k ? COMPAT : STRICT, &err) &&
			       err.check == ASSAY_C_EII &&
			       is_zero(&e, sizeof(e));
	ok(cut == 2 * real.len, "all %zu lengths are refused", real.len);
	file = malloc(real.len);
	if (!file)
		abort();
	memcpy(file, real.ptr, real.len);
	for (size_t i = 0; i < real.len; n++) {
		file[i] ^= 0x01;
		struct graded *g = grade((struct assay_bytes){ file, real.len },
		                         now, COMPAT);
		bool no = g->info.level == ASSAY_LEVEL_INSECURE &&
		          (g->err.check || refuses_version(file, real.len));

		if (!no && !is_same(g, &whole))
			note("byte %zu: %s", i, g->text);
		named += no;
		same += !no && is_same(g, &whole);
		file[i] ^= 0x01;
		i += i < SIGNED_END ? 1 : step;
	}
	free(file);
	ok(named + same == n && named > n / 2,
	   "of %zu flipped bytes %zu are refused by name, %zu mean nothing", n,
	   named, same);
}

/* ---- constraints, on attestations */

static const struct {
	const char *folder, *file;
} held[] = {
	{ "real", "EnclaveInstanceInfo-DCAP-IceLake.ser" },
	{ "real", "EnclaveInstanceInfo-DCAP.ser" },
	{ "kds-doc", "kds-doc-appAttestationReport.bin" },
	{ "eii-variants", "40-mock.eii" },
};

static size_t test_checks(struct assay_json *j, const char *line)
{
	struct assay_constraint *c = malloc(assay_constraint_size());
	const struct assay_constraint *list[1] = { c };
	static struct assay_decision d;
	int64_t now = time_of("2026-11-23T12:00:00Z");
	struct assay_json_str name;
	char said[1024];
	size_t right = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		for (size_t i = 0; i < 4; i++) {
			if (!assay_json_is(name, held[i].file))
				continue;
			struct graded *g = grade(vector_file("conclave/%s/%s",
			                                     held[i].folder,
			                                     held[i].file),
			                         now, COMPAT);
			bool yes =
				c &&
				assay_constraint_parse(c, bytes(line), NULL) &&
				assay_conclave_appraise(&d, &g->eii, &g->info,
			                                now, list, 1);

			right += assay_json_text(j, said, sizeof(said)) &&
			         yes == (strcmp(said, "OK") == 0) &&
			         yes == d.accept && yes == (d.n_refusals == 0);
		}
	free(c);
	return right;
}

static void test_constraints(void)
{
	struct assay_bytes text =
		vector_file("conclave/vectors/constraint-vectors.json");
	static struct assay_decision d;
	static struct graded g;
	struct assay_json_str name;
	char line[1024] = "";
	struct assay_json j;
	size_t n = 0;

	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (assay_json_element(&j)) {
		assay_json_object(&j);
		while (assay_json_member(&j, &name))
			if (assay_json_is(name, "descriptor")) {
				assay_json_text(&j, line, sizeof(line));
			} else if (assay_json_is(name, "checks")) {
				ok(test_checks(&j, line) == 4,
				   "%.70s: as R3, four times", line);
				n++;
			}
	}
	ok(assay_json_close(&j, NULL) && n > 20, "%zu constraints", n);
	ok(!assay_conclave_appraise(&d, &g.eii, &g.info, 0, NULL, 0) &&
	           d.n_refusals == 1 && !strcmp(d.refusals[0].rule, "identity"),
	   "no constraint accepts nothing");
}

int main(void)
{
	trust = malloc(assay_trust_size());
	if (!trust)
		abort();
	test_mock();
	test_changes();
	test_instants();
	test_mock_bytes();
	test_unwritable();
	test_statuses();
	test_advisories();
	if (vectors()) {
		test_texts();
		test_variants();
		test_real_bytes();
		test_constraints();
	} else {
		skip("no vectors", "attestations by R3");
	}
	free(trust);
	return done();
}
