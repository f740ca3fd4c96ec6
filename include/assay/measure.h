/* measure.h - what code an enclave holds, computed from the artefact itself;
 * and what its signer claims. */
#ifndef ASSAY_MEASURE_H
#define ASSAY_MEASURE_H

#include <assay/err.h>

#define ASSAY_PAGE 4096
#define ASSAY_SIGSTRUCT_LEN 1808

/* Bits of ATTRIBUTES.FLAGS that quote.h does not name [SGX 1]. */
#define ASSAY_SGX_CET 0x40u
#define ASSAY_SGX_AEXNOTIFY 0x400u

/* A SIGSTRUCT [SGX 2]: what its signer says of an enclave.  Attributes and
 * MISCSELECT are demanded in the bits that are set in their masks, and left to
 * whoever starts the enclave in the others. */
struct assay_sigstruct {
	uint32_t vendor; /* 0, or 0x8086: Intel */
	uint32_t date;   /* 0x20261123, as a rule */
	uint32_t sw_defined;
	uint32_t misc_select, misc_mask;
	uint8_t cet_attributes, cet_mask;
	uint8_t isv_family_id[16], isv_ext_prod_id[16];
	uint64_t flags, xfrm; /* ATTRIBUTES */
	uint64_t flags_mask, xfrm_mask;
	uint8_t mrenclave[32]; /* ENCLAVEHASH */
	uint8_t mrsigner[32];  /* of the modulus */
	uint16_t isv_prod_id, isv_svn;
};

/* How a program is launched: what its launch page says [ASSAY launch]. */
struct assay_launch {
	uint64_t stack, heap; /* bytes, multiples of ASSAY_PAGE */
	uint32_t threads;
	uint32_t profile;        /* of isolation; ASSAY_PROFILE_CLOSED */
	uint32_t n_args;         /* at least 1, */
	struct assay_bytes args; /* each with a NUL behind it */
};
#define ASSAY_PROFILE_CLOSED 1
#define ASSAY_LAUNCH_ARGS_MAX 3968 /* bytes of all arguments */

enum assay_artefact {
	ASSAY_ARTEFACT_NONE = 0,
	ASSAY_ARTEFACT_PROGRAM,   /* a static-pie ELF */
	ASSAY_ARTEFACT_SIGNED,    /* the same with launch page and SIGSTRUCT */
	ASSAY_ARTEFACT_SGXS,      /* a stream */
	ASSAY_ARTEFACT_SIGSTRUCT, /* a SIGSTRUCT alone: nothing to compute */
	ASSAY_ARTEFACT_GRAMINE,   /* a manifest.sgx, with Gramine's loader */
	ASSAY_ARTEFACT_SDK,       /* a .signed.so of Intel's SDK */
	ASSAY_ARTEFACT_OE,        /* a shared object of Open Enclave's */
};

/* Pages that follow each other and are alike. */
struct assay_pages {
	const char *name; /* "segment", "stack"; "" in a stream */
	uint64_t at, n;   /* offset in the enclave, and how many */
	uint64_t flags;   /* SECINFO.FLAGS, as hashed */
	unsigned chunks;  /* of 16 a page: how many are measured */
};

/* What a manifest of Gramine's says [SGX 3.4]. */
struct assay_manifest {
	uint64_t enclave_size;
	uint32_t max_threads;
	bool edmm; /* memory that is free is not added at the start */
	bool high; /* its code sees the enclave begin at its own size, as up to
	            * Gramine 1.4, and not at 0 */
	uint64_t n_unhashed; /* files that are trusted without a hash, as in a
	                      * manifest that was not signed yet */
};

/* What Intel's SDK put into a file [SGX 3.1]: metadata, once for loaders of each
 * age; shown is what a loader of today takes. */
struct assay_metadata {
	unsigned n_copies;
	uint32_t major, minor; /* its version */
};

/* What stands beside an artefact, and what becomes of its measurement on its way:
 * all members may be NULL, or empty. */
struct assay_measuring {
	/* of an unsigned program; NULL: the default */
	const struct assay_launch *launch;
	struct assay_bytes libpal; /* Gramine's loader, of a manifest */
	/* the SIGSTRUCT of what holds none; none: nothing is claimed */
	struct assay_bytes sig;
	void (*put)(void *to, const uint8_t *p, size_t n); /* the stream */
	void (*pages)(void *to, const struct assay_pages *pages);
	void *to;
};

/*
 * What is known of an artefact.  `good` is true only if every check passed; if
 * it is false, `failed` is the first that did not.  The rest is what could be
 * read or computed all the same: it may be shown, and not believed.
 */
struct assay_measurement {
	bool good;
	struct assay_err failed;
	enum assay_artefact kind;
	bool has_computed;
	uint8_t computed[32]; /* MRENCLAVE */
	uint64_t enclave_size,
		hashed;   /* bytes: of the enclave, of its stream */
	bool unsized;     /* a stream without its size: it was measured
	                            * as if it ended where it does */
	bool has_claimed; /* a SIGSTRUCT is there and well formed */
	struct assay_sigstruct claimed;
	bool signature_ok; /* its signature holds, Q1 and Q2 too */
	bool has_launch;
	struct assay_launch launch; /* points into the artefact, or is what was
	                             * given */
	bool has_manifest;
	struct assay_manifest manifest;
	bool has_metadata;
	struct assay_metadata metadata;
};

ASSAY_BEGIN

/*
 * assay_measure recognises an artefact by its content, computes the measurement
 * of the enclave that is made of it, and checks what its signer claims.
 *
 * m          always written whole; may point into `in`
 * in         the file; borrowed
 * measuring  or NULL
 *
 * Returns m->good; m->failed may be any S_ check, ASSAY_S_ARTEFACT if it is
 * nothing that is known.  Allocates nothing but what libcrypto needs.
 * Source: [SGX 1, 2, 3.4, 3.5], [ASSAY measurement].
 */
ASSAY_MUST_CHECK bool assay_measure(struct assay_measurement *m,
                                    struct assay_bytes in,
                                    const struct assay_measuring *measuring);

/* assay_launch_default is what holds where nothing else is said: 1 MiB of
 * stack, 64 MiB of heap, one thread, the closed profile, one argument. */
void assay_launch_default(struct assay_launch *launch);

/*
 * assay_sigstruct_read reads a SIGSTRUCT and checks it: its form, signature, Q1
 * and Q2.  Zeroed on failure.  Fails with ASSAY_S_LEN, _HEADER, _VENDOR,
 * _RESERVED, _EXPONENT, _MODULUS, _SIGNATURE, _Q1, _Q2.
 */
ASSAY_MUST_CHECK bool assay_sigstruct_read(struct assay_sigstruct *sigstruct,
                                           struct assay_bytes in,
                                           struct assay_err *err);

/* assay_sigstruct_claims reads a SIGSTRUCT of which the form alone is checked:
 * anybody may have written it. */
ASSAY_MUST_CHECK bool assay_sigstruct_claims(struct assay_sigstruct *sigstruct,
                                             struct assay_bytes in,
                                             struct assay_err *err);

/*
 * assay_sigstruct_allows says whether an enclave may have these attributes:
 * what the processor asks when it starts one, and what a report must still fulfil
 * (there the INIT bit is set, which does not count).  Fails with ASSAY_S_KSS,
 * _ATTRIBUTES, _MISC.  Source: [SGX 2].
 */
ASSAY_MUST_CHECK bool
assay_sigstruct_allows(const struct assay_sigstruct *sigstruct, uint64_t flags,
                       uint64_t xfrm, uint32_t misc_select,
                       struct assay_err *err);

/* assay_mrsigner is the signer's measurement: of a modulus as a SIGSTRUCT holds
 * it, 384 bytes, little-endian. */
void assay_mrsigner(uint8_t mrsigner[32], const uint8_t modulus[384]);

/* assay_artefact_name gives "program", "signed", "sgxs", "sigstruct",
 * "gramine", "sdk", "oe" or "". */
const char *assay_artefact_name(enum assay_artefact kind);

ASSAY_END

#endif
