/* h_so.c - shared objects made by hand, and streams that are expected of them,
 * written by themselves. */
#include "h_so.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "h_measure.h"

void so_put_ehdr(uint8_t *p, uint16_t n_phdrs, uint64_t entry)
{
	memcpy(p, "\177ELF\2\1\1", 8);
	put_number(p + 16, 3, 2);
	put_number(p + 18, 62, 2);
	put_number(p + 20, 1, 4);
	put_number(p + 24, entry, 8);
	put_number(p + 32, SO_PHDRS, 8);
	put_number(p + 52, 64, 2);
	put_number(p + 54, SO_PHDR, 2);
	put_number(p + 56, n_phdrs, 2);
}

void so_put_phdr(uint8_t *p, uint32_t type, uint32_t flags, uint64_t at,
                 uint64_t vaddr, uint64_t filesz, uint64_t memsz)
{
	put_number(p, type, 4);
	put_number(p + 4, flags, 4);
	put_number(p + 8, at, 8);
	put_number(p + 16, vaddr, 8);
	put_number(p + 24, vaddr, 8);
	put_number(p + 32, filesz, 8);
	put_number(p + 40, memsz, 8);
	put_number(p + 48, 0x1000, 8);
}

void so_put_sections(uint8_t *p, uint64_t at, uint16_t n)
{
	put_number(p + 40, at, 8);
	put_number(p + 58, SO_SHDR, 2);
	put_number(p + 60, n, 2);
	put_number(p + 62, n - 1u, 2);
}

void so_put_shdr(uint8_t *p, uint32_t name, uint32_t type, uint64_t addr,
                 uint64_t at, uint64_t size, uint64_t align)
{
	memset(p, 0, SO_SHDR);
	put_number(p, name, 4);
	put_number(p + 4, type, 4);
	put_number(p + 16, addr, 8);
	put_number(p + 24, at, 8);
	put_number(p + 32, size, 8);
	put_number(p + 48, align, 8);
}

static void put(struct so_stream *s, const void *p, size_t n)
{
	if (n > SO_STREAM_MAX - s->len)
		abort();
	memcpy(s->bytes + s->len, p, n);
	s->len += n;
}

static void put_record(struct so_stream *s, const char *name, uint64_t a,
                       uint64_t b)
{
	uint8_t record[64] = { 0 };

	memcpy(record, name, strlen(name));
	put_number(record + 8, a, 8);
	put_number(record + 16, b, 8);
	put(s, record, sizeof(record));
}

void so_begin(struct so_stream *s, uint64_t size)
{
	s->len = 0;
	put_record(s, "ECREATE", 1, 0);
	put_number(s->bytes + 12, size, 8);
}

void so_eadd(struct so_stream *s, uint64_t at, uint64_t flags)
{
	put_record(s, "EADD", at, flags);
}

void so_page(struct so_stream *s, uint64_t at, uint64_t flags,
             const uint8_t bytes[4096])
{
	so_eadd(s, at, flags);
	for (size_t i = 0; i < 4096; i += 256) {
		put_record(s, "EEXTEND", at + i, 0);
		put(s, bytes + i, 256);
	}
}

void so_filled(struct so_stream *s, uint64_t at, uint64_t flags, uint8_t byte)
{
	uint8_t bytes[4096];

	memset(bytes, byte, sizeof(bytes));
	so_page(s, at, flags, bytes);
}

void so_hash(uint8_t mrenclave[32], const struct so_stream *s)
{
	assay_sha256(mrenclave, (struct assay_bytes){ s->bytes, s->len });
}

void so_see(void *seen, const uint8_t *p, size_t n)
{
	struct so_seen *s = seen;

	s->same &= s->len + n <= s->expected->len &&
	           memcmp(s->expected->bytes + s->len, p, n) == 0;
	s->len += n;
}

void so_see_pages(void *seen, const struct assay_pages *pages)
{
	struct so_seen *s = seen;

	if (s->n < SO_SEEN_MAX)
		s->pages[s->n++] = *pages;
}

bool so_is_run(const struct assay_pages *p, const char *name, uint64_t at,
               uint64_t n, uint64_t flags, unsigned chunks)
{
	return strcmp(p->name, name) == 0 && p->at == at && p->n == n &&
	       p->flags == flags && p->chunks == chunks;
}

bool so_measure(struct assay_measurement *m, struct assay_bytes file,
                const struct assay_measuring *how)
{
	uint8_t *copy = malloc(file.len ? file.len : 1);
	bool good;

	if (!copy)
		abort();
	memcpy(copy, file.ptr, file.len);
	good = assay_measure(m, (struct assay_bytes){ copy, file.len }, how);
	free(copy);
	return good;
}
