/* h_so.h - shared objects made by hand, and streams that are expected of them,
 * written by themselves. */
#ifndef TESTS_H_SO_H
#define TESTS_H_SO_H

#include <assay/measure.h>

enum { SO_PHDRS = 64, SO_PHDR = 56, SO_SHDR = 64 };

/* A shared object's header, with program headers behind it. */
void so_put_ehdr(uint8_t *p, uint16_t n_phdrs, uint64_t entry);
void so_put_phdr(uint8_t *p, uint32_t type, uint32_t flags, uint64_t at,
                 uint64_t vaddr, uint64_t filesz, uint64_t memsz);
/* Into the header: where section headers are, the last of which has names. */
void so_put_sections(uint8_t *p, uint64_t at, uint16_t n);
void so_put_shdr(uint8_t *p, uint32_t name, uint32_t type, uint64_t addr,
                 uint64_t at, uint64_t size, uint64_t align);

/* A stream on its way. */
enum { SO_STREAM_MAX = 1 << 20 };
struct so_stream {
	uint8_t bytes[SO_STREAM_MAX];
	size_t len;
};
void so_begin(struct so_stream *s, uint64_t size);
void so_eadd(struct so_stream *s, uint64_t at, uint64_t flags);
void so_page(struct so_stream *s, uint64_t at, uint64_t flags,
             const uint8_t bytes[4096]);
void so_filled(struct so_stream *s, uint64_t at, uint64_t flags, uint8_t byte);
void so_hash(uint8_t mrenclave[32], const struct so_stream *s);

/* What a measurement tells on its way: whether its stream is what is expected,
 * and the pages that are added. */
enum { SO_SEEN_MAX = 64 };
struct so_seen {
	const struct so_stream *expected;
	size_t len, n;
	bool same;
	struct assay_pages pages[SO_SEEN_MAX];
};
void so_see(void *seen, const uint8_t *p, size_t n);
void so_see_pages(void *seen, const struct assay_pages *pages);
bool so_is_run(const struct assay_pages *p, const char *name, uint64_t at,
               uint64_t n, uint64_t flags, unsigned chunks);
/* assay_measure, in memory of just that size: a sanitizer sees a read beyond. */
bool so_measure(struct assay_measurement *m, struct assay_bytes file,
                const struct assay_measuring *how);

#endif
