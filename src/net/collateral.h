/*
 * collateral.h - the manufacturer's documents that a quote needs: asked for at
 * addresses that speak Intel's PCS version 4, checked, and kept in a folder.
 *
 * Nothing is kept, and nothing given out, whose signatures do not hold under one
 * of the roots.  What was seen once sets floors: a TCB evaluation number, an
 * issue date or the number of a CRL that is lower than one seen before is
 * refused, from any address [DCAP 4.9].  (A date: at the same number.)
 */
#ifndef NET_COLLATERAL_H
#define NET_COLLATERAL_H

#include "net/http.h"
#include "os/buf.h"

#include <assay/verify.h>

/* What a set is for, and which of them. */
struct collateral_want {
	enum assay_tee tee;
	uint8_t fmspc[6];
	bool platform_ca; /* who issued the PCK certificate: Platform CA; else
	                      * Processor CA */
	bool early;       /* update=early; else standard */
	uint32_t evaluation; /* this number; 0: the newest of its kind */
	uint8_t root[64];    /* under which it is to be, if that is trusted: two
	                   * manufacturers may give machines the same FMSPC;
	                   * else, or zeros, any that is */
};

/* collateral_same: both are answered by the same set. */
bool collateral_same(const struct collateral_want *a,
                     const struct collateral_want *b);

/* What a quote needs, as its certificates say, which nothing has proved yet; false:
 * they do not say (err). */
ASSAY_MUST_CHECK bool collateral_want_of(struct collateral_want *want,
                                         struct assay_bytes quote,
                                         struct assay_bytes pck_chain,
                                         struct assay_err *err);

/* A set, complete: collateral that points into its own memory. */
struct collateral_set {
	struct assay_collateral documents;
	int64_t fetched;     /* when; 0: nobody knows */
	int64_t fresh_until; /* of the documents but the CAs' */
	uint32_t evaluation;
	bool simulation; /* its root is not Intel's */
	uint8_t root[64];
	char from[160]; /* the address */
	struct buf memory;
};
void collateral_free(struct collateral_set *set);

struct collateral_options {
	const char *folder;     /* where it is kept; NULL: nowhere */
	const char *const *url; /* addresses, tried in order; none: Intel's */
	size_t n_urls;
	const uint8_t (*root)[64]; /* keys x || y that are trusted */
	size_t n_roots;
	struct net_options net;
	unsigned refresh_s; /* fetched anew so long before fresh_until: 7 days,
	                     * and never more often than every hour; early sets
	                     * every day, too */
	unsigned max_age_s; /* and when they are so old; 0: however old.  Until
	                     * it is fetched the old set is given all the same */
};

/*
 * A source of sets.  Any thread may ask it; at most one fetches for a set.
 * NULL, and why.
 */
struct collateral_source;
enum { COLLATERAL_WHY = 4096 }; /* a dozen lines */
struct collateral_source *
collateral_open(const struct collateral_options *options,
                char why[COLLATERAL_WHY]);
void collateral_close(struct collateral_source *source);

/*
 * Whether the PCK certificate of this quote is signed under one of the roots: who
 * judges for strangers asks before collateral_get, so that nobody has it fetch
 * for machines that were made up.  Fails with P_* and X_* but for X_TIME.
 */
ASSAY_MUST_CHECK bool
collateral_certified(const struct collateral_source *source,
                     struct assay_bytes quote, struct assay_bytes pck_chain,
                     struct assay_err *err);

/*
 * collateral_get gives the set for `want` at time `now`: out of the folder if
 * that is good and new enough, else fetched and kept.  If nothing newer can be
 * had, what is in the folder is given as long as it is good.
 *
 * `offline`: nothing is fetched.  False, and a line for each address that was
 * tried: what it answered, and what to do.  With true there may be lines, too:
 * why nothing newer could be had, or what could not be kept.
 *
 * A set that cannot be had is not asked for again within half a minute, and an
 * address that wants to be left alone is.
 */
ASSAY_MUST_CHECK bool collateral_get(struct collateral_set *set,
                                     struct collateral_source *source,
                                     const struct collateral_want *want,
                                     int64_t now, bool offline,
                                     char why[COLLATERAL_WHY]);

/*
 * collateral_list fetches the revocation list of a PCK CA with its chain, the two
 * documents of `set` that are there: clients ask for it first, before they say
 * for which machines.  Nothing of it is in the folder; it is asked for every
 * hour at most.  False, and lines, as collateral_get.
 */
ASSAY_MUST_CHECK bool collateral_list(struct collateral_set *set,
                                      struct collateral_source *source,
                                      bool platform_ca, int64_t now,
                                      char why[COLLATERAL_WHY]);

/*
 * collateral_floors raises the floors of `terms` to what was seen before for
 * `want` under a root: for documents that somebody else brings.  False: what was
 * seen cannot be read, and nothing else is to be believed.
 */
ASSAY_MUST_CHECK bool collateral_floors(struct assay_terms *terms,
                                        struct collateral_source *source,
                                        const struct collateral_want *want,
                                        const uint8_t root[64]);

/* What is in the folder. */
ASSAY_MUST_CHECK bool
collateral_each(struct collateral_source *source,
                bool (*each)(void *arg, const struct collateral_want *want,
                             const struct collateral_set *set),
                void *arg);

/* One file that holds all that is kept, for machines without a network; what is
 * taken in is checked as if it were fetched.  How many sets. */
ASSAY_MUST_CHECK bool collateral_export(struct buf *out,
                                        struct collateral_source *source,
                                        char why[COLLATERAL_WHY]);
ASSAY_MUST_CHECK bool collateral_import(size_t *n,
                                        struct collateral_source *source,
                                        struct assay_bytes file, int64_t now,
                                        char why[COLLATERAL_WHY]);

#endif
