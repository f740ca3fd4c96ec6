/* t_elf.c - an enclave's program: what is read of it, and every way to make it
 * wrong [SGX 9]. */
#include <string.h>

#include "h_measure.h"
#include "measure/elf.h"
#include "measure/stream.h"
#include "tap.h"

/* The i-th program header's field. */
#define P(i, at) (TINY_PHDRS + (i)*TINY_PHDR_LEN + (at))
enum { TYPE = 0, FLAGS = 4, OFFSET = 8, VADDR = 16, FILESZ = 32, MEMSZ = 40 };

/* A field that is changed, and the check that must meet it (or none). */
/* clang-format off */
static const struct row {
	const char *name;
	size_t at, n;
	uint64_t to;
	enum assay_check want;
	size_t want_at;
} rows[] = {
	{ "as it is",              0, 1, 0x7f,            ASSAY_OK, 0 },
	{ "magic",                 3, 1, 'G',             ASSAY_S_ELF, 0 },
	{ "32 bits",               4, 1, 1,               ASSAY_S_ELF, 4 },
	{ "big-endian",            5, 1, 2,               ASSAY_S_ELF, 5 },
	{ "version of ident",      6, 1, 0,               ASSAY_S_ELF, 6 },
	{ "OS ABI GNU",            7, 1, 3,               ASSAY_OK, 0 },
	{ "OS ABI FreeBSD",        7, 1, 9,               ASSAY_S_ELF, 7 },
	{ "padding is ignored",    8, 8, UINT64_MAX,      ASSAY_OK, 0 },
	{ "ET_EXEC",               16, 2, 2,              ASSAY_S_ELF, 16 },
	{ "another machine",       18, 2, 183,            ASSAY_S_ELF, 18 },
	{ "e_version",             20, 4, 2,              ASSAY_S_ELF, 20 },
	{ "e_ehsize",              52, 2, 63,             ASSAY_S_ELF, 52 },
	{ "e_phentsize",           54, 2, 57,             ASSAY_S_ELF, 54 },
	{ "no program headers",    56, 2, 0,              ASSAY_S_ELF_COUNT, 56 },
	{ "65 program headers",    56, 2, 65,             ASSAY_S_ELF_COUNT, 56 },
	{ "65535 of them",         56, 2, 0xffff,         ASSAY_S_ELF_COUNT, 56 },
	{ "more than are there",   56, 2, 11,             ASSAY_S_ELF_BOUNDS, 32 },
	{ "headers behind the end", 32, 8, TINY_LEN + 1,  ASSAY_S_ELF_BOUNDS, 32 },
	{ "headers cut by the end", 32, 8, TINY_LEN - 223, ASSAY_S_ELF_BOUNDS, 32 },
	{ "headers far away",      32, 8, UINT64_MAX,     ASSAY_S_ELF_BOUNDS, 32 },
	{ "section headers do not matter", 40, 8, UINT64_MAX, ASSAY_OK, 0 },

	{ "an interpreter",        P(3, TYPE), 4, 3,      ASSAY_S_ELF_INTERP, P(3, TYPE) },
	{ "an executable stack",   P(3, FLAGS), 4, 7,     ASSAY_S_ELF_RIGHTS, P(3, FLAGS) },
	{ "another header",        P(3, TYPE), 4, 7,      ASSAY_OK, 0 },

	{ "W and X",               P(1, FLAGS), 4, 7,     ASSAY_S_ELF_RIGHTS, P(1, FLAGS) },
	{ "W and X, not R",        P(1, FLAGS), 4, 3,     ASSAY_S_ELF_RIGHTS, P(1, FLAGS) },
	{ "W alone",               P(2, FLAGS), 4, 2,     ASSAY_S_ELF_RIGHTS, P(2, FLAGS) },
	{ "X alone",               P(1, FLAGS), 4, 1,     ASSAY_S_ELF_RIGHTS, P(1, FLAGS) },
	{ "no rights",             P(0, FLAGS), 4, 0,     ASSAY_S_ELF_RIGHTS, P(0, FLAGS) },
	{ "other flags do not matter", P(0, FLAGS), 4, 0xfffffff4, ASSAY_OK, 0 },

	{ "no memory",             P(2, MEMSZ), 8, 0,     ASSAY_S_ELF_MEMORY, P(2, MEMSZ) },
	{ "more file than memory", P(2, MEMSZ), 8, 0x3f,  ASSAY_S_ELF_MEMORY, P(2, FILESZ) },
	{ "as much file as memory", P(2, MEMSZ), 8, 0x40, ASSAY_OK, 0 },
	{ "no file",               P(2, FILESZ), 8, 0,    ASSAY_OK, 0 },
	{ "as much memory as may be", P(2, MEMSZ), 8, 0xfffddc0, ASSAY_OK, 0 },
	{ "a byte more",           P(2, MEMSZ), 8, 0xfffddc1, ASSAY_S_ELF_MEMORY, P(2, VADDR) },
	{ "256 MiB at 0 and more", P(2, MEMSZ), 8, 0x10000001, ASSAY_S_ELF_MEMORY, P(2, MEMSZ) },
	{ "all memory there is",   P(2, MEMSZ), 8, UINT64_MAX, ASSAY_S_ELF_MEMORY, P(2, MEMSZ) },
	{ "an address that wraps", P(2, VADDR), 8, UINT64_MAX - 0xdbf, ASSAY_S_ELF_MEMORY, P(2, VADDR) },
	{ "a high address",        P(2, VADDR), 8, UINT64_C(1) << 63 | 0x240, ASSAY_S_ELF_MEMORY, P(2, VADDR) },

	{ "begins behind the end", P(2, OFFSET), 8, 0x1240, ASSAY_S_ELF_BOUNDS, P(2, OFFSET) },
	{ "ends behind the end",   P(2, FILESZ), 8, 0x41, ASSAY_S_ELF_BOUNDS, P(2, OFFSET) },
	{ "an offset that wraps",  P(2, OFFSET), 8, UINT64_MAX - 0xdbf, ASSAY_S_ELF_BOUNDS, P(2, OFFSET) },
	{ "a byte more than memory", P(0, FILESZ), 8, 0x201, ASSAY_S_ELF_MEMORY, P(0, FILESZ) },

	{ "another place of the page", P(2, VADDR), 8, 0x2241, ASSAY_S_ELF_ALIGN, P(2, VADDR) },
	{ "another offset",        P(1, OFFSET), 8, 0x1ff, ASSAY_S_ELF_ALIGN, P(1, VADDR) },

	{ "further on",            P(2, VADDR), 8, 0x5240, ASSAY_OK, 0 },
	{ "in the page before",    P(2, VADDR), 8, 0x1240, ASSAY_S_ELF_OVERLAP, P(2, VADDR) },
	{ "at the beginning",      P(2, VADDR), 8, 0x240, ASSAY_S_ELF_OVERLAP, P(2, VADDR) },
	{ "one that takes the next one's page", P(1, MEMSZ), 8, 0xe01, ASSAY_S_ELF_OVERLAP, P(2, VADDR) },
	{ "one that just does not", P(1, MEMSZ), 8, 0xe00, ASSAY_OK, 0 },

	{ "entry at the segment's last byte", 24, 8, 0x123f, ASSAY_OK, 0 },
	{ "entry behind it",       24, 8, 0x1240,         ASSAY_S_ELF_ENTRY, 24 },
	{ "entry before it",       24, 8, 0x11ff,         ASSAY_S_ELF_ENTRY, 24 },
	{ "entry in data",         24, 8, 0x2240,         ASSAY_S_ELF_ENTRY, 24 },
	{ "entry nowhere",         24, 8, UINT64_MAX,     ASSAY_S_ELF_ENTRY, 24 },
	{ "nothing executable",    P(1, FLAGS), 4, 4,     ASSAY_S_ELF_ENTRY, 24 },
};
/* clang-format on */

/* Reads a copy that stands in memory of exactly its size. */
static bool read_copy(struct assay_elf *elf, const uint8_t *p, size_t len,
                      struct assay_err *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool good;

	if (!copy)
		abort();
	memcpy(copy, p, len);
	memset(elf, 0xee, sizeof(*elf));
	*err = (struct assay_err){ 0 };
	good = assay_elf_read(elf, (struct assay_bytes){ copy, len }, err);
	free(copy);
	return good;
}

static bool is_failure(const struct assay_elf *elf, const struct assay_err *err)
{
	return err->check >= ASSAY_S_ELF && err->check <= ASSAY_S_ELF_ENTRY &&
	       err->doc == ASSAY_DOC_PROGRAM && err->note[0] &&
	       all_zero(elf, sizeof(*elf));
}

static void test_row(const struct row *r)
{
	uint8_t program[TINY_LEN];
	struct assay_elf elf;
	struct assay_err err;
	bool good;

	tiny_program(program);
	put_number(program + r->at, r->to, r->n);
	good = read_copy(&elf, program, TINY_LEN, &err);
	ok(good == (r->want == ASSAY_OK) && err.check == r->want &&
	           err.at == r->want_at && (good || is_failure(&elf, &err)),
	   "%s: %s", r->name, err.note);
}

static void test_fields(void)
{
	static const struct assay_elf_load want[] = {
		{ 0, 0x200, ASSAY_PAGE_R, { NULL, 0x200 } },
		{ 0x1200, 0x40, ASSAY_PAGE_R | ASSAY_PAGE_X, { NULL, 0x40 } },
		{ 0x2240, 0x1900, ASSAY_PAGE_R | ASSAY_PAGE_W, { NULL, 0x40 } },
	};
	static const size_t offset[] = { 0, 0x200, 0x240 };
	uint8_t program[TINY_LEN];
	struct assay_elf elf;
	size_t good = 0;

	tiny_program(program);
	ok(assay_elf_read(&elf, (struct assay_bytes){ program, TINY_LEN },
	                  NULL) &&
	           elf.entry == 0x1200 && elf.n_loads == 3,
	   "entry and segments");
	for (size_t i = 0; i < 3; i++)
		good += elf.load[i].vaddr == want[i].vaddr &&
		        elf.load[i].memsz == want[i].memsz &&
		        elf.load[i].rights == want[i].rights &&
		        elf.load[i].file.len == want[i].file.len &&
		        elf.load[i].file.ptr == program + offset[i];
	ok(good == 3, "fields of %zu segments", good);
}

/* Its last segment goes to its end, so that it reads in full only. */
static void test_lengths(void)
{
	uint8_t program[TINY_LEN];
	struct assay_elf elf;
	struct assay_err err;
	size_t good = 0;

	tiny_program(program);
	for (size_t len = 0; len < TINY_LEN; len++)
		good += !read_copy(&elf, program, len, &err) &&
		        err.check == ASSAY_S_ELF_BOUNDS &&
		        is_failure(&elf, &err);
	ok(good == TINY_LEN, "cut at %zu places", good);
}

/* Segments that are 4096 apart, n of them. */
static bool has_loads(size_t n, struct assay_elf *elf, struct assay_err *err)
{
	enum { LEN = 0x2000 };
	static uint8_t program[LEN];
	uint8_t tiny[TINY_LEN];

	tiny_program(tiny);
	memset(program, 0, LEN);
	memcpy(program, tiny, TINY_PHDRS);
	for (size_t i = 0; i < n; i++) {
		uint8_t *p = program + P(i, 0);

		memcpy(p, tiny + P(1, 0), TINY_PHDR_LEN);
		put_number(p + VADDR, 0x1200 + i * 0x1000, 8);
	}
	put_number(program + 56, n, 2);
	return read_copy(elf, program, LEN, err);
}

static void test_counts(void)
{
	uint8_t program[TINY_LEN];
	struct assay_elf elf;
	struct assay_err err;

	ok(has_loads(1, &elf, &err) && elf.n_loads == 1, "one segment");
	ok(has_loads(ASSAY_ELF_MAX_LOADS, &elf, &err) &&
	           elf.n_loads == ASSAY_ELF_MAX_LOADS,
	   "as many as may be");
	ok(!has_loads(ASSAY_ELF_MAX_LOADS + 1, &elf, &err) &&
	           err.check == ASSAY_S_ELF_COUNT && err.at == P(16, 0) &&
	           is_failure(&elf, &err),
	   "one more: %s", err.note);
	tiny_program(program);
	for (size_t i = 0; i < 3; i++)
		put_number(program + P(i, TYPE), 4, 4);
	ok(!read_copy(&elf, program, TINY_LEN, &err) &&
	           err.check == ASSAY_S_ELF_COUNT && err.at == 56,
	   "no segment at all: %s", err.note);
}

int main(void)
{
	test_fields();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_lengths();
	test_counts();
	return done();
}
