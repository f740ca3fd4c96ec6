/* fuzz_list.c - lists of measurements: a failure leaves nothing but what failed;
 * what is read is written as something that reads the same; nothing is taken for
 * signed. */
#include "policy/list.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_failure(const struct assay_list *list,
                          const struct assay_err *err, size_t len)
{
	must(!list->good && !list->number && !list->n_entries &&
	     !list->name[0]);
	must(memcmp(&list->failed, err, sizeof(*err)) == 0);
	must(err->at <= len && err->note[0] && err->doc == ASSAY_DOC_LIST);
	must(err->check == ASSAY_A_LIST || err->check == ASSAY_J_SYNTAX ||
	     err->check == ASSAY_J_DUPKEY || err->check == ASSAY_J_LIMIT);
}

/* Every entry is found by the facts that it names, and by no others. */
static void check_entries(const struct assay_list *list)
{
	static struct assay_verdict v;

	for (size_t i = 0; i < list->n_entries; i++) {
		const struct assay_list_entry *e = &list->entries[i];

		memset(&v, 0, sizeof(v));
		v.tee = e->tee;
		memcpy(v.sgx.mrenclave, e->mrenclave, 32);
		memcpy(v.sgx.mrsigner, e->mrsigner, 32);
		v.sgx.isv_prod_id = e->isv_prod_id;
		v.sgx.isv_svn = e->isv_svn;
		memcpy(v.td.mrtd, e->mrtd, 48);
		memcpy(v.td.rtmr, e->rtmr, sizeof(e->rtmr));
		must(assay_list_has(list, &v));
		v.tee = ASSAY_TEE_NONE;
		must(!assay_list_has(list, &v));
	}
}

/* Nobody signs with a key that is no point. */
static void check_signature(const uint8_t *data, size_t len)
{
	static struct assay_policy policy;
	static struct assay_list list;
	struct assay_err err = { 0 };
	uint8_t *scratch = malloc(len + 1);

	must(scratch != NULL);
	must(!assay_list_open(&list, &policy, (struct assay_bytes){ data, len },
	                      0, 0, scratch, &err));
	must(err.check == ASSAY_A_LIST_SIG && !list.good &&
	     list.failed.check == err.check && !list.n_entries);
	free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct assay_list list, again;
	static char text[1 << 20];
	struct assay_err err = { 0 };
	struct assay_json_out o;

	check_signature(data, len);
	if (!assay_list_read(&list, (struct assay_bytes){ data, len }, &err)) {
		check_failure(&list, &err, len);
		return 0;
	}
	must(list.good && list.n_entries <= ASSAY_LIST_ENTRIES);
	check_entries(&list);
	assay_json_begin(&o, text, sizeof(text));
	assay_list_write(&o, &list);
	must(o.ok);
	must(assay_list_read(
		&again, (struct assay_bytes){ (const uint8_t *)text, o.len },
		NULL));
	must(memcmp(&list, &again, sizeof(list)) == 0);
	return 0;
}
