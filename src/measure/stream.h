/* stream.h - the bytes that a processor hashes while an enclave is built; their
 * SHA-256 is MRENCLAVE [SGX 1]. */
#ifndef MEASURE_STREAM_H
#define MEASURE_STREAM_H

#include <assay/err.h>
#include <assay/measure.h>

#include "crypto/sha256.h"

enum {
	ASSAY_CHUNK = 256, /* what EEXTEND measures */
	ASSAY_N_CHUNKS = ASSAY_PAGE / ASSAY_CHUNK,
	ASSAY_CHUNKS_ALL = 0xffff, /* a bit for each chunk of a page */
};

/* SECINFO.FLAGS */
enum {
	ASSAY_PAGE_R = 1,
	ASSAY_PAGE_W = 2,
	ASSAY_PAGE_X = 4,
	ASSAY_PAGE_TCS = 0x100,
	ASSAY_PAGE_REG = 0x200,
};

/* Gets the stream's bytes as they are hashed.  What goes wrong with them is
 * its own affair. */
struct assay_sink {
	void (*put)(void *to, const uint8_t *p, size_t n);
	void *to;
};

/*
 * An enclave on its way.  Copy it freely, to see what its measurement would be
 * if it ended here.  Every step checks first: a step that fails leaves the
 * stream as it was.  Offsets in failures are offsets in the enclave.
 */
struct assay_stream {
	struct assay_sha256_run hash;
	const struct assay_sink *sink; /* or NULL */
	uint64_t size;                 /* SECS.SIZE; 0 before ECREATE */
	uint64_t hashed;               /* bytes so far */
	uint64_t page;                 /* the page that was added last, */
	uint64_t page_flags;           /* its flags (0: none yet), */
	unsigned page_chunks; /* and which of its chunks are measured */
	bool over;
};

void assay_stream_begin(struct assay_stream *s, const struct assay_sink *sink);

/* ECREATE.  ssa_frame: SSAFRAMESIZE, in pages; cet_bitmap:
 * CET_LEG_BITMAP_OFFSET, 0 but for CET.  Fails with S_ORDER, S_SIZE,
 * S_FRAME. */
ASSAY_MUST_CHECK bool assay_stream_ecreate(struct assay_stream *s,
                                           uint32_t ssa_frame, uint64_t size,
                                           uint64_t cet_bitmap,
                                           struct assay_err *err);

/* EADD of n > 0 pages that follow each other, contents not measured: 64 bytes a
 * page are hashed, whatever is in it.  Rights of a TCS are dropped, as the
 * processor does.  Fails with S_ORDER, S_OFFSET, S_FLAGS. */
ASSAY_MUST_CHECK bool assay_stream_eadd(struct assay_stream *s, uint64_t at,
                                        uint64_t flags, uint64_t n,
                                        struct assay_err *err);

/* EEXTEND of a chunk of the page that was added last.  In a TCS, what the
 * processor clears is hashed as zero.  Fails with S_ORDER, S_CHUNK, S_TCS. */
ASSAY_MUST_CHECK bool assay_stream_eextend(struct assay_stream *s, uint64_t at,
                                           const uint8_t chunk[ASSAY_CHUNK],
                                           struct assay_err *err);

/* EADD, and EEXTEND of all 16 chunks.  Fails as both. */
ASSAY_MUST_CHECK bool assay_stream_page(struct assay_stream *s, uint64_t at,
                                        uint64_t flags,
                                        const uint8_t page[ASSAY_PAGE],
                                        struct assay_err *err);
/* The same of n > 0 pages that hold zeros. */
ASSAY_MUST_CHECK bool assay_stream_zeros(struct assay_stream *s, uint64_t at,
                                         uint64_t flags, uint64_t n,
                                         struct assay_err *err);

/* Of files of a few bytes loaders make enclaves that take hours to hash: false
 * where so many pages are too many to measure, with S_MEASURED. */
#define ASSAY_MEASURED_MAX ((UINT64_C(64) << 30) / ASSAY_PAGE)
ASSAY_MUST_CHECK bool assay_measured_fits(uint64_t pages, enum assay_doc doc,
                                          size_t at, struct assay_err *err);

/* EINIT's part: MRENCLAVE, and nothing is added any more.  Fails with S_ORDER
 * (no enclave was created, or it has ended). */
ASSAY_MUST_CHECK bool assay_stream_end(uint8_t mrenclave[ASSAY_SHA256_LEN],
                                       struct assay_stream *s,
                                       struct assay_err *err);

/* Sets to zero what the processor clears in a TCS's first chunk. */
void assay_tcs_clear(uint8_t chunk[ASSAY_CHUNK]);

#endif
