/* err.h - a check that failed: which, in which document, at which byte. */
#ifndef ASSAY_ERR_H
#define ASSAY_ERR_H

#include <assay/base.h>

/*
 * One name per check, from checks.def: its number (stable, never reused), the
 * section of the source document that demands it, the sentence that holds
 * when the check passes, and what a person can do when it does not.  A check
 * fails at exactly one place in the source.
 */
enum assay_check {
	ASSAY_OK = 0,
#define ASSAY_CHECK(number, name, section, sentence, todo) \
	ASSAY_##name = number,
#include <assay/checks.def>
#undef ASSAY_CHECK
};

/* The document that a check was applied to; `at` counts in its bytes. */
enum assay_doc {
	ASSAY_DOC_NONE = 0,
	ASSAY_DOC_EVIDENCE, /* the file as it was given */
	ASSAY_DOC_QUOTE,
	ASSAY_DOC_PCK_CHAIN, /* the PEM text of the PCK chain */
	ASSAY_DOC_PCK_LEAF,
	ASSAY_DOC_PCK_CA,
	ASSAY_DOC_ROOT,
	ASSAY_DOC_PCK_CRL_CHAIN, /* the PEM text of the PCK CRL's issuer chain */
	ASSAY_DOC_TCB_CHAIN, /* the PEM text of the TCB info's issuer chain */
	ASSAY_DOC_QE_CHAIN,  /* ... of the QE identity's */
	ASSAY_DOC_TCB_SIGNER,
	ASSAY_DOC_ROOT_CRL,
	ASSAY_DOC_PCK_CRL,
	ASSAY_DOC_TCB_INFO,
	ASSAY_DOC_QE_IDENTITY,
	ASSAY_DOC_COLLATERAL, /* a file that holds several documents */
	ASSAY_DOC_POLICY,
	ASSAY_DOC_CONSTRAINT,
	ASSAY_DOC_EVENT_LOG, /* of a TD; for A_RTMR `at` is the register */
	ASSAY_DOC_ENCLAVE,   /* its memory: `at` is an offset in it */
	ASSAY_DOC_PROGRAM,   /* an ELF file, signed or not */
	ASSAY_DOC_LAUNCH,    /* a launch page */
	ASSAY_DOC_SIGSTRUCT,
	ASSAY_DOC_SGXS,
	ASSAY_DOC_KEY,          /* a key that signs enclaves */
	ASSAY_DOC_MANIFEST,     /* Gramine's */
	ASSAY_DOC_LIBPAL,       /* Gramine's loader */
	ASSAY_DOC_MAIL,         /* of Conclave; M_STREAM: its plaintext */
	ASSAY_DOC_TOKEN,        /* a signed result, as it was given */
	ASSAY_DOC_TOKEN_HEADER, /* its header, decoded */
	ASSAY_DOC_TOKEN_CLAIMS, /* its claims, decoded */
	ASSAY_DOC_KEY_SET,      /* public keys that tokens are checked with */
	ASSAY_DOC_LOG_ENTRY,    /* of a log: `at` counts in its line */
	ASSAY_DOC_LOG_HEAD,     /* the claims of its signed head */
	ASSAY_DOC_LOG_PROOF,    /* that an entry stands in it */
	ASSAY_DOC_LIST, /* of measurements: `at` counts in its payload */
	ASSAY_N_DOCS
};

/* What went wrong, filled by the function that failed.  Holds no pointers that
 * need freeing; copy it freely. */
struct assay_err {
	enum assay_check check; /* ASSAY_OK if nothing failed */
	enum assay_doc doc;     /* the document it was applied to */
	size_t at;              /* byte offset in that document */
	char note[160]; /* what was found and what was wanted, one line */
};

/* What is known about a check: docs/checks.md in a struct. */
struct assay_check_info {
	enum assay_check check;
	const char *name;     /* "Q_SIG" */
	const char *section;  /* "[DCAP 4.0]" */
	const char *sentence; /* what holds when it passes */
	const char *todo;     /* what a person can do when it fails */
};

ASSAY_BEGIN

/* assay_check_info gives the row of checks.def for `check`, or NULL. */
const struct assay_check_info *assay_check_info(enum assay_check check);

/* assay_check_find gives the row of the check named `name`, or NULL. */
const struct assay_check_info *assay_check_find(const char *name);

/* assay_check_at gives the i-th row in the order of checks.def, or NULL after
 * the last. */
const struct assay_check_info *assay_check_at(size_t i);

/* assay_doc_name gives "PCK_CRL" and the like; "" for ASSAY_DOC_NONE. */
const char *assay_doc_name(enum assay_doc doc);

ASSAY_END

#endif
