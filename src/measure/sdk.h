/* sdk.h - a shared object that was signed with Intel's SDK for enclaves, as
 * Teaclave, Occlum and GraalVM of Conclave use it too [SGX 3.1]. */
#ifndef MEASURE_SDK_H
#define MEASURE_SDK_H

#include <assay/measure.h>

#include "measure/so.h"
#include "measure/stream.h"

enum { ASSAY_SDK_COPIES_MAX = 8 };
#define ASSAY_SDK_SIZE_MAX (UINT64_C(1) << 40) /* of an enclave: 1 TiB */

/* Metadata: how an enclave is made of the file, and what its signer claims.
 * A file has some, for loaders of different age. */
struct assay_sdk_copy {
	size_t at;               /* in the file */
	struct assay_bytes all;  /* offsets in it count from here */
	uint32_t major, minor;   /* its version */
	uint32_t ssa_frame;      /* SSAFRAMESIZE */
	uint64_t image;          /* bytes that the loader lays out, */
	uint64_t size, image_at; /* in an enclave of this size, from here on */
	struct assay_bytes patches, layout; /* tables of 32 bytes a row */
	struct assay_bytes sigstruct;
	bool has_more; /* a second shared object in the file, at: */
	uint64_t more_at, more_len, more_to /* address in the image */;
};

struct assay_sdk {
	struct assay_so so;
	size_t n, taken; /* by a loader of today */
	struct assay_sdk_copy copy[ASSAY_SDK_COPIES_MAX];
};

/* A row of the layout: pages that are alike. */
struct assay_sdk_row {
	size_t at; /* in the file */
	uint16_t id, attributes;
	uint32_t n_pages;
	uint64_t rva; /* in the image */
	uint32_t content_size, content_at;
	uint64_t flags;
};
enum {
	ASSAY_SDK_ROW_LEN = 32,
	ASSAY_SDK_EADD = 1, /* attributes */
	ASSAY_SDK_EEXTEND = 2,
};

/* Walks the rows of a layout in the order in which they are loaded, those of a
 * group as often as it says.  False: there are no more. */
struct assay_sdk_walk {
	const struct assay_sdk_copy *copy;
	size_t row;    /* the next one, or the group */
	size_t member; /* of a group, the next one, */
	uint32_t time; /* for the which time */
};
bool assay_sdk_next(struct assay_sdk_walk *walk, struct assay_sdk_row *row);

/* assay_is_sdk says whether a file is for this. */
bool assay_is_sdk(struct assay_bytes in);

/*
 * assay_sdk_read reads a file and checks all of its metadata.  Zeroed on
 * failure; points into `in`.  Fails with ASSAY_S_SO, _SDK_NOTE, _SDK_METADATA,
 * _SDK_ELRANGE, _SDK_PATCH, _SDK_LAYOUT.
 */
ASSAY_MUST_CHECK bool assay_sdk_read(struct assay_sdk *sdk,
                                     struct assay_bytes in,
                                     struct assay_err *err);

/* assay_sdk_stream sends the enclave of one copy through a stream that has
 * begun, and tells `pages`, if it is not NULL.  Fails as the steps of a stream,
 * and with ASSAY_S_SO, _SDK_ROOM. */
ASSAY_MUST_CHECK bool
assay_sdk_stream(struct assay_stream *s, const struct assay_sdk *sdk,
                 const struct assay_sdk_copy *copy,
                 void (*pages)(void *to, const struct assay_pages *pages),
                 void *to, struct assay_err *err);

/* assay_sdk_same says whether two copies make the same enclave in the same
 * way, so that one need not be measured. */
bool assay_sdk_same(const struct assay_sdk_copy *a,
                    const struct assay_sdk_copy *b);

#endif
