/* h_measure.c - small artefacts for tests, made by hand. */
#include "h_measure.h"

#include "base/text.h"
#include "measure/launch.h"
#include "measure/sigstruct.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char tiny_measurement[] =
	"f8d419a07dca627f3a98b8b2c22b1209ea5264af3c27345905927ba820f4a1b5";

void put_number(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

bool all_zero(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

bool is_hex(const uint8_t *p, size_t n, const char *hex)
{
	char text[129];

	if (n > 64)
		abort();
	assay_hex_print(text, p, n, false);
	return strcmp(text, hex) == 0;
}

static void put_phdr(uint8_t *p, uint32_t type, uint32_t flags, uint64_t offset,
                     uint64_t vaddr, uint64_t filesz, uint64_t memsz)
{
	put_number(p, type, 4);
	put_number(p + 4, flags, 4);
	put_number(p + 8, offset, 8);
	put_number(p + 16, vaddr, 8);
	put_number(p + 24, vaddr, 8);
	put_number(p + 32, filesz, 8);
	put_number(p + 40, memsz, 8);
	put_number(p + 48, 0x1000, 8);
}

void tiny_program(uint8_t out[TINY_LEN])
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	uint8_t *p = out + TINY_PHDRS;

	for (size_t i = 0; i < TINY_LEN; i++)
		out[i] = (uint8_t)(7 * i + i / 256 + 0xa0);
	memset(out, 0, TINY_PHDRS + 4 * TINY_PHDR_LEN);
	memcpy(out, ident, sizeof(ident));
	put_number(out + 16, 3, 2);  /* ET_DYN */
	put_number(out + 18, 62, 2); /* x86-64 */
	put_number(out + 20, 1, 4);
	put_number(out + 24, 0x1200, 8); /* entry */
	put_number(out + 32, TINY_PHDRS, 8);
	put_number(out + 52, 64, 2);
	put_number(out + 54, TINY_PHDR_LEN, 2);
	put_number(out + 56, 4, 2);
	put_phdr(p, 1, 4, 0, 0, 0x200, 0x200);
	put_phdr(p + 56, 1, 5, 0x200, 0x1200, 0x40, 0x40);
	put_phdr(p + 112, 1, 6, 0x240, 0x2240, 0x40, 0x1900);
	put_phdr(p + 168, 0x6474e551, 6, 0, 0, 0, 0);
}

struct assay_launch tiny_launch(void)
{
	static const uint8_t args[] = "enclave\0-x";

	return (struct assay_launch){
		.stack = 2 * ASSAY_PAGE,
		.heap = 3 * ASSAY_PAGE,
		.threads = 2,
		.profile = ASSAY_PROFILE_CLOSED,
		.n_args = 2,
		.args = { args, sizeof(args) },
	};
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! h_measure: %s\n", what);
	exit(2);
}

const struct assay_rsa3 *tiny_key(void)
{
	static struct assay_rsa3 *key;

	if (!key)
		key = assay_rsa3_new();
	must(key != NULL, "no key");
	return key;
}

void tiny_signed(uint8_t out[TINY_SIGNED_LEN], const struct assay_rsa3 *key)
{
	struct assay_bytes program = { out, TINY_LEN };
	struct assay_launch launch = tiny_launch();
	struct assay_measuring how = { .launch = &launch };
	uint8_t page[ASSAY_PAGE], s[ASSAY_SIGSTRUCT_LEN];
	struct assay_sigstruct fields;
	struct assay_measurement m;

	tiny_program(out);
	must(assay_measure(&m, program, &how), "it does not measure");
	must(assay_launch_write(page, &launch, program, NULL), "no page");
	assay_sigstruct_default(&fields, false);
	fields.date = 0x20261123;
	fields.isv_prod_id = 7;
	fields.isv_svn = 3;
	memcpy(fields.mrenclave, m.computed, 32);
	must(assay_sigstruct_sign(s, &fields, key ? key : tiny_key(), NULL),
	     "no signature");
	assay_signed_tail(out + TINY_LEN, TINY_LEN, page, s);
}
