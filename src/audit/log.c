/* log.c - a log as it is exported: lines that are entries, and heads behind the
 * entries that they are over. */
#include "audit/audit.h"

static bool bad_count(struct assay_err *err, const char *what, uint64_t over,
                      uint64_t stand)
{
	return assay_fail(err, ASSAY_L_CUT, ASSAY_DOC_LOG_HEAD, 0,
	                  "%s over %llu entries, and %llu stand here", what,
	                  (unsigned long long)over, (unsigned long long)stand);
}

static bool take_head(struct audit_log *log, struct assay_bytes line,
                      struct assay_err *err)
{
	struct audit_head head;

	if (!audit_head_open(&head, line, log->key_set, err))
		return false;
	if (head.size != log->tree.size)
		return bad_count(err, "this head is", head.size,
		                 log->tree.size);
	if (!audit_head_is(&head, &log->tree, err))
		return false;
	log->newest = head;
	log->n_heads++;
	return true;
}

/* A head that was kept must be over the same entries, once there are as many. */
static bool take_entry(struct audit_log *log, struct assay_bytes line,
                       struct assay_err *err)
{
	return audit_follow(&log->tree, line, err) &&
	       (!log->kept || log->kept->size != log->tree.size ||
	        audit_head_is(log->kept, &log->tree, err));
}

bool audit_log_line(struct audit_log *log, struct assay_bytes line,
                    struct assay_err *err)
{
	bool is_head = line.len && line.ptr[0] == 'e'; /* base64url of {" */

	return is_head ? take_head(log, line, err) : take_entry(log, line, err);
}

bool audit_log_end(const struct audit_log *log, struct assay_err *err)
{
	uint64_t size = log->tree.size;

	if (log->kept && log->kept->size > size)
		return bad_count(err, "the head that was kept is",
		                 log->kept->size, size);
	if (log->n_heads && log->newest.size == size)
		return true;
	return bad_count(err, "the last head is", log->newest.size, size);
}
