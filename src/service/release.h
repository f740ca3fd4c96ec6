/*
 * release.h - whether a secret is given out, whichever door it is asked for at:
 * the order of the steps is in docs/key-release.md.
 */
#ifndef SERVICE_RELEASE_H
#define SERVICE_RELEASE_H

#include "service/inner.h"
#include "service/wrap.h"

/* Somebody asks for a secret. */
struct release {
	/* in: borrowed until release_end */
	const char *name;       /* the secret's */
	const char *who, *door; /* for the log: the caller; "http", "ra-tls" */
	struct assay_bytes evidence;   /* as it came */
	struct assay_bytes nonce;      /* that must be bound; empty: none is */
	enum assay_evidence_kind kind; /* that the evidence must be */
	struct assay_bytes tls_key;    /* that it must speak for, or empty */
	/* out */
	struct wrap_label label;
	struct buf row;
	struct service_case c;
	bool judged;     /* `c` holds a judgement */
	unsigned status; /* what to answer if it is not given, and why */
	char why[SERVICE_WHY];
};

/* Finds the secret and judges the evidence by its policy, as that was when the
 * secret was attached to it.  Changes nothing but the log of refusals. */
ASSAY_MUST_CHECK bool release_judge(struct release *r, struct service *service);
/* The secret, into WRAP_ROOM bytes of the caller's, who wipes them. */
ASSAY_MUST_CHECK bool release_unseal(uint8_t *secret, size_t *len,
                                     struct release *r,
                                     struct service *service);
/* Writes down that it is given: before it leaves.  False: it must not. */
ASSAY_MUST_CHECK bool release_log(struct release *r, struct service *service);
/* Writes down that it is not, and why, unless this caller was refused so often
 * that it would fill the log. */
void release_refused(struct release *r, struct service *service);
void release_end(struct release *r);

#endif
