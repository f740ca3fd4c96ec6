/* list.h - a list of measurements: what somebody who measured programs says that
 * they are.  Its payload is JSON [ASSAY list]; its signature is in open.c. */
#ifndef POLICY_LIST_H
#define POLICY_LIST_H

#include "base/json.h"
#include "policy/policy.h"

enum {
	ASSAY_LIST_ENTRIES = 512,
	ASSAY_LIST_LABEL = 129, /* of an entry, with its NUL */
};

/* One enclave, or one TD. */
struct assay_list_entry {
	enum assay_tee tee;
	char label[ASSAY_LIST_LABEL]; /* for people: a file's name; or "" */
	/* an enclave: */
	uint8_t mrenclave[32];
	bool is_signed; /* the three below count */
	uint8_t mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	/* a TD: */
	uint8_t mrtd[48], rtmr[4][48];
	bool has_rtmr3;
};

struct assay_list {
	bool good;
	struct assay_err failed; /* where it is not */
	uint8_t key[64];         /* that it was opened by */
	char name[ASSAY_LIST_NAME];
	int64_t issued;
	uint64_t number; /* from 1, and higher in each list of this name */
	size_t n_entries;
	struct assay_list_entry entries[ASSAY_LIST_ENTRIES];
};

/* The header's typ: a signature for something else is none for a list. */
#define ASSAY_LIST_TYPE "assay-list+jws"

/*
 * assay_list_read reads a payload, whose signature somebody has checked.  On
 * failure `list` holds nothing but what failed.  Fails with ASSAY_A_LIST,
 * ASSAY_J_SYNTAX, _DUPKEY, _LIMIT.
 */
ASSAY_MUST_CHECK bool assay_list_read(struct assay_list *list,
                                      struct assay_bytes payload,
                                      struct assay_err *err);
/* assay_list_write writes the payload that assay_list_read reads. */
void assay_list_write(struct assay_json_out *o, const struct assay_list *list);

/*
 * assay_list_check reads a list that is signed by this key, whatever its name,
 * number and age.  Otherwise as assay_list_open.
 */
ASSAY_MUST_CHECK bool assay_list_check(struct assay_list *list,
                                       const uint8_t key[64],
                                       struct assay_bytes in, uint8_t *scratch,
                                       struct assay_err *err);
/* assay_list_peek reads what a signed list says, whoever signed it: for those who
 * keep it for others, who check.  Otherwise as assay_list_check. */
ASSAY_MUST_CHECK bool assay_list_peek(struct assay_list *list,
                                      struct assay_bytes in, uint8_t *scratch,
                                      struct assay_err *err);
/* assay_list_fresh asks whether a list is of before `now`, and not older than
 * what is wanted.  Fails with ASSAY_A_LIST_AGE. */
ASSAY_MUST_CHECK bool assay_list_fresh(const struct assay_list *list,
                                       const struct assay_wanted_list *want,
                                       int64_t now, struct assay_err *err);
/* Whether an enclave's, or a TD's, measurement is in the list. */
ASSAY_MUST_CHECK bool assay_list_has(const struct assay_list *list,
                                     const struct assay_verdict *verdict);

#endif
