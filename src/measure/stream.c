/* stream.c - the bytes that a processor hashes while an enclave is built
 * [SGX 1]. */
#include "measure/stream.h"

#include "base/err.h"
#include "measure/bytes.h"

#include <string.h>

enum {
	BLOCK = 64,                     /* the head of a record */
	EXTENDED = BLOCK + ASSAY_CHUNK, /* EEXTEND with its data */
	PAGE_RECORDS = BLOCK + ASSAY_N_CHUNKS * EXTENDED,
	EADDS_AT_ONCE = 64,
	SIZE_MIN = 8192,
	TYPE_MASK = 0xff00,
	RIGHTS_MASK = ASSAY_PAGE_R | ASSAY_PAGE_W | ASSAY_PAGE_X,
};

static bool is_tcs(uint64_t flags)
{
	return (flags & TYPE_MASK) == ASSAY_PAGE_TCS;
}

/* ---- checks */

/* The enclave is at the stage that `what` wants: not created, or created; and
 * in any case not at its end. */
static bool is_time(const struct assay_stream *s, const char *what,
                    bool created, struct assay_err *err)
{
	if (!s->over && (s->size > 0) == created)
		return true;
	return assay_fail(err, ASSAY_S_ORDER, ASSAY_DOC_ENCLAVE, 0, "%s %s",
	                  what,
	                  s->over   ? "after the enclave's end"
	                  : s->size ? "a second time"
	                            : "before ECREATE");
}

static bool check_size(uint64_t size, struct assay_err *err)
{
	if (size >= SIZE_MIN && (size & (size - 1)) == 0)
		return true;
	return assay_fail(err, ASSAY_S_SIZE, ASSAY_DOC_ENCLAVE, 0,
	                  "got 0x%llx, want a power of two, at least 0x2000",
	                  (unsigned long long)size);
}

static bool check_frame(uint32_t ssa_frame, struct assay_err *err)
{
	return ssa_frame > 0 ||
	       assay_fail(err, ASSAY_S_FRAME, ASSAY_DOC_ENCLAVE, 0,
	                  "got SSAFRAMESIZE 0, want at least 1");
}

static bool check_offset(const struct assay_stream *s, uint64_t at, uint64_t n,
                         struct assay_err *err)
{
	if (at % ASSAY_PAGE == 0 && at < s->size &&
	    n <= (s->size - at) / ASSAY_PAGE)
		return true;
	return assay_fail(err, ASSAY_S_OFFSET, ASSAY_DOC_ENCLAVE, (size_t)at,
	                  "got %llu pages at 0x%llx, want a multiple of 0x1000 "
	                  "in an enclave of 0x%llx",
	                  (unsigned long long)n, (unsigned long long)at,
	                  (unsigned long long)s->size);
}

/* Other types belong to other instructions; a regular page that is writable
 * and not readable is refused by the processor. */
static bool check_flags(uint64_t at, uint64_t flags, struct assay_err *err)
{
	uint64_t type = flags & TYPE_MASK;
	bool known = (flags & ~(uint64_t)(TYPE_MASK | RIGHTS_MASK)) == 0 &&
	             (type == ASSAY_PAGE_TCS || type == ASSAY_PAGE_REG);
	bool blind = (flags & (ASSAY_PAGE_W | ASSAY_PAGE_R)) == ASSAY_PAGE_W;

	if (known && (type == ASSAY_PAGE_TCS || !blind))
		return true;
	return assay_fail(err, ASSAY_S_FLAGS, ASSAY_DOC_ENCLAVE, (size_t)at,
	                  "got flags 0x%llx%s, want 0x100 (TCS), or 0x200 with "
	                  "R, W and X",
	                  (unsigned long long)flags,
	                  known ? " (W without R)" : "");
}

static bool check_pages(const struct assay_stream *s, uint64_t at,
                        uint64_t flags, uint64_t n, struct assay_err *err)
{
	return is_time(s, "EADD", true, err) && check_offset(s, at, n, err) &&
	       check_flags(at, flags, err);
}

/* A TCS: STATE 0, FLAGS 8, OSSA 16, CSSA 24, NSSA 28, OENTRY 32, AEP 40,
 * OFSBASE 48, OGSBASE 56, FSLIMIT 64, GSLIMIT 68; the rest is reserved, and so
 * are the flags but for DBGOPTIN and AEXNOTIFY. */
enum {
	TCS_STATE = 0,
	TCS_FLAGS = 8,
	TCS_CSSA = 24,
	TCS_AEP = 40,
	TCS_RESERVED = 72,
	TCS_DBGOPTIN = 1,
	TCS_AEXNOTIFY = 2,
};

void assay_tcs_clear(uint8_t chunk[ASSAY_CHUNK])
{
	memset(chunk + TCS_STATE, 0, 8);
	chunk[TCS_FLAGS] &= (uint8_t)~TCS_DBGOPTIN;
	memset(chunk + TCS_CSSA, 0, 4);
	memset(chunk + TCS_AEP, 0, 8);
}

/* Whether a byte of a TCS, which stands at `i` in its page, may be so. */
static bool is_tcs_byte(size_t i, uint8_t byte)
{
	if (i == TCS_FLAGS)
		byte &= (uint8_t) ~(TCS_DBGOPTIN | TCS_AEXNOTIFY);
	else if (i < TCS_FLAGS || (i >= TCS_FLAGS + 8 && i < TCS_RESERVED))
		return true;
	return byte == 0;
}

/* `n` bytes of a TCS that begins at `page`, from `at` on. */
static bool check_tcs(uint64_t page, uint64_t at, const uint8_t *p, size_t n,
                      struct assay_err *err)
{
	size_t from = (size_t)(at - page), i = 0;

	while (i < n && is_tcs_byte(from + i, p[i]))
		i++;
	return i == n ||
	       assay_fail(err, ASSAY_S_TCS, ASSAY_DOC_ENCLAVE, (size_t)at + i,
	                  "got 0x%02x at %zu of a TCS, want zero", p[i],
	                  from + i);
}

static unsigned chunk_bit(uint64_t at)
{
	return 1u << at % ASSAY_PAGE / ASSAY_CHUNK;
}

static bool check_chunk(const struct assay_stream *s, uint64_t at,
                        struct assay_err *err)
{
	bool here = s->page_flags && at >= s->page &&
	            at - s->page < ASSAY_PAGE && at % ASSAY_CHUNK == 0;

	if (here && !(s->page_chunks & chunk_bit(at)))
		return true;
	return assay_fail(err, ASSAY_S_CHUNK, ASSAY_DOC_ENCLAVE, (size_t)at,
	                  "EEXTEND at 0x%llx: %s", (unsigned long long)at,
	                  here ? "it is measured already"
	                       : "want a chunk of the page added last");
}

/* ---- records */

static void put(struct assay_stream *s, const uint8_t *p, size_t n)
{
	assay_sha256_more(&s->hash, (struct assay_bytes){ p, n });
	if (s->sink)
		s->sink->put(s->sink->to, p, n);
	s->hashed += n;
}

/* The head of a record: its name, a number, zeros. */
static void write_head(uint8_t out[BLOCK], const char name[8], uint64_t v)
{
	memset(out, 0, BLOCK);
	memcpy(out, name, 8);
	put_le(out + 8, v, 8);
}

static void write_eadd(uint8_t out[BLOCK], uint64_t at, uint64_t flags)
{
	write_head(out, "EADD\0\0\0", at);
	put_le(out + 16, is_tcs(flags) ? ASSAY_PAGE_TCS : flags, 8);
}

static void write_eextend(uint8_t out[EXTENDED], uint64_t at,
                          const uint8_t chunk[ASSAY_CHUNK])
{
	write_head(out, "EEXTEND", at);
	memcpy(out + BLOCK, chunk, ASSAY_CHUNK);
}

/* All records of a page. */
static void write_page(uint8_t out[PAGE_RECORDS], uint64_t at, uint64_t flags,
                       const uint8_t page[ASSAY_PAGE])
{
	write_eadd(out, at, flags);
	out += BLOCK;
	if (is_tcs(flags)) {
		write_eextend(out, at, page);
		assay_tcs_clear(out + BLOCK);
	}
	for (size_t i = is_tcs(flags); i < ASSAY_N_CHUNKS; i++)
		write_eextend(out + i * EXTENDED, at + i * ASSAY_CHUNK,
		              page + i * ASSAY_CHUNK);
}

static void added(struct assay_stream *s, uint64_t at, uint64_t flags,
                  unsigned chunks)
{
	s->page = at;
	s->page_flags = flags;
	s->page_chunks = chunks;
}

/* ---- steps */

void assay_stream_begin(struct assay_stream *s, const struct assay_sink *sink)
{
	*s = (struct assay_stream){ .sink = sink };
	assay_sha256_begin(&s->hash);
}

/* SIZE is not aligned; [SGX 1] has the table. */
bool assay_stream_ecreate(struct assay_stream *s, uint32_t ssa_frame,
                          uint64_t size, uint64_t cet_bitmap,
                          struct assay_err *err)
{
	uint8_t out[BLOCK];

	if (!is_time(s, "ECREATE", false, err) || !check_size(size, err) ||
	    !check_frame(ssa_frame, err))
		return false;
	write_head(out, "ECREATE", ssa_frame);
	put_le(out + 12, size, 8);
	put_le(out + 20, cet_bitmap, 8);
	put(s, out, sizeof(out));
	s->size = size;
	return true;
}

bool assay_stream_eadd(struct assay_stream *s, uint64_t at, uint64_t flags,
                       uint64_t n, struct assay_err *err)
{
	uint8_t out[EADDS_AT_ONCE * BLOCK];

	if (!check_pages(s, at, flags, n, err))
		return false;
	for (size_t i = 0; i < EADDS_AT_ONCE && i < n; i++)
		write_eadd(out + i * BLOCK, at, flags);
	added(s, at + (n - 1) * ASSAY_PAGE, flags, 0);
	while (n > 0) {
		size_t some = n < EADDS_AT_ONCE ? (size_t)n : EADDS_AT_ONCE;

		for (size_t i = 0; i < some; i++, at += ASSAY_PAGE)
			put_le(out + i * BLOCK + 8, at, 8);
		put(s, out, some * BLOCK);
		n -= some;
	}
	return true;
}

bool assay_stream_eextend(struct assay_stream *s, uint64_t at,
                          const uint8_t chunk[ASSAY_CHUNK],
                          struct assay_err *err)
{
	uint8_t out[EXTENDED];

	if (!is_time(s, "EEXTEND", true, err) || !check_chunk(s, at, err) ||
	    (is_tcs(s->page_flags) &&
	     !check_tcs(s->page, at, chunk, ASSAY_CHUNK, err)))
		return false;
	write_eextend(out, at, chunk);
	if (is_tcs(s->page_flags) && at == s->page)
		assay_tcs_clear(out + BLOCK);
	put(s, out, sizeof(out));
	s->page_chunks |= chunk_bit(at);
	return true;
}

bool assay_stream_page(struct assay_stream *s, uint64_t at, uint64_t flags,
                       const uint8_t page[ASSAY_PAGE], struct assay_err *err)
{
	uint8_t out[PAGE_RECORDS];

	if (!check_pages(s, at, flags, 1, err) ||
	    (is_tcs(flags) && !check_tcs(at, at, page, ASSAY_PAGE, err)))
		return false;
	write_page(out, at, flags, page);
	put(s, out, sizeof(out));
	added(s, at, flags, ASSAY_CHUNKS_ALL);
	return true;
}

bool assay_stream_zeros(struct assay_stream *s, uint64_t at, uint64_t flags,
                        uint64_t n, struct assay_err *err)
{
	static const uint8_t zeros[ASSAY_PAGE];
	uint8_t out[PAGE_RECORDS];

	if (!check_pages(s, at, flags, n, err))
		return false;
	added(s, at + (n - 1) * ASSAY_PAGE, flags, ASSAY_CHUNKS_ALL);
	write_page(out, at, flags, zeros);
	for (; n > 0; n--, at += ASSAY_PAGE) {
		put_le(out + 8, at, 8);
		for (size_t i = 0; i < ASSAY_N_CHUNKS; i++)
			put_le(out + BLOCK + i * EXTENDED + 8,
			       at + i * ASSAY_CHUNK, 8);
		put(s, out, sizeof(out));
	}
	return true;
}

bool assay_measured_fits(uint64_t pages, enum assay_doc doc, size_t at,
                         struct assay_err *err)
{
	return pages <= ASSAY_MEASURED_MAX ||
	       assay_fail(err, ASSAY_S_MEASURED, doc, at,
	                  "%llu pages: want at most %llu",
	                  (unsigned long long)pages,
	                  (unsigned long long)ASSAY_MEASURED_MAX);
}

bool assay_stream_end(uint8_t mrenclave[ASSAY_SHA256_LEN],
                      struct assay_stream *s, struct assay_err *err)
{
	memset(mrenclave, 0, ASSAY_SHA256_LEN);
	if (!is_time(s, "EINIT", true, err))
		return false;
	assay_sha256_end(mrenclave, &s->hash);
	s->over = true;
	return true;
}
