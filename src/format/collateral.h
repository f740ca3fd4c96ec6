/* collateral.h - the manufacturer's documents out of JSON, PEM, hex and DER. */
#ifndef FORMAT_COLLATERAL_H
#define FORMAT_COLLATERAL_H

#include <assay/evidence.h>

#include "base/json.h"

/* C_SIZE's one place: `what` has `got` bytes, and `most` are allowed. */
ASSAY_MUST_CHECK bool assay_fits(size_t got, size_t most, enum assay_doc doc,
                                 const char *what, struct assay_err *err);

/*
 * Where that which is decoded from `from` (not empty) may stand: as many bytes
 * as `from` has, behind what is used of `scratch`; or, if `from` was itself
 * decoded into `scratch`, upon it: every decoder writes only over what it has
 * read.  NULL and C_SIZE if there is too little; assay_scratch_keep says how
 * much it became.
 */
uint8_t *assay_scratch_room(struct assay_scratch *scratch,
                            struct assay_bytes from, enum assay_doc doc,
                            struct assay_err *err);
struct assay_bytes assay_scratch_keep(struct assay_scratch *scratch,
                                      const uint8_t *room, size_t n);

/* A JSON string's bytes, escapes resolved.  Fails with C_SIZE. */
ASSAY_MUST_CHECK bool assay_text_of(struct assay_bytes *out,
                                    struct assay_json_str s,
                                    struct assay_scratch *scratch,
                                    enum assay_doc doc, struct assay_err *err);

/* A revocation list's DER; told from PEM and hex by its first bytes, never by
 * trying.  Fails with R_SYNTAX, C_SIZE. */
ASSAY_MUST_CHECK bool assay_crl_bytes(struct assay_bytes *der,
                                      struct assay_bytes in,
                                      struct assay_scratch *scratch,
                                      enum assay_doc doc,
                                      struct assay_err *err);

/* The members of the flat form, as they stand in the text. */
enum assay_flat_member {
	ASSAY_FLAT_PCK_CRL_ISSUER_CHAIN,
	ASSAY_FLAT_ROOT_CA_CRL,
	ASSAY_FLAT_PCK_CRL,
	ASSAY_FLAT_TCB_INFO_ISSUER_CHAIN,
	ASSAY_FLAT_TCB_INFO,
	ASSAY_FLAT_TCB_INFO_SIGNATURE,
	ASSAY_FLAT_QE_IDENTITY_ISSUER_CHAIN,
	ASSAY_FLAT_QE_IDENTITY,
	ASSAY_FLAT_QE_IDENTITY_SIGNATURE,
	ASSAY_FLAT_PCK_CERTIFICATE_CHAIN,
	ASSAY_N_FLAT
};

/* A member met where it does not belong: the first of them. */
struct assay_stray {
	bool met;
	size_t at;
	struct assay_bytes name;
};
void assay_stray_note(struct assay_stray *stray, const struct assay_json *j,
                      struct assay_json_str name);
/* What was met, for a note: "the member \"x\"", or "none". */
#define ASSAY_STRAY_NAME 64
const char *assay_stray_name(char out[ASSAY_STRAY_NAME],
                             const struct assay_stray *stray);

/* What was read of the flat form; zeroed before. */
struct assay_flat {
	bool any; /* at least one member was met */
	struct assay_stray stray;
	struct assay_json_str member[ASSAY_N_FLAT];
};

/* Reads the value of the member `name`; false if the flat form has no such
 * member, and then nothing was read. */
bool assay_flat_member(struct assay_flat *flat, struct assay_json *j,
                       struct assay_json_str name);
/* Reads an object of the flat form; failures are left in the reader. */
void assay_flat_read(struct assay_flat *flat, struct assay_json *j);
/* Decodes what was read, once the whole text is known to be JSON.  Fails with
 * C_FLAT, C_SIZE, R_SYNTAX. */
ASSAY_MUST_CHECK bool assay_flat_open(struct assay_collateral *collateral,
                                      const struct assay_flat *flat,
                                      struct assay_scratch *scratch,
                                      enum assay_doc doc,
                                      struct assay_err *err);

#endif
