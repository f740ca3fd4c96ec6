/* fuzz_audit.c - a set of public keys, a zero byte, and a log, which is read as an
 * entry and as a proof, too: failures leave zeros and name a byte; an entry that is
 * written anew says the same; a log never has more entries than lines. */
#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_fail_well(const struct assay_err *err, size_t len)
{
	must(err->check != ASSAY_OK && err->note[0] && err->at <= len);
}

static void test_entry(struct assay_bytes in)
{
	static const struct audit_entry zero;
	static char line[2 * AUDIT_ENTRY_MAX];
	struct audit_entry e, again;
	struct assay_err err = { 0 };
	size_t n;

	if (!audit_read(&e, in, &err)) {
		must(memcmp(&e, &zero, sizeof(e)) == 0);
		must_fail_well(&err, in.len);
		return;
	}
	n = audit_write(line, sizeof(line), &e, (struct assay_bytes){ 0 });
	if (n == 0)
		return; /* escapes made it too long */
	must(audit_read(&again, (struct assay_bytes){ (uint8_t *)line, n },
	                &err));
	must(again.number == e.number && again.time == e.time &&
	     strcmp(again.what, e.what) == 0 && strcmp(again.who, e.who) == 0);
}

static void test_proof(struct assay_bytes in, struct assay_bytes set)
{
	static const struct audit_entry no_entry;
	static const struct audit_head no_head;
	struct assay_scratch scratch = { .ptr = malloc(in.len ? in.len : 1),
		                         .len = in.len };
	struct audit_entry entry;
	struct audit_head head;
	struct assay_err err = { 0 };

	must(scratch.ptr != NULL);
	if (audit_proof_check(&entry, &head, in, set, &scratch, &err)) {
		must(entry.number < head.size);
	} else {
		must(memcmp(&entry, &no_entry, sizeof(entry)) == 0);
		must(memcmp(&head, &no_head, sizeof(head)) == 0);
		must_fail_well(&err, in.len + set.len);
	}
	free(scratch.ptr);
}

static void test_log(struct assay_bytes in, struct assay_bytes set)
{
	static struct audit_log log;
	struct assay_err err = { 0 };
	size_t lines = 0;
	bool good = true;

	log = (struct audit_log){ .key_set = set };
	while (good && in.len) {
		const uint8_t *end = memchr(in.ptr, '\n', in.len);
		size_t n = end ? (size_t)(end - in.ptr) : in.len;

		lines++;
		good = audit_log_line(&log, (struct assay_bytes){ in.ptr, n },
		                      &err);
		n += end != NULL;
		in = (struct assay_bytes){ in.ptr + n, in.len - n };
	}
	good = good && audit_log_end(&log, &err);
	must(log.tree.size + log.n_heads <= lines);
	if (good)
		must(log.n_heads && log.newest.size == log.tree.size);
	else
		must(err.check != ASSAY_OK && err.note[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len ? memchr(data, 0, len) : NULL;
	size_t n = end ? (size_t)(end - data) : len;
	struct assay_bytes set = { data, n };
	struct assay_bytes in = { data + n + (end != NULL),
		                  len - n - (end != NULL) };

	test_entry(in);
	test_proof(in, set);
	test_log(in, set);
	return 0;
}
