/* ledger_file.h - statements on a ledger's file, for ledger.c. */
#ifndef STORE_LEDGER_FILE_H
#define STORE_LEDGER_FILE_H

#include "store/ledger.h"

#include <sqlite3.h>

enum ledger_sql {
	SQL_BEGIN,
	SQL_BEGIN_READING,
	SQL_COMMIT,
	SQL_PUT_MAKER,
	SQL_PUT_FAMILY,
	SQL_PUT_EVALUATION,
	SQL_ADD_PROCESSOR,
	SQL_CHANGE_PROCESSOR,
	SQL_ADD_CERT,
	SQL_ADD_DOCUMENT,
	SQL_DROP_DOCUMENTS,
	SQL_GET_MAKER,
	SQL_GET_FAMILY,
	SQL_GET_NAMED,
	SQL_GET_PPID,
	SQL_GET_CERT,
	SQL_GET_DOCUMENT,
	SQL_COUNT,
	SQL_VERSION,
	SQL_EACH_PROCESSOR,
	SQL_EACH_CERT,
	SQL_EACH_REVOKED,
	SQL_EACH_FAMILY,
	SQL_EACH_EVALUATION,
	SQL_EACH_SEAL,
	SQL_EACH_DOCUMENT_SEAL,
	N_SQL
};

/* A statement at work: the first that goes wrong sticks. */
struct sql {
	struct ledger *ledger;
	sqlite3_stmt *statement; /* NULL: it went wrong */
	int n;                   /* values bound, or columns read */
};

struct sql sql_query(struct ledger *l, enum ledger_sql which);
/* Its values, in their order. */
void sql_put_int(struct sql *q, int64_t value);
void sql_put_blob(struct sql *q, const void *p, size_t n);
void sql_put_text(struct sql *q, const char *text);
/* Does what has no rows. */
bool sql_run(struct sql *q);

/* Steps to the next row; and what that said, once the row was read: ends the
 * query. */
enum ledger_found sql_next(struct sql *q);
enum ledger_found sql_got(struct sql *q, enum ledger_found found);
/* The next row, if *go_on; false at the end, and on failure, which clears it. */
bool sql_more(struct sql *q, bool *go_on);

/* The row's columns, in their order. */
int64_t sql_get_int(struct sql *q, int64_t most);
struct assay_bytes sql_get_bytes(struct sql *q);
void sql_get_blob(struct sql *q, uint8_t *out, size_t n);
void sql_get_text(struct sql *q, char *out, size_t size);
/* A row that stayed open would keep this connection in the past: so its bytes
 * are copied. */
void sql_keep(struct sql *q, struct assay_bytes *bytes);

#endif
