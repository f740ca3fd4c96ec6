/* log.c - the log: entries without gaps, each made from the one before. */
#include "store/query.h"

bool store_append(struct store *s, uint64_t *number,
                  bool (*make)(void *arg, struct buf *entry, uint64_t number,
                               struct assay_bytes before),
                  void *arg)
{
	struct buf before = { 0 }, entry = { 0 };
	struct query q = query_change(s, true);
	enum store_found found = query_first(&q, STORE_LAST_ENTRY);
	int64_t at = 0;

	if (found == STORE_FOUND) {
		at = query_get_number(&q, INT64_MAX - 1, "entry's number") + 1;
		query_keep_body(&q, &before);
	}
	query_got(&q, found);
	if (q.good &&
	    (!make(arg, &entry, (uint64_t)at, buf_bytes(&before)) || entry.bad))
		q.good = store_fail("entry %jd of the log could not be made",
		                    (intmax_t)at);
	if (q.good && store_good_body(buf_bytes(&entry))) {
		query_put_number(&q, at);
		query_put_bytes(&q, buf_bytes(&entry));
		query_run(&q, STORE_ADD_ENTRY);
	} else {
		q.good = false;
	}
	q.good = query_end_with(&q, true, "log");
	*number = q.good ? (uint64_t)at : 0;
	buf_free(&before);
	buf_free(&entry);
	return q.good;
}

/* The next entry, which has to be number `at`. */
static bool read_entry(struct query *q, int64_t at, struct assay_bytes *entry)
{
	const int64_t number = query_get_number(q, INT64_MAX, "entry's number");

	*entry = query_get_body(q);
	if (q->good && number != at)
		q->good = store_fail("entry %jd of the log is missing: it was "
		                     "removed; compare with a backup",
		                     (intmax_t)at);
	return q->good;
}

bool store_each_entry(struct store *s, uint64_t from, uint64_t most,
                      bool (*each)(void *arg, uint64_t number,
                                   struct assay_bytes entry),
                      void *arg)
{
	struct assay_bytes entry;
	struct walk w = walk_begin(s);
	int64_t at = from < INT64_MAX ? (int64_t)from : INT64_MAX;

	do {
		query_put_number(&w.q, at);
		walk_page(&w, STORE_EACH_ENTRY, most);
		while (walk_row(&w) && read_entry(&w.q, at, &entry))
			w.go_on = each(arg, (uint64_t)at++, entry);
		most -= w.n_rows;
	} while (walk_on(&w) && most);
	return walk_end(&w);
}

bool store_count_entries(struct store *s, uint64_t *n)
{
	return query_count(s, STORE_COUNT_ENTRIES, n);
}
