/*
 * world.h - a whole simulated manufacturer in one struct: keys, certificates,
 * revocation lists, TCB info, QE identities, a quote.
 *
 *	struct sim_world w;
 *
 *	sim_world_default(&w, SIM_TDX_V4);
 *	w.cert[SIM_PCK].not_after = w.now - 1;   // any field of any document
 *	if (!sim_world_build(&w))                // signs everything
 *		...
 *	sim_world_collateral(&c, &w);
 *	... w.quote, w.keys[SIM_ROOT].key, w.now ...
 *	sim_world_free(&w);
 *
 * A spec refers to keys and certificates by `enum sim_who`, and holds no
 * pointer into its own world.
 */
#ifndef FORGE_WORLD_H
#define FORGE_WORLD_H

#include <assay/evidence.h>

#include "forge/json_make.h"
#include "forge/quote_make.h"
#include "forge/x509_make.h"

/* Who has a key, and (before SIM_N_CERTS) a certificate. */
enum sim_who {
	SIM_ROOT = 0,
	SIM_PROCESSOR_CA,
	SIM_PLATFORM_CA,
	SIM_PCK, /* the platform's leaf */
	SIM_TCB_SIGNER,
	SIM_OTHER_ROOT,   /* another root, of the same name */
	SIM_OTHER_CA,     /* a Platform CA under it, of the same name */
	SIM_OTHER_SIGNER, /* a TCB signer under it, of the same name */
	SIM_OTHER_PCK,    /* another platform's leaf */
	SIM_FOURTH,       /* a leaf that SIM_PCK issued */
	SIM_N_CERTS,
	SIM_AK = SIM_N_CERTS, /* the attestation key */
	SIM_OTHER_AK,
	SIM_STRANGER, /* a key that nobody certifies */
	SIM_N_KEYS
};

enum sim_kind {
	SIM_SGX_V3 = 0,
	SIM_SGX_V4,
	SIM_SGX_V5,
	SIM_TDX_V4, /* TDX 1.0 */
	SIM_TDX10_V5,
	SIM_TDX15_V5,
	SIM_N_KINDS
};
const char *sim_kind_name(enum sim_kind kind);

/* Revocation lists, by issuer; TCB info and QE identity, by TEE. */
enum { SIM_CRL_ROOT = 0, SIM_CRL_PROCESSOR, SIM_CRL_PLATFORM, SIM_N_CRLS };
enum { SIM_SGX = 0, SIM_TDX, SIM_N_TEES };

/* Levels of the default TCB infos: the platform's best first; each asks for one
 * less of the first two components than the one above it. */
enum {
	SIM_LEVEL_UP_TO_DATE = 0,
	SIM_LEVEL_SW_HARDENING,
	SIM_LEVEL_CONFIGURATION,
	SIM_LEVEL_CONFIGURATION_AND_SW_HARDENING,
	SIM_LEVEL_OUT_OF_DATE,
	SIM_LEVEL_OUT_OF_DATE_CONFIGURATION,
	SIM_LEVEL_REVOKED,
	SIM_LEVEL_NONE, /* below them all */
};
/* ISVSVNs that meet the default levels of QE, TD_QE and the modules TDX_01 and
 * TDX_03 alike. */
enum {
	SIM_SVN_NONE = 0,
	SIM_SVN_REVOKED = 1,
	SIM_SVN_OUT_OF_DATE = 3,
	SIM_SVN_UP_TO_DATE = 5,
};

/* A PEM text of certificates. */
struct sim_chain {
	enum sim_who who[6];
	size_t n;
	struct assay_bytes before, between, after; /* texts around the blocks */
	const char *label;                         /* NULL: "CERTIFICATE" */
	struct assay_bytes raw;                    /* a text instead */
};
enum {
	SIM_CHAIN_PCK = 0,  /* in the quote: leaf, CA, root */
	SIM_CHAIN_PCK_CRL,  /* CA, root */
	SIM_CHAIN_TCB_INFO, /* signer, root */
	SIM_CHAIN_QE_IDENTITY,
	SIM_N_CHAINS
};

struct sim_world {
	/* what is to be made: filled by sim_world_default, edited at will */
	enum sim_kind kind;
	int64_t now;     /* a time at which all of it is good */
	enum sim_who ca; /* the CA that the platform is under: changed
	                          * by sim_world_use_ca */
	struct assay_p256_pair keys[SIM_N_KEYS];
	struct sim_cert_spec cert[SIM_N_CERTS];
	enum sim_who cert_signer[SIM_N_CERTS];
	struct sim_chain chain[SIM_N_CHAINS];
	struct sim_crl_spec crl[SIM_N_CRLS];
	enum sim_who crl_signer[SIM_N_CRLS];
	struct sim_tcb_spec tcb[SIM_N_TEES];
	enum sim_who tcb_signer[SIM_N_TEES];
	struct sim_identity_spec qe[SIM_N_TEES];
	enum sim_who qe_signer[SIM_N_TEES];
	struct sim_quote_spec quote_spec;
	enum sim_who quote_pck; /* signs the QE report: SIM_PCK */
	enum sim_who quote_ak;  /* signs the quote: SIM_AK */

	/* what was made: filled by sim_world_build */
	struct buf der[SIM_N_CERTS];
	struct buf pem[SIM_N_CHAINS];
	struct buf crl_der[SIM_N_CRLS];
	struct sim_json tcb_info[SIM_N_TEES];
	struct sim_json qe_identity[SIM_N_TEES];
	struct buf quote;
};

/* The time that sim_world_default takes as now. */
#define SIM_NOW INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

/*
 * sim_world_default fills every spec with a platform that is genuine and
 * UpToDate at SIM_NOW, for a quote of this kind; sim_world_default_at does so
 * for another time and for keys from another seed (0: sim_world_default's).
 * The world is overwritten: one that was built is freed first, by the caller.
 * False only if keys cannot be made.
 */
ASSAY_MUST_CHECK bool sim_world_default(struct sim_world *world,
                                        enum sim_kind kind);
ASSAY_MUST_CHECK bool sim_world_default_at(struct sim_world *world,
                                           enum sim_kind kind, int64_t now,
                                           uint64_t seed);

/* sim_world_of_keys is sim_world_default_at with the keys that the caller has set
 * in world->keys; the rest of the world is overwritten. */
void sim_world_of_keys(struct sim_world *world, enum sim_kind kind,
                       int64_t now);

/* sim_world_use_ca puts the platform under SIM_PROCESSOR_CA (a leaf of five
 * members) or SIM_PLATFORM_CA (seven). */
void sim_world_use_ca(struct sim_world *world, enum sim_who ca);

/* sim_world_rename gives the manufacturer another word ("Intel" for
 * "Simulation") and organisation, in every name of every document. */
void sim_world_rename(struct sim_world *world, const char *word,
                      const char *organisation);

/* sim_world_at_level gives the leaf the components and PCESVN of that platform
 * level (SIM_LEVEL_…). */
void sim_world_at_level(struct sim_world *world, unsigned level);

/*
 * sim_world_build makes and signs every document.  It may be called again
 * after more edits.  False if memory is short or an edit found no place; then
 * nothing that was made may be used.
 */
ASSAY_MUST_CHECK bool sim_world_build(struct sim_world *world);

/* sim_world_quote makes one more quote of a built world. */
ASSAY_MUST_CHECK bool sim_world_quote(struct buf *quote,
                                      const struct sim_world *world,
                                      const struct sim_quote_spec *spec);

/* sim_world_collateral views what a verifier of the quote needs; CRLs in DER,
 * JSON whole, pck_chain left empty. */
void sim_world_collateral(struct assay_collateral *collateral,
                          const struct sim_world *world);

/* sim_world_ppid_data writes certification data of type 1, 2 or 3 for the leaf
 * (the encrypted PPID is made up), with or without the PCEID. */
void sim_world_ppid_data(struct buf *out, const struct sim_world *world,
                         unsigned type, bool with_pce_id);

void sim_world_free(struct sim_world *world);

/*
 * sim_world_write writes quote.bin, tcb_info.json, qe_identity.json, their
 * issuer chains, both CRLs in DER with the PCK CRL's issuer chain, and root.pem
 * into the folder `dir`, which is made if need be.  Each file is complete or
 * not there.  False, with errno, if one could not be written.
 */
ASSAY_MUST_CHECK bool sim_world_write(const struct sim_world *world,
                                      const char *dir);

/* sim_file_write puts one more file into that folder in the same way: complete
 * or not there, and never through a link.  False, with errno. */
ASSAY_MUST_CHECK bool sim_file_write(const char *dir, const char *file,
                                     struct assay_bytes data);

#endif
