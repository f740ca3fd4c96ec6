/* conclave.h - profile conclave-1: what R3's Conclave says, and how it is sent.
 * docs/conclave.md tells of it all. */
#ifndef ASSAY_CONCLAVE_H
#define ASSAY_CONCLAVE_H

#include <assay/policy.h>

/* How much is let pass. */
enum assay_conclave_rules {
	ASSAY_CONCLAVE_STRICT = 0, /* one form for each thing, and nothing
	                            * unproven */
	ASSAY_CONCLAVE_COMPAT,     /* what R3's own client accepts */
};

/* ---- attestations: EnclaveInstanceInfo */

/* Where an enclave runs; the least value protects least. */
enum assay_conclave_mode {
	ASSAY_CONCLAVE_NONE = 0,
	ASSAY_CONCLAVE_MOCK,       /* in no enclave at all */
	ASSAY_CONCLAVE_SIMULATION, /* in a simulated one */
	ASSAY_CONCLAVE_DEBUG,      /* in one whose host can look into it */
	ASSAY_CONCLAVE_RELEASE,
};

/* The documents that lie beside the quote, in their order [CONCLAVE 1.2]. */
enum assay_eii_part {
	ASSAY_EII_VERSION = 0,
	ASSAY_EII_PCK_CRL_CHAIN,
	ASSAY_EII_ROOT_CRL,
	ASSAY_EII_PCK_CRL,
	ASSAY_EII_TCB_CHAIN,
	ASSAY_EII_TCB_INFO,
	ASSAY_EII_QE_CHAIN,
	ASSAY_EII_QE_IDENTITY,
	ASSAY_EII_N_PARTS
};

#define ASSAY_EII_REPORT_LEN 384

/* An attestation, as it was read or is to be written.  Views point into what was
 * read. */
struct assay_eii {
	struct assay_bytes signing_key;    /* SubjectPublicKeyInfo, 44 bytes */
	struct assay_bytes encryption_key; /* X25519, 32 bytes */
	enum assay_conclave_mode mode;  /* DEBUG and RELEASE: a quote tells */
	struct assay_sgx_report report; /* read, not written: what the quote
	                                    * says, or the bytes below */
	/* DEBUG, RELEASE: a quote and its collateral */
	struct assay_bytes quote;                   /* raw, and whole */
	struct assay_bytes part[ASSAY_EII_N_PARTS]; /* CRLs as they stand: PEM
	                                             * or DER */
	/* MOCK, SIMULATION */
	struct assay_bytes report_raw; /* ASSAY_EII_REPORT_LEN bytes */
	int64_t seconds;               /* since 1970-01-01T00:00:00Z, by */
	uint32_t nanos;                /* the host's clock */
};

#define ASSAY_CONCLAVE_REASON 8192

/* What R3's client makes of an attestation. */
struct assay_conclave_info {
	enum assay_level level;
	int64_t seconds; /* the newest date in it all, of which none is proved */
	uint32_t nanos;  /* unless it was judged; MOCK, SIMULATION: the host's
	                   * clock */
	char reason[ASSAY_CONCLAVE_REASON]; /* in R3's words */
};

#define ASSAY_CONCLAVE_TEXT (ASSAY_CONCLAVE_REASON + 1024)

/* ---- mail */

enum {
	ASSAY_MAIL_KEY_LEN = 32,
	ASSAY_MAIL_TOPIC_MAX = 255, /* characters */
	ASSAY_MAIL_MAX = 1 << 28,   /* bytes of body, private header and
	                                 * padding together that are sent */
};

/* Which of the enclave's keys a mail is for [CONCLAVE 3.4]. */
enum assay_mail_key {
	ASSAY_MAIL_KEY_UNKNOWN = 0,
	ASSAY_MAIL_KEY_SESSION, /* the one in its attestation */
	ASSAY_MAIL_KEY_KDS,     /* one of a key derivation service */
};

/* A mail.  Views point into what was given, or was read. */
struct assay_mail {
	/* seen by whoever carries it */
	uint8_t protocol;            /* read: 0, or 1, which alone is sent */
	int64_t sequence;            /* not negative */
	struct assay_bytes topic;    /* letters, digits and - */
	struct assay_bytes envelope; /* empty: none */
	struct assay_bytes key_derivation; /* empty: none, as in mail to a
	                                    * client; 00: the session key */
	enum assay_mail_key key;           /* read: what that says */
	/* seen by the recipient alone */
	uint8_t sender[ASSAY_MAIL_KEY_LEN]; /* read: whose mail it is, proved */
	struct assay_bytes private_header;  /* empty: none */
	struct assay_bytes body;
};

ASSAY_BEGIN

/*
 * assay_eii_parse reads an attestation.  A quote in it is not judged, but that
 * the keys are the enclave's own is seen: its report's data is their hash.
 *
 * eii    written whole on success, zeroed on failure
 * in     borrowed, pointed into
 * rules  COMPAT: what follows, inside and behind, is ignored, and numbers that
 *        are not in their one form are taken
 * Fails with ASSAY_C_EII, _C_EII_TYPE, _C_EII_KEYS, _C_EII_REVOCATION.  Allocates
 * nothing.
 * Source: [CONCLAVE 1.2, 1.3].
 */
ASSAY_MUST_CHECK bool assay_eii_parse(struct assay_eii *eii,
                                      struct assay_bytes in,
                                      enum assay_conclave_rules rules,
                                      struct assay_err *err);

/* assay_eii_write writes an attestation as R3 does, byte for byte.  Returns its
 * length; if that is more than `room` nothing was written.  0 if it has none:
 * a key or report of another length, a part of 4 GiB, or mode NONE. */
size_t assay_eii_write(uint8_t *out, size_t room, const struct assay_eii *eii);

/*
 * assay_eii_evidence gives the quote and its collateral, for assay_trust_open
 * and assay_verify_evidence.
 *
 * scratch  as for assay_evidence_read
 * rules    COMPAT: the chain of the PCK CRL is left out, as R3 never looks at it
 * Fails with ASSAY_C_EII_TYPE if there is no quote, ASSAY_R_SYNTAX, ASSAY_C_SIZE.
 */
ASSAY_MUST_CHECK bool assay_eii_evidence(struct assay_evidence *evidence,
                                         const struct assay_eii *eii,
                                         struct assay_scratch *scratch,
                                         enum assay_conclave_rules rules,
                                         struct assay_err *err);

/* assay_conclave_terms makes terms as lax as R3's client: no document ends.  Only
 * for ASSAY_CONCLAVE_COMPAT. */
void assay_conclave_terms(struct assay_terms *terms);

/*
 * assay_conclave_grade grades an attestation as R3's client does, in its words.
 * Where R3 has no word for what failed, it is the document and the check.
 *
 * evidence  what assay_eii_evidence gave, and
 * verdict   what assay_verify_evidence said of it; both NULL where the
 *           attestation has no quote
 * rules     STRICT: advisories are those of the levels that were met; COMPAT: of
 *           all levels that the TCB info has (the first 128), as R3 has it
 * Source: [CONCLAVE 1.5, 1.6].
 */
void assay_conclave_grade(struct assay_conclave_info *info,
                          const struct assay_eii *eii,
                          const struct assay_evidence *evidence,
                          const struct assay_verdict *verdict,
                          enum assay_conclave_rules rules);

/* assay_conclave_print writes the text that R3's client prints, without a
 * newline at its end.  Returns its length, as snprintf does.
 * Source: [CONCLAVE 1.7]. */
size_t assay_conclave_print(char *out, size_t out_len,
                            const struct assay_eii *eii,
                            const struct assay_conclave_info *info);

/*
 * assay_conclave_appraise decides as R3's client does: every one of n
 * constraints holds, and there is one.  It knows nothing of how the attestation
 * was judged but its grade, so that a constraint that says SEC:INSECURE accepts
 * what anybody can make: that is what SEC:INSECURE is for.
 *
 * decision  always written whole
 * now       what EXPIRE counts to; seconds since 1970-01-01T00:00:00Z
 * Returns decision->accept.  Source: [CONCLAVE 2].
 */
ASSAY_MUST_CHECK bool assay_conclave_appraise(
	struct assay_decision *decision, const struct assay_eii *eii,
	const struct assay_conclave_info *info, int64_t now,
	const struct assay_constraint *const *constraints, size_t n);

/*
 * assay_mail_size gives the bytes of `mail` when its payload is filled up to at
 * least `min_size`; 0 if it cannot be sent.
 */
size_t assay_mail_size(const struct assay_mail *mail, size_t min_size);

/*
 * assay_mail_seal makes a mail that `recipient` alone can read, who sees that it
 * is by the owner of `secret`; whoever carries it does not.
 *
 * out        exactly assay_mail_size(mail, min_size) bytes; zeros on failure
 * mail       what is to be sent; of what says "read" nothing counts
 * min_size   how much the payload has at least: so much of its size is hidden
 * recipient  an X25519 key: of an attestation that was judged
 * secret     the sender's X25519 secret, 32 random bytes, of an anonymous sender
 *            fresh ones
 * Fails with ASSAY_M_TOPIC, _M_SEQUENCE, _M_KEY_DERIVATION, _M_SIZE, _M_MADE.
 * Allocates nothing itself.
 * Source: [CONCLAVE 3].
 */
ASSAY_MUST_CHECK bool
assay_mail_seal(uint8_t *out, const struct assay_mail *mail, size_t min_size,
                const uint8_t recipient[ASSAY_MAIL_KEY_LEN],
                const uint8_t secret[ASSAY_MAIL_KEY_LEN],
                struct assay_err *err);

/*
 * assay_mail_peek reads what whoever carries a mail sees: nobody vouches for any
 * of it until the mail is opened.  An enclave sees so which key the mail is for.
 *
 * mail   written on success, with empty secret parts; zeroed on failure
 * rules  COMPAT: any topic, any sequence number, any key derivation (unreadable:
 *        ASSAY_MAIL_KEY_UNKNOWN), bytes behind the prologue's fields
 * Fails with ASSAY_M_TRUNCATED, _M_PROLOGUE, _M_PROTOCOL, _M_TOPIC, _M_SEQUENCE,
 * _M_KEY_DERIVATION.
 */
ASSAY_MUST_CHECK bool assay_mail_peek(struct assay_mail *mail,
                                      struct assay_bytes in,
                                      enum assay_conclave_rules rules,
                                      struct assay_err *err);

/*
 * assay_mail_open opens a mail.  What number is next is the caller's affair: an
 * enclave demands from each sender, for each topic, 0, 1, 2...
 *
 * mail    written whole on success, zeroed on failure
 * room    in.len bytes of the caller's, where the plaintext comes to stand and
 *         `mail` points; wiped on failure.  Secret: wipe it after use
 * in      borrowed, pointed into; not in `room`
 * secret  the recipient's X25519 secret
 * rules   COMPAT: as above, and padding that is not zeros, bytes that follow
 * Fails as assay_mail_peek does, and with ASSAY_M_KEY, _M_HANDSHAKE, _M_PAYLOAD,
 * _M_PACKET, _M_SEALED, _M_PADDING, _M_STREAM, _M_TRAILING.
 * Allocates nothing itself.
 */
ASSAY_MUST_CHECK bool assay_mail_open(struct assay_mail *mail, uint8_t *room,
                                      struct assay_bytes in,
                                      const uint8_t secret[ASSAY_MAIL_KEY_LEN],
                                      enum assay_conclave_rules rules,
                                      struct assay_err *err);

ASSAY_END

#endif
