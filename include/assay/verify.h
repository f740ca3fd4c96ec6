/* verify.h - is it genuine, and what does it prove: trust, memo, verdict. */
#ifndef ASSAY_VERIFY_H
#define ASSAY_VERIFY_H

#include <assay/evidence.h>
#include <assay/quote.h>

/* A TCB status; the least value is the worst [DCAP 3.3, 4.5]. */
enum assay_status {
	ASSAY_STATUS_NONE = 0,
	ASSAY_STATUS_REVOKED,
	ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED,
	ASSAY_STATUS_OUT_OF_DATE,
	ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
	ASSAY_STATUS_TD_RELAUNCH_ADVISED,
	ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	ASSAY_STATUS_CONFIGURATION_NEEDED,
	ASSAY_STATUS_SW_HARDENING_NEEDED,
	ASSAY_STATUS_UP_TO_DATE,
	ASSAY_N_STATUS
};

/* The security level of the mission's printout [CONCLAVE 1.5]. */
enum assay_level {
	ASSAY_LEVEL_INSECURE = 0,
	ASSAY_LEVEL_STALE,
	ASSAY_LEVEL_SECURE,
};

/* Absent differs from false: Processor CA leaves say nothing [DCAP 4.6]. */
enum assay_flag {
	ASSAY_FLAG_ABSENT = 0,
	ASSAY_FLAG_FALSE,
	ASSAY_FLAG_TRUE,
};

/* The platform, from its authenticated PCK certificate [DCAP 2.2]. */
struct assay_pck {
	uint8_t ppid[16];
	uint8_t comp[16]; /* component SVNs 1..16 */
	uint16_t pce_svn;
	uint8_t cpu_svn[16];
	uint8_t pce_id[2];
	uint8_t fmspc[6];
	uint8_t sgx_type; /* 0 Standard, 1 Scalable, 2 with integrity */
	bool has_piid;    /* Platform CA */
	uint8_t piid[16];
	enum assay_flag dynamic_platform, cached_keys, smt_enabled;
};

/* The eight documents whose dates count [DCAP 4.6]. */
enum assay_item {
	ASSAY_ITEM_PCK_CHAIN = 0,
	ASSAY_ITEM_ROOT_CRL,
	ASSAY_ITEM_PCK_CRL,
	ASSAY_ITEM_PCK_CRL_CHAIN,
	ASSAY_ITEM_TCB_CHAIN,
	ASSAY_ITEM_QE_CHAIN,
	ASSAY_ITEM_TCB_INFO,
	ASSAY_ITEM_QE_IDENTITY,
	ASSAY_N_ITEMS
};

/* Seconds since 1970-01-01T00:00:00Z; good from `from` until just before
 * `until` (a certificate's last second counts as good). */
struct assay_window {
	int64_t from, until;
};

#define ASSAY_MAX_ADVISORIES 128
#define ASSAY_ADVISORY_LEN 32 /* with its NUL */
#define ASSAY_MAX_GAPS 40

/* What stands between the platform and the best level there is. */
enum assay_gap_kind {
	ASSAY_GAP_NONE = 0,
	ASSAY_GAP_SGX_COMPONENT, /* index 0..15 */
	ASSAY_GAP_PCE_SVN,
	ASSAY_GAP_TDX_COMPONENT, /* index 0..15 of TEE_TCB_SVN */
	ASSAY_GAP_TDX_MODULE,
	ASSAY_GAP_QE,
};

struct assay_gap {
	enum assay_gap_kind kind;
	uint8_t index;
	uint32_t have, need;
	enum assay_status at; /* the status of the level that asks for `need` */
	char name[48];        /* what the TCB info calls the component, or "" */
};

/*
 * What the evidence proves.  A verdict states facts; whether they are good
 * enough is for the policy (policy.h).  `genuine` is true only if every check
 * passed.  If it is false, `failed` is the first that did not, and the rest is
 * what the evidence claims: it may be shown, and not believed.
 */
struct assay_verdict {
	bool genuine;
	struct assay_err failed;
	bool simulation; /* the root is not Intel's */
	/* from the quote; zero where it could not be parsed */
	uint16_t version;
	enum assay_tee tee;
	uint16_t body_type;
	struct assay_sgx_report sgx; /* tee SGX */
	struct assay_td_report td;   /* tee TDX */
	bool debug;                  /* SGX: FLAGS.DEBUG; TDX: any TUD bit */
	uint8_t report_data[64];     /* whichever report it is */
	struct assay_sgx_report qe;  /* the quoting enclave */
	bool has_pck;                /* the chain was authenticated, */
	struct assay_pck pck;        /* and this is what the leaf says */
	/* the statuses; NONE where there is none (no module on SGX) */
	enum assay_status status; /* converged, relaunch included */
	enum assay_status platform_status, module_status, qe_status;
	bool has_current; /* TDX 1.5: the same with TEE_TCB_SVN_2 */
	enum assay_status current_status, current_platform_status,
		current_module_status;
	int64_t tcb_date; /* least of the three below */
	int64_t platform_date, module_date, qe_date; /* 0: none */
	size_t n_advisories; /* union over the matched levels, sorted */
	char advisories[ASSAY_MAX_ADVISORIES][ASSAY_ADVISORY_LEN];
	size_t n_gaps;
	struct assay_gap gaps[ASSAY_MAX_GAPS];
	/* the collateral; zero where it could not be authenticated */
	uint32_t tcb_evaluation_number, qe_evaluation_number;
	uint32_t evaluation_number;               /* the lesser of the two */
	uint64_t root_crl_number, pck_crl_number; /* UINT64_MAX: larger */
	/* a chain's: when all of its certificates but the root's are good */
	struct assay_window windows[ASSAY_N_ITEMS];
	int64_t earliest_issue, latest_issue; /* of the eight windows */
	int64_t fresh_until; /* earliest end of the eight windows */
	int64_t at;          /* the time it was judged for */
};

/* The terms on which evidence is judged.  Zero is the strictest of each but
 * `now`, which has no default. */
struct assay_terms {
	int64_t now;               /* seconds since 1970-01-01T00:00:00Z */
	int64_t collateral_grace;  /* seconds past its end that a document still
	                               * counts (not for certificates) */
	int64_t certificate_grace; /* the same for certificates */
	uint32_t min_evaluation_number;
	uint64_t min_root_crl_number, min_pck_crl_number;
	int64_t min_issue_date; /* of TCB info and QE identity */
	bool strict;            /* nothing may follow the quote */
};

/* Trust: collateral, authenticated at a root.  Immutable once made: any number
 * of threads may judge with it.  It points into the collateral's bytes, which
 * must outlive it, and into itself: it must not be copied.  What is in it:
 * verify/trust.h. */
struct assay_trust;

/* What one thread has learnt: signatures' workspace, and (bounded) the
 * platforms whose PCK leaf and QE report it has authenticated.  Two threads
 * must not share one. */
struct assay_memo;

/* Tables for keys that are seen often: a verification under such a key takes
 * half the time.  Building one takes about 30 ms and 160 KB, so it happens
 * only here, never in a judgement. */
struct assay_tables;

ASSAY_BEGIN

/* The key of Intel's root, x || y [DCAP 2.1]. */
extern const uint8_t assay_intel_root_key[64];

/* Bytes that a trust needs; the caller allocates them, aligned for any type. */
size_t assay_trust_size(void);

/*
 * assay_trust_open authenticates collateral under a root: both CRLs, the TCB
 * signer's chains, TCB info, QE identity, the CA that issues PCK certificates.
 * Dates and floors are not judged here but when it is used.
 *
 * trust       assay_trust_size() bytes; whole on success, zeroed on failure
 * collateral  its bytes are borrowed for as long as the trust is used.
 *             pck_crl_issuer_chain may be empty if `pck_chain` is given
 * pck_chain   PEM chain of a quote that is to be judged with it, or empty; not
 *             kept
 * root_key    64 bytes x || y, big-endian: no default
 * memo        workspace, or NULL (then made and thrown away: some 20 us)
 * err         may be NULL
 *
 * Fails with X_*, R_* and J_* but for _TIME, _FLOOR and _ROLLBACK, with the
 * document in err->doc.  Source: [DCAP 4.0] X1, R1, R2, J1, J2, J3.
 */
ASSAY_MUST_CHECK bool
assay_trust_open(struct assay_trust *trust,
                 const struct assay_collateral *collateral,
                 struct assay_bytes pck_chain, const uint8_t root_key[64],
                 struct assay_memo *memo, struct assay_err *err);

/* What a trust is for: its TEE, FMSPC, and when the first of its parts ends (the
 * leaf's chain is the quote's, and no part of it). */
enum assay_tee assay_trust_tee(const struct assay_trust *trust);
void assay_trust_fmspc(const struct assay_trust *trust, uint8_t fmspc[6]);
int64_t assay_trust_fresh_until(const struct assay_trust *trust);

/*
 * assay_memo_new makes a memo that remembers up to `n_platforms` platforms
 * (0: workspace only), some 7 KB each, allocated here and never again.  The
 * least recently used gives way.  `tables` may be NULL; it is borrowed and may
 * be shared by threads while nobody adds to it.  NULL when memory is short.
 */
struct assay_memo *assay_memo_new(size_t n_platforms,
                                  const struct assay_tables *tables);
void assay_memo_free(struct assay_memo *memo);

/* assay_tables_new makes an empty set of at most `max` tables. */
struct assay_tables *assay_tables_new(size_t max);
void assay_tables_free(struct assay_tables *tables);

/* assay_tables_add builds the table for `key` (64 bytes x || y): true if it is
 * there now, false if the set is full, the key is no point, or memory short. */
ASSAY_MUST_CHECK bool assay_tables_add(struct assay_tables *tables,
                                       const uint8_t key[64]);
/* assay_trust_ca_key copies the key that signs this trust's PCK leaves. */
void assay_trust_ca_key(const struct assay_trust *trust, uint8_t key[64]);

/*
 * assay_verify judges the quote in `quote` against `trust` on `terms`.
 * It is a pure function of its arguments: no clock, no file, no network, no
 * global; what `memo` remembers changes its speed, never its verdict.
 *
 * verdict    always written whole
 * trust      borrowed, may be shared by threads
 * memo       or NULL; not shared by threads
 * quote      the quote's bytes and what may follow; borrowed, not kept
 * pck_chain  PEM chain for a quote that holds none, or empty
 *
 * Returns verdict->genuine.  Allocates nothing when `memo` is given (libcrypto
 * does).  Source: [DCAP 4.0], its steps, each one check of checks.def.
 */
ASSAY_MUST_CHECK bool
assay_verify(struct assay_verdict *verdict, const struct assay_trust *trust,
             struct assay_memo *memo, struct assay_bytes quote,
             struct assay_bytes pck_chain, const struct assay_terms *terms);

/*
 * assay_verify_many judges `n` quotes as assay_verify does, each on its own and
 * by the PCK chain that it holds;
 * the quotes' own signatures are checked together, which saves time where
 * their keys have tables.  Returns how many are genuine.
 */
size_t assay_verify_many(struct assay_verdict *verdicts,
                         const struct assay_trust *trust,
                         struct assay_memo *memo,
                         const struct assay_bytes *quotes, size_t n,
                         const struct assay_terms *terms);

/*
 * assay_verify_evidence does all of it for one piece of evidence: takes the
 * collateral of `evidence`, or `collateral` where that is not NULL, opens the
 * trust into `trust` (assay_trust_size() bytes of workspace) and judges.  A
 * failure of the collateral stands in verdict->failed like any other.
 */
ASSAY_MUST_CHECK bool assay_verify_evidence(
	struct assay_verdict *verdict, struct assay_trust *trust,
	struct assay_memo *memo, const struct assay_evidence *evidence,
	const struct assay_collateral *collateral, const uint8_t root_key[64],
	const struct assay_terms *terms);

/* assay_verdict_claims fills a verdict with what a quote claims, nothing
 * judged: for evidence without collateral.  False if it cannot be parsed
 * (verdict->failed says why). */
ASSAY_MUST_CHECK bool assay_verdict_claims(struct assay_verdict *verdict,
                                           struct assay_bytes quote,
                                           bool strict);

/* Intel's spelling: "UpToDate"; NULL for ASSAY_STATUS_NONE. */
const char *assay_status_name(enum assay_status status);
/* The status of that spelling, or ASSAY_STATUS_NONE. */
enum assay_status assay_status_find(struct assay_bytes name);
/* The meaning of a status in a sentence a person understands. */
const char *assay_status_meaning(enum assay_status status);
/* "SECURE", "STALE", "INSECURE". */
const char *assay_level_name(enum assay_level level);

/*
 * assay_verdict_level grades a verdict: SECURE if genuine, real, not debug and
 * UpToDate; STALE if genuine, real, not debug and of another status that is not
 * Revoked; else INSECURE.  `reason` gets one sentence (may be NULL).
 * Source: [CONCLAVE 1.5].
 */
enum assay_level assay_verdict_level(const struct assay_verdict *verdict,
                                     char *reason, size_t reason_len);

/*
 * assay_verdict_advice writes the i-th sentence of advice (from 0): what is
 * wrong or less than perfect, what it means, what to do.  False after the last.
 */
bool assay_verdict_advice(const struct assay_verdict *verdict, size_t i,
                          char *out, size_t out_len);

ASSAY_END

#endif
