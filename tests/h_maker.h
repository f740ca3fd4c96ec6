/* h_maker.h - simulated manufacturers for tests: folders, quotes of the machines
 * they made, judgements by what they publish. */
#ifndef TESTS_H_MAKER_H
#define TESTS_H_MAKER_H

#include <assay/assay.h>

#include "os/buf.h"
#include "serve/pcs.h"
#include "maker/maker.h"

/* The time at which tests make manufacturers. */
#define MAKER_NOW INT64_C(1790000000) /* 2026-09-21T14:13:20Z */
#define MAKER_DAY INT64_C(86400)

/* A folder that is removed, with all that is in it, when the test ends; and a
 * path in it, of which the last eight are good. */
const char *maker_folder(void);
const char *maker_path(const char *fmt, ...) ASSAY_PRINTF(1, 2);
/* Removes a file or folder, whatever is in it. */
void maker_remove(const char *path);

/* Opens to work, or ends the test. */
struct sim_maker *maker_open(const char *dir);

/* A quote, by the platform itself, of an enclave on the machine in this folder;
 * false if the platform does not start. */
ASSAY_MUST_CHECK bool maker_quote(struct buf *quote, const char *machine);
/* The same with this report data. */
ASSAY_MUST_CHECK bool maker_quote_of(struct buf *quote, const char *machine,
                                     const uint8_t report_data[64]);

/* The service of the manufacturer in "maker", whose clock stands at `now`; ends the
 * test if there is none. */
struct http_listener *maker_publish(struct pcs *pcs, int64_t now);

/* A collateral folder's documents, in memory that maker_forget frees. */
struct maker_docs {
	struct assay_collateral collateral;
	unsigned char *file[8];
};
ASSAY_MUST_CHECK bool maker_docs(struct maker_docs *docs, const char *folder);
void maker_forget(struct maker_docs *docs);

/* The root's key, out of root.pem in a manufacturer's folder. */
void maker_root_key(uint8_t key[64], const char *dir);

/* The verdict on a quote by a collateral folder; `failed` names the check that
 * refused either. */
void maker_judge(struct assay_verdict *verdict, const struct buf *quote,
                 const char *folder, const uint8_t root_key[64], int64_t now);

#endif
