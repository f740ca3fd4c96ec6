/* sgxs.c - a stream that was written to a file [SGX 3.5]. */
#include "measure/sgxs.h"

#include "base/err.h"
#include "base/rd.h"
#include "measure/bytes.h"

#include <stdarg.h>
#include <string.h>

enum { HEAD_LEN = 64, SIZE_MIN = 8192, SPANS_MAX = 64, AT_ONCE = 4096 };

static const char ecreate[8] = "ECREATE";
static const char unsized_ecreate[8] = "UNSIZED";
static const char eadd[8] = "EADD\0\0\0";
static const char eextend[8] = "EEXTEND";
static const char unmeasured[8] = { 'U', 'N', 'M', 'E', 'A', 'S', 'R', 'D' };

/* A record: its head, and its data where it has any. */
struct record {
	size_t at; /* in the file */
	const uint8_t *name;
	struct assay_rd head; /* behind the name */
	struct assay_bytes data;
};

/* Where pages were added, ascending.  What is between two of them counts as
 * added where there is no room to tell: a stream whose pages ascend never asks
 * for it. */
struct spans {
	size_t n;
	struct {
		uint64_t at, end;
	} span[SPANS_MAX];
};

struct reader {
	struct assay_stream *stream;
	struct assay_bytes in;
	struct assay_rd rd;
	struct assay_err *err;
	bool is_unsized;
	bool patched;     /* the size was put where it belongs, */
	uint64_t size_at; /* which is here in the enclave */
	struct spans spans;
	uint64_t page;          /* that was added last, */
	unsigned seen;          /* which of its chunks came, measured or not, */
	bool any;               /* if there was one */
	struct assay_pages run; /* pages that are alike; n = 0: none */
	void (*pages)(void *to, const struct assay_pages *pages);
	void *to;
};

ASSAY_PRINTF(3, 4)
static bool bad(const struct reader *x, size_t at, const char *fmt, ...)
{
	struct assay_err *err = x->err;
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_SGXS, ASSAY_DOC_SGXS, at, fmt, ap);
	va_end(ap);
	return false;
}

static bool is(const uint8_t *name, const char want[8])
{
	return memcmp(name, want, 8) == 0;
}

bool assay_is_sgxs(struct assay_bytes in)
{
	return in.len >= 8 &&
	       (is(in.ptr, ecreate) || is(in.ptr, unsized_ecreate));
}

/* ---- runs of pages, for whoever asked for them */

static void flush(struct reader *x)
{
	if (x->pages && x->run.n > 0)
		x->pages(x->to, &x->run);
	x->run.n = 0;
}

static void note_run(struct reader *x, uint64_t at, uint64_t n, uint64_t flags,
                     unsigned chunks)
{
	if (x->run.n > 0 && x->run.flags == flags && x->run.chunks == chunks &&
	    x->run.at + x->run.n * ASSAY_PAGE == at) {
		x->run.n += n;
		return;
	}
	flush(x);
	x->run = (struct assay_pages){ "", at, n, flags, chunks };
}

/* The page that was added last is complete. */
static void note_page(struct reader *x)
{
	const struct assay_stream *s = x->stream;
	unsigned chunks = 0;

	for (unsigned bits = s->page_chunks; bits; bits &= bits - 1)
		chunks++;
	note_run(x, s->page, 1, s->page_flags, chunks);
}

/* ---- no page is added twice */

/* How many spans begin at `at` or before it. */
static size_t before(const struct spans *s, uint64_t at)
{
	size_t i = s->n;

	while (i > 0 && s->span[i - 1].at > at)
		i--;
	return i;
}

/* How many pages are free from `at` on; at most `most`. */
static uint64_t room(const struct spans *s, uint64_t at, uint64_t most)
{
	size_t i = before(s, at);
	uint64_t n;

	if (i > 0 && s->span[i - 1].end > at)
		return 0;
	n = i < s->n ? (s->span[i].at - at) / ASSAY_PAGE : most;
	return n < most ? n : most;
}

static void insert_span(struct spans *s, size_t i, uint64_t at, uint64_t end)
{
	if (s->n == SPANS_MAX) {
		if (i > 0)
			s->span[i - 1].end = end;
		else
			s->span[0].at = at;
		return;
	}
	memmove(&s->span[i + 1], &s->span[i], (s->n - i) * sizeof(s->span[0]));
	s->span[i].at = at;
	s->span[i].end = end;
	s->n++;
}

/* Joins span i with the one before it. */
static void join_spans(struct spans *s, size_t i)
{
	s->span[i - 1].end = s->span[i].end;
	s->n--;
	memmove(&s->span[i], &s->span[i + 1], (s->n - i) * sizeof(s->span[0]));
}

/* Covers n pages that are free. */
static void cover(struct spans *s, uint64_t at, uint64_t n)
{
	uint64_t end = at + n * ASSAY_PAGE;
	size_t i = before(s, at);
	bool left = i > 0 && s->span[i - 1].end == at;
	bool right = i < s->n && s->span[i].at == end;

	if (left)
		s->span[i - 1].end = end;
	else if (right)
		s->span[i].at = at;
	else
		insert_span(s, i, at, end);
	if (left && right)
		join_spans(s, i);
}

/* ---- records */

static bool read_record(struct reader *x, struct record *rec)
{
	bool has_data;

	*rec = (struct record){ .at = x->rd.pos };
	rec->head = assay_rd_sub(&x->rd, HEAD_LEN, "head");
	rec->name = assay_rd_bytes(&rec->head, 8, "name").ptr;
	has_data = rec->name &&
	           (is(rec->name, eextend) || is(rec->name, unmeasured));
	if (has_data)
		rec->data = assay_rd_bytes(&x->rd, ASSAY_CHUNK, "chunk");
	return assay_rd_ok(&x->rd) ||
	       bad(x, x->rd.bad_at, "%s wants %zu bytes, %zu are left",
	           x->rd.bad, x->rd.bad_want, x->rd.bad_left);
}

static bool ends_with_zeros(struct reader *x, struct record *rec)
{
	size_t at = rec->head.pos;

	return is_zero(assay_rd_rest(&rec->head)) ||
	       bad(x, at, "the rest of the record's head is not zero");
}

/* The least SIZE that holds every page of a stream; what is no stream is
 * refused when it is read again. */
static uint64_t find_size(const struct reader *x)
{
	struct reader walk = { .in = x->in, .rd = assay_rd(x->in) };
	uint64_t size = SIZE_MIN;
	struct record rec;

	while (assay_rd_left(&walk.rd) > 0 && read_record(&walk, &rec)) {
		uint64_t at = assay_rd_u64le(&rec.head, "offset");

		while (is(rec.name, eadd) && size && size - ASSAY_PAGE < at)
			size *= 2;
	}
	return size;
}

static bool take_ecreate(struct reader *x, struct record *rec)
{
	uint32_t frame = assay_rd_u32le(&rec->head, "SSAFRAMESIZE");
	size_t size_at = rec->head.pos;
	uint64_t size = assay_rd_u64le(&rec->head, "SIZE");
	uint64_t cet = assay_rd_u64le(&rec->head, "CET_LEG_BITMAP_OFFSET");

	if (!ends_with_zeros(x, rec))
		return false;
	x->is_unsized = is(rec->name, unsized_ecreate);
	if (x->is_unsized) {
		if (size % 8)
			return bad(
				x, size_at,
				"the size's place 0x%llx is no multiple of 8",
				(unsigned long long)size);
		x->size_at = size;
		size = find_size(x);
	}
	return assay_stream_ecreate(x->stream, frame, size, cet, x->err);
}

/* Takes the records that add the pages behind `at` in the same way, at most
 * `most`: a heap has millions of them. */
static uint64_t take_same(struct reader *x, uint64_t at, uint64_t flags,
                          uint64_t most)
{
	uint8_t want[HEAD_LEN] = { 0 };
	uint64_t n = 0;

	memcpy(want, eadd, sizeof(eadd));
	put_le(want + 16, flags, 8);
	for (; n < most && assay_rd_left(&x->rd) >= HEAD_LEN; n++) {
		at += ASSAY_PAGE;
		put_le(want + 8, at, 8);
		if (memcmp(x->rd.base + x->rd.pos, want, HEAD_LEN) != 0)
			break;
		assay_rd_bytes(&x->rd, HEAD_LEN, "head");
	}
	return n;
}

static bool take_eadd(struct reader *x, struct record *rec)
{
	uint64_t at = assay_rd_u64le(&rec->head, "offset");
	uint64_t flags = assay_rd_u64le(&rec->head, "flags");
	uint64_t size = x->stream->size, n;

	if (!ends_with_zeros(x, rec))
		return false;
	if ((flags & ~(uint64_t)7) == ASSAY_PAGE_TCS && flags & 7)
		return bad(x, rec->at + 16,
		           "flags 0x%llx: a processor hashes 0x100",
		           (unsigned long long)flags);
	n = room(&x->spans, at, at < size ? (size - at) / ASSAY_PAGE : 1);
	if (n == 0 && at % ASSAY_PAGE == 0)
		return bad(x, rec->at + 8, "page 0x%llx is there already",
		           (unsigned long long)at);
	if (x->any)
		note_page(x);
	n = n > AT_ONCE ? AT_ONCE : n;
	n = n > 1 ? 1 + take_same(x, at, flags, n - 1) : 1;
	if (!assay_stream_eadd(x->stream, at, flags, n, x->err))
		return false;
	cover(&x->spans, at, n);
	if (n > 1)
		note_run(x, at, n - 1, flags, 0);
	x->any = true;
	x->page = at + (n - 1) * ASSAY_PAGE;
	x->seen = 0;
	return true;
}

/* Where the stream says nothing of its size, the size is put into memory. */
static void patch_size(struct reader *x, uint64_t at,
                       uint8_t chunk[ASSAY_CHUNK])
{
	if (!x->is_unsized || x->size_at < at || x->size_at - at >= ASSAY_CHUNK)
		return;
	put_le(chunk + (x->size_at - at), x->stream->size, 8);
	x->patched = true;
}

/* What is hashed is what stands here: a TCS must be as the processor leaves
 * it. */
static bool is_cleared(struct reader *x, const struct record *rec, uint64_t at)
{
	uint8_t chunk[ASSAY_CHUNK];

	if (x->stream->page_flags != ASSAY_PAGE_TCS || at != x->page)
		return true;
	memcpy(chunk, rec->data.ptr, sizeof(chunk));
	assay_tcs_clear(chunk);
	return memcmp(chunk, rec->data.ptr, sizeof(chunk)) == 0 ||
	       bad(x, rec->at + HEAD_LEN,
	           "a processor clears DBGOPTIN, CSSA, AEP and STATE of a TCS");
}

static bool take_chunk(struct reader *x, struct record *rec)
{
	uint64_t at = assay_rd_u64le(&rec->head, "offset");
	bool here = x->any && at % ASSAY_CHUNK == 0 && at >= x->page &&
	            at - x->page < ASSAY_PAGE;
	unsigned bit = 1u << at % ASSAY_PAGE / ASSAY_CHUNK;
	uint8_t chunk[ASSAY_CHUNK];

	if (!ends_with_zeros(x, rec))
		return false;
	if (!here || x->seen & bit)
		return bad(x, rec->at + 8, "chunk 0x%llx is %s",
		           (unsigned long long)at,
		           here ? "there twice" : "not of the page before it");
	x->seen |= bit;
	if (is(rec->name, unmeasured))
		return true;
	if (!is_cleared(x, rec, at))
		return false;
	memcpy(chunk, rec->data.ptr, sizeof(chunk));
	patch_size(x, at, chunk);
	return assay_stream_eextend(x->stream, at, chunk, x->err);
}

static bool take_record(struct reader *x, struct record *rec)
{
	bool first = rec->at == 0;

	if (is(rec->name, ecreate) || is(rec->name, unsized_ecreate))
		return first ? take_ecreate(x, rec)
		             : bad(x, rec->at, "it is created a second time");
	if (first)
		return bad(x, 0, "it does not begin with ECREATE or UNSIZED");
	if (is(rec->name, eadd))
		return take_eadd(x, rec);
	if (rec->data.len > 0)
		return take_chunk(x, rec);
	return bad(x, rec->at, "the record's name is unknown");
}

bool assay_sgxs_stream(struct assay_stream *s, bool *unsized,
                       struct assay_bytes in,
                       void (*pages)(void *to, const struct assay_pages *pages),
                       void *to, struct assay_err *err)
{
	struct reader x = { .stream = s,
		            .in = in,
		            .rd = assay_rd(in),
		            .err = err,
		            .pages = pages,
		            .to = to };
	struct record rec;

	do {
		if (!read_record(&x, &rec) || !take_record(&x, &rec))
			return false;
	} while (assay_rd_left(&x.rd) > 0);
	if (x.is_unsized && !x.patched)
		return bad(&x, 12, "the size's place 0x%llx is not measured",
		           (unsigned long long)x.size_at);
	if (x.any)
		note_page(&x);
	flush(&x);
	*unsized = x.is_unsized;
	return true;
}
