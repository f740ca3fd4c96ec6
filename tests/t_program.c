/* t_program.c - programs: their enclave, launch page and signed form, and every
 * byte of a signed one changed [ASSAY measurement]. */
#include <string.h>

#include "h_measure.h"
#include "measure/launch.h"
#include "measure/program.h"
#include "measure/sigstruct.h"
#include "tap.h"

static uint8_t program[TINY_LEN];
static const struct assay_bytes program_bytes = { program, TINY_LEN };
static uint8_t page[ASSAY_PAGE];
static uint8_t whole[TINY_SIGNED_LEN];

enum {
	AT_PAGE = TINY_LEN,
	AT_SIGSTRUCT = AT_PAGE + ASSAY_PAGE,
	AT_TRAILER = AT_SIGSTRUCT + ASSAY_SIGSTRUCT_LEN,
};

/* ---- the enclave */

/* clang-format off */
static const struct {
	const char *name;
	uint64_t at, n_pages, flags;
	bool measured;
} areas[] = {
	{ "segment",     0x0000, 1, 0x201, true },
	{ "segment",     0x1000, 1, 0x205, true },
	{ "segment",     0x2000, 2, 0x203, true },
	{ "launch page", 0x4000, 1, 0x201, true },
	{ "stack",       0x5000, 2, 0x203, false },
	{ "heap",        0x7000, 3, 0x203, false },
	{ "TCS",         0xa000, 2, 0x100, true },
	{ "SSA",         0xc000, 4, 0x203, true },
};
/* clang-format on */
enum { N_AREAS = sizeof(areas) / sizeof(areas[0]) };

static void test_plan(void)
{
	struct assay_launch launch = tiny_launch();
	struct assay_plan plan;
	size_t good = 0;

	ok(assay_launch_write(page, &launch, program_bytes, NULL) &&
	           assay_plan_make(&plan, program_bytes, page, NULL) &&
	           plan.n == N_AREAS && plan.size == 0x10000 &&
	           plan.entry == 0x1200 && plan.launch_at == 0x4000 &&
	           plan.ssa_at == 0xc000,
	   "the enclave is laid out");
	for (size_t i = 0; i < N_AREAS; i++)
		good += strcmp(plan.area[i].name, areas[i].name) == 0 &&
		        plan.area[i].at == areas[i].at &&
		        plan.area[i].n_pages == areas[i].n_pages &&
		        plan.area[i].flags == areas[i].flags &&
		        plan.area[i].measured == areas[i].measured;
	ok(good == N_AREAS, "%zu areas, each where it belongs", good);
}

static bool has_measurement(const struct assay_measurement *m, const char *hex)
{
	return m->has_computed && is_hex(m->computed, 32, hex);
}

static void test_measurement(void)
{
	struct assay_launch launch = tiny_launch();
	struct assay_measuring how = { .launch = &launch };
	struct assay_measurement m, other;

	ok(assay_measure(&m, program_bytes, &how) && m.good &&
	           m.kind == ASSAY_ARTEFACT_PROGRAM &&
	           has_measurement(&m, tiny_measurement) &&
	           m.enclave_size == 0x10000 && m.hashed == 57408 &&
	           m.has_launch && !m.has_claimed,
	   "the measurement is that of another implementation");
	ok(assay_measure(&m, program_bytes, NULL) &&
	           m.launch.heap == 64 << 20 && m.launch.stack == 1 << 20 &&
	           m.launch.threads == 1,
	   "without a launch, the default");
	launch.threads = 1;
	launch.heap = 64 << 20;
	launch.stack = 1 << 20;
	launch.n_args = 1;
	launch.args.len = 8;
	ok(assay_measure(&other, program_bytes, &how) &&
	           memcmp(other.computed, m.computed, 32) == 0,
	   "which is the same if it is given");
}

/* Whatever is said of the launch changes the measurement. */
static void test_launch_counts(void)
{
	static const uint8_t args[] = "enclave\0-y\0";
	struct assay_launch launch[] = { tiny_launch(), tiny_launch(),
		                         tiny_launch(), tiny_launch(),
		                         tiny_launch() };
	struct assay_measurement m;
	size_t good = 0;

	launch[0].stack += ASSAY_PAGE;
	launch[1].heap = 0;
	launch[2].threads = 3;
	launch[3].args.ptr = args;
	launch[4].args = (struct assay_bytes){ args, sizeof(args) };
	launch[4].n_args = 3;
	for (size_t i = 0; i < 5; i++) {
		struct assay_measuring how = { .launch = &launch[i] };

		good += assay_measure(&m, program_bytes, &how) &&
		        !has_measurement(&m, tiny_measurement);
	}
	ok(good == 5, "%zu other launches, other measurements", good);
}

struct seen {
	size_t n, good;
};

static void see(void *to, const struct assay_pages *p)
{
	struct seen *s = to;

	s->good += s->n < N_AREAS && p->at == areas[s->n].at &&
	           p->n == areas[s->n].n_pages &&
	           p->flags == areas[s->n].flags &&
	           p->chunks == (areas[s->n].measured ? 16 : 0) &&
	           strcmp(p->name, areas[s->n].name) == 0;
	s->n++;
}

struct kept {
	uint8_t bytes[64 << 10];
	size_t len;
};

static void keep(void *to, const uint8_t *p, size_t n)
{
	struct kept *k = to;

	if (n > sizeof(k->bytes) - k->len)
		abort();
	memcpy(k->bytes + k->len, p, n);
	k->len += n;
}

/* The stream of a program is a stream in a file: read back, it measures the
 * same. */
static void test_stream(void)
{
	static struct kept kept;
	struct assay_launch launch = tiny_launch();
	struct assay_measuring how = { .launch = &launch,
		                       .put = keep,
		                       .to = &kept };
	struct assay_measurement m;
	struct seen seen = { 0 };

	ok(assay_measure(&m, program_bytes, &how) && kept.len == m.hashed &&
	           assay_measure(&m,
	                         (struct assay_bytes){ kept.bytes, kept.len },
	                         NULL) &&
	           m.kind == ASSAY_ARTEFACT_SGXS &&
	           has_measurement(&m, tiny_measurement),
	   "its stream, read back, measures the same");
	how.put = NULL;
	how.pages = see;
	how.to = &seen;
	ok(assay_measure(&m, program_bytes, &how) && seen.n == N_AREAS &&
	           seen.good == N_AREAS,
	   "its pages are told");
}

/* ---- sizes */

static bool fits(uint64_t heap, struct assay_err *err, struct assay_plan *plan)
{
	struct assay_launch launch = tiny_launch();

	launch.heap = heap;
	*err = (struct assay_err){ 0 };
	return assay_launch_write(page, &launch, program_bytes, err) &&
	       assay_plan_make(plan, program_bytes, page, err);
}

static void test_size(void)
{
	const uint64_t most = (UINT64_C(1) << 34) - 13 * ASSAY_PAGE;
	struct assay_plan plan;
	struct assay_err err;

	ok(fits(0, &err, &plan) && plan.n == N_AREAS - 1 &&
	           plan.size == 0x10000,
	   "no heap: no area");
	ok(fits(5 * ASSAY_PAGE, &err, &plan) && plan.size == 0x20000,
	   "a page too many for a power of two: the next");
	ok(fits(most, &err, &plan) && plan.size == UINT64_C(1) << 34,
	   "as much as may be");
	ok(!fits(most + ASSAY_PAGE, &err, &plan) &&
	           err.check == ASSAY_S_PROGRAM_SIZE &&
	           all_zero(&plan, sizeof(plan)),
	   "a page more: %s", err.note);
}

/* ---- the launch page */

/* clang-format off */
static const struct row {
	const char *name;
	size_t at, n;
	uint64_t to;
	enum assay_check want;
} rows[] = {
	{ "as it is",            0, 1, 'A',              ASSAY_OK },
	{ "magic",               7, 1, 'h',              ASSAY_S_LAUNCH },
	{ "version 0",           8, 4, 0,                ASSAY_S_LAUNCH },
	{ "version 2",           8, 4, 2,                ASSAY_S_LAUNCH },
	{ "no arguments",        12, 4, 0,               ASSAY_S_LAUNCH },
	{ "an argument too few", 12, 4, 1,               ASSAY_S_LAUNCH },
	{ "one too many",        12, 4, 3,               ASSAY_S_LAUNCH },
	{ "no stack",            16, 8, 0,               ASSAY_S_LAUNCH },
	{ "a stack of 4097",     16, 8, 4097,            ASSAY_S_LAUNCH },
	{ "a stack of 1 GiB",    16, 8, 1 << 30,         ASSAY_OK },
	{ "a page more",         16, 8, (1 << 30) + 4096, ASSAY_S_LAUNCH },
	{ "all stack there is",  16, 8, UINT64_MAX - 4095, ASSAY_S_LAUNCH },
	{ "no heap",             24, 8, 0,               ASSAY_OK },
	{ "a heap of 4097",      24, 8, 4097,            ASSAY_S_LAUNCH },
	{ "a heap of 16 GiB",    24, 8, UINT64_C(1) << 34, ASSAY_OK },
	{ "a page more of it",   24, 8, (UINT64_C(1) << 34) + 4096, ASSAY_S_LAUNCH },
	{ "no threads",          32, 4, 0,               ASSAY_S_LAUNCH },
	{ "64 threads",          32, 4, 64,              ASSAY_OK },
	{ "65 threads",          32, 4, 65,              ASSAY_S_LAUNCH },
	{ "profile 0",           36, 4, 0,               ASSAY_S_LAUNCH },
	{ "profile 2",           36, 4, 2,               ASSAY_S_LAUNCH },
	{ "no length",           80, 4, 0,               ASSAY_S_LAUNCH },
	{ "a length too small",  80, 4, 10,              ASSAY_S_LAUNCH },
	{ "an empty argument more", 80, 4, 12,           ASSAY_S_LAUNCH },
	{ "more than there is",  80, 4, 3969,            ASSAY_S_LAUNCH },
	{ "far more",            80, 4, UINT32_MAX,      ASSAY_S_LAUNCH },
	{ "the first reserved byte", 84, 1, 1,           ASSAY_S_LAUNCH },
	{ "the last",            127, 1, 1,              ASSAY_S_LAUNCH },
	{ "another argument",    136, 1, '+',            ASSAY_OK },
	{ "a NUL in an argument", 129, 1, 0,             ASSAY_S_LAUNCH },
	{ "behind the arguments", 139, 1, 1,             ASSAY_S_LAUNCH },
	{ "the last byte",       4095, 1, 1,             ASSAY_S_LAUNCH },
};
/* clang-format on */

static void test_page(const struct row *r)
{
	struct assay_launch launch = tiny_launch(), read;
	struct assay_err err = { 0 };
	bool good;

	good = assay_launch_write(page, &launch, program_bytes, NULL);
	put_number(page + r->at, r->to, r->n);
	memset(&read, 0xee, sizeof(read));
	good = good && assay_launch_read(&read, page, &err);
	ok(good == (r->want == ASSAY_OK) && err.check == r->want &&
	           (good || (err.doc == ASSAY_DOC_LAUNCH && err.at <= 4096 &&
	                     all_zero(&read, sizeof(read)))),
	   "launch page, %s: %s", r->name, err.note);
}

static void test_page_fields(void)
{
	struct assay_launch launch = tiny_launch(), read;

	ok(assay_launch_write(page, &launch, program_bytes, NULL) &&
	           is_hex(page + 48, 32,
	                  "2d9a1c1153c50157ab79a98e09478ba4"
	                  "e021a7ba04eca581277d58acb9488774") &&
	           page[40] == (TINY_LEN & 0xff) && page[41] == TINY_LEN >> 8,
	   "a launch page names its program");
	ok(assay_launch_read(&read, page, NULL) && read.stack == launch.stack &&
	           read.heap == launch.heap && read.threads == 2 &&
	           read.profile == 1 && read.n_args == 2 &&
	           read.args.len == 11 && read.args.ptr == page + 128 &&
	           memcmp(read.args.ptr, "enclave\0-x", 11) == 0,
	   "and reads as it was written");
}

/* Every argument that fits, and one byte more. */
static void test_long_args(void)
{
	static uint8_t args[ASSAY_LAUNCH_ARGS_MAX + 1];
	struct assay_launch launch = tiny_launch(), read;
	struct assay_err err = { 0 };

	memset(args, 'x', sizeof(args) - 2);
	launch.n_args = 1;
	launch.args = (struct assay_bytes){ args, ASSAY_LAUNCH_ARGS_MAX };
	ok(assay_launch_write(page, &launch, program_bytes, &err) &&
	           assay_launch_read(&read, page, NULL) &&
	           read.args.len == ASSAY_LAUNCH_ARGS_MAX,
	   "arguments of 3968 bytes");
	launch.n_args = 2;
	launch.args.len++;
	ok(!assay_launch_write(page, &launch, program_bytes, &err) &&
	           err.check == ASSAY_S_LAUNCH && all_zero(page, sizeof(page)),
	   "a byte more: %s", err.note);
}

static void test_other_program(void)
{
	struct assay_launch launch = tiny_launch();
	struct assay_err err = { 0 };
	struct assay_plan plan;
	uint8_t other[TINY_LEN + 1] = { 0 };
	bool good = assay_launch_write(page, &launch, program_bytes, NULL);

	/* a byte that belongs to no segment's part of the file */
	memcpy(other, program, TINY_LEN);
	other[TINY_PHDRS + 3 * TINY_PHDR_LEN + 48] ^= 1;
	ok(good &&
	           !assay_plan_make(&plan,
	                            (struct assay_bytes){ other, TINY_LEN },
	                            page, &err) &&
	           err.check == ASSAY_S_LAUNCH_PROGRAM,
	   "another program: %s", err.note);
	memcpy(other, program, TINY_LEN);
	err = (struct assay_err){ 0 };
	ok(!assay_plan_make(&plan, (struct assay_bytes){ other, sizeof(other) },
	                    page, &err) &&
	           err.check == ASSAY_S_LAUNCH_PROGRAM,
	   "a byte that is appended: %s", err.note);
}

/* ---- signed programs */

static void test_signed(void)
{
	struct assay_measurement m;
	struct assay_signed parts;

	ok(assay_signed_read(&parts,
	                     (struct assay_bytes){ whole, sizeof(whole) },
	                     NULL) &&
	           parts.program.ptr == whole &&
	           parts.program.len == TINY_LEN &&
	           parts.launch.ptr == whole + AT_PAGE &&
	           parts.launch.len == ASSAY_PAGE &&
	           parts.sigstruct.ptr == whole + AT_SIGSTRUCT &&
	           parts.sigstruct.len == ASSAY_SIGSTRUCT_LEN,
	   "a signed program has its parts");
	ok(assay_measure(&m, (struct assay_bytes){ whole, sizeof(whole) },
	                 NULL) &&
	           m.good && m.kind == ASSAY_ARTEFACT_SIGNED &&
	           has_measurement(&m, tiny_measurement) && m.has_claimed &&
	           memcmp(m.claimed.mrenclave, m.computed, 32) == 0 &&
	           m.signature_ok && m.claimed.isv_prod_id == 7 &&
	           m.claimed.isv_svn == 3 && m.has_launch &&
	           m.launch.n_args == 2,
	   "and is what its signer says");
}

/* Cut anywhere, and with something behind it. */
static void test_lengths(void)
{
	static uint8_t longer[TINY_SIGNED_LEN + 1];
	struct assay_signed parts;
	struct assay_err err;
	size_t good = 0;

	memcpy(longer, whole, sizeof(whole));
	for (size_t len = 0; len <= sizeof(longer); len++) {
		uint8_t *copy = malloc(len ? len : 1);

		if (!copy)
			abort();
		memcpy(copy, longer, len);
		good += len != sizeof(whole) &&
		        !assay_signed_read(&parts,
		                           (struct assay_bytes){ copy, len },
		                           &err) &&
		        err.check == ASSAY_S_TRAILER && err.at <= len &&
		        err.doc == ASSAY_DOC_PROGRAM &&
		        all_zero(&parts, sizeof(parts));
		free(copy);
	}
	ok(good == sizeof(whole) + 1, "%zu other lengths of a signed program",
	   good);
}

/* Every bit of the trailer, and its fields. */
static void test_trailer(void)
{
	struct assay_signed parts;
	struct assay_err err;
	size_t good = 0;

	for (size_t bit = 0; bit < 8 * ASSAY_TRAILER_LEN; bit++) {
		uint8_t *byte = &whole[AT_TRAILER + bit / 8];
		size_t want = AT_TRAILER + (bit / 8 < 8 ? 0 : bit / 8);

		*byte ^= (uint8_t)(1u << bit % 8);
		good += !assay_signed_read(
				&parts,
				(struct assay_bytes){ whole, sizeof(whole) },
				&err) &&
		        err.check == ASSAY_S_TRAILER && err.at == want;
		*byte ^= (uint8_t)(1u << bit % 8);
	}
	ok(good == 8 * ASSAY_TRAILER_LEN, "%zu bits of the trailer", good);
}

/* The check that a change of this byte meets first. */
static bool is_expected(size_t at, enum assay_check check)
{
	if (at >= AT_TRAILER)
		return check == ASSAY_S_TRAILER;
	if (at >= AT_SIGSTRUCT)
		return check >= ASSAY_S_LEN && check <= ASSAY_S_Q2;
	if (at >= AT_PAGE + 128 && at < AT_PAGE + 138)
		return check == ASSAY_S_MEASUREMENT || check == ASSAY_S_LAUNCH;
	if (at >= AT_PAGE + 40 && at < AT_PAGE + 80)
		return check == ASSAY_S_LAUNCH_PROGRAM;
	if (at >= AT_PAGE)
		return check == ASSAY_S_LAUNCH ||
		       check == ASSAY_S_MEASUREMENT ||
		       check == ASSAY_S_PROGRAM_SIZE;
	return check == ASSAY_S_LAUNCH_PROGRAM ||
	       (check >= ASSAY_S_ELF && check <= ASSAY_S_ELF_ENTRY);
}

/* Not one byte can be changed. */
static void test_flips(void)
{
	struct assay_bytes in = { whole, sizeof(whole) };
	size_t good = 0, first_wrong = 0;
	struct assay_measurement m;

	for (size_t at = 4; at < sizeof(whole); at++) {
		bool refused;

		/* a trailer without its name, and a program without its own,
		 * are files of other kinds */
		if (at == AT_TRAILER)
			at += 8;
		whole[at] ^= 0x10;
		refused = !assay_measure(&m, in, NULL) && !m.good &&
		          is_expected(at, m.failed.check);
		whole[at] ^= 0x10;
		good += refused;
		if (!refused && !first_wrong) {
			first_wrong = at;
			note("byte %zu: %s", at, m.failed.note);
		}
	}
	ok(good == sizeof(whole) - 12, "%zu bytes of a signed program", good);
}

/* A program that is signed anew by somebody else is theirs, not forged. */
static void test_other_signer(void)
{
	static uint8_t theirs[TINY_SIGNED_LEN];
	struct assay_rsa3 *key = assay_rsa3_new();
	struct assay_measurement a, b;

	tiny_signed(theirs, key);
	ok(assay_measure(&a, (struct assay_bytes){ whole, sizeof(whole) },
	                 NULL) &&
	           assay_measure(&b,
	                         (struct assay_bytes){ theirs, sizeof(theirs) },
	                         NULL) &&
	           memcmp(a.computed, b.computed, 32) == 0 &&
	           memcmp(a.claimed.mrsigner, b.claimed.mrsigner, 32) != 0,
	   "another signer: the same measurement, another MRSIGNER");
	/* their signature under our program's launch page, with another heap */
	memcpy(theirs, whole, AT_SIGSTRUCT);
	put_number(theirs + AT_PAGE + 24, 5 * ASSAY_PAGE, 8);
	ok(!assay_measure(&b, (struct assay_bytes){ theirs, sizeof(theirs) },
	                  NULL) &&
	           b.failed.check == ASSAY_S_MEASUREMENT && b.has_computed &&
	           b.has_claimed && b.signature_ok,
	   "a launch that nobody signed: %s", b.failed.note);
	assay_rsa3_free(key);
}

/* A failure is told, and what could be read is there all the same. */
static void test_partly_wrong(void)
{
	struct assay_bytes in = { whole, sizeof(whole) };
	struct assay_measurement m;

	whole[AT_SIGSTRUCT + 600] ^= 1;
	ok(!assay_measure(&m, in, NULL) &&
	           m.failed.check == ASSAY_S_SIGNATURE && m.has_computed &&
	           m.has_claimed && !m.signature_ok,
	   "a bad signature: the measurement is computed all the same");
	whole[AT_SIGSTRUCT + 600] ^= 1;
	whole[18] ^= 1;
	ok(!assay_measure(&m, in, NULL) && m.failed.check == ASSAY_S_ELF &&
	           !m.has_computed && all_zero(m.computed, 32) &&
	           m.has_claimed && m.signature_ok,
	   "a bad program: what its signer says is read all the same");
	whole[18] ^= 1;
}

static void test_kinds(void)
{
	struct assay_measurement m;
	static const char *const names[] = { "", "program", "signed", "sgxs",
		                             "sigstruct" };
	uint8_t text[2000];
	size_t good = 0, named = 0;

	for (size_t len = 0; len < 4; len++)
		good += !assay_measure(&m, (struct assay_bytes){ program, len },
		                       NULL) &&
		        m.failed.check == ASSAY_S_ARTEFACT;
	ok(good == 4, "%zu bytes and fewer are no artefact", good - 1);
	memset(text, 'x', sizeof(text));
	ok(!assay_measure(&m, (struct assay_bytes){ text, sizeof(text) },
	                  NULL) &&
	           m.kind == ASSAY_ARTEFACT_NONE &&
	           m.failed.check == ASSAY_S_ARTEFACT &&
	           strcmp(assay_artefact_name(m.kind), "") == 0,
	   "text is none: %s", m.failed.note);
	for (int i = ASSAY_ARTEFACT_NONE; i <= ASSAY_ARTEFACT_SIGSTRUCT; i++)
		named += strcmp(assay_artefact_name((enum assay_artefact)i),
		                names[i]) == 0;
	ok(named == 5, "kinds have their names");
	ok(assay_measure(&m,
	                 (struct assay_bytes){ whole + AT_SIGSTRUCT,
	                                       ASSAY_SIGSTRUCT_LEN },
	                 NULL) &&
	           m.kind == ASSAY_ARTEFACT_SIGSTRUCT && m.good &&
	           m.has_claimed && m.signature_ok && !m.has_computed,
	   "a SIGSTRUCT alone is a claim");
}

int main(void)
{
	tiny_program(program);
	tiny_signed(whole, NULL);
	test_plan();
	test_measurement();
	test_launch_counts();
	test_stream();
	test_size();
	test_page_fields();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_page(&rows[i]);
	test_long_args();
	test_other_program();
	test_signed();
	test_lengths();
	test_trailer();
	test_flips();
	test_other_signer();
	test_partly_wrong();
	test_kinds();
	return done();
}
