/* list.c - the payload of a list of measurements: read, written, asked.
 * Source: [ASSAY list]. */
#include "policy/list.h"

#include <string.h>

/* What is wrong is left in the reader, as J_TYPE; assay_list_read makes A_LIST
 * of it. */
#define bad(j, at, ...) assay_json_bad_type(j, at, __VA_ARGS__)

/* The members of an entry, a bit for each that was read. */
enum {
	HAS_KIND = 1,
	HAS_MRENCLAVE = 2,
	HAS_MRSIGNER = 4,
	HAS_PROD = 8,
	HAS_SVN = 16,
	HAS_SIGNER = HAS_MRSIGNER | HAS_PROD | HAS_SVN,
	HAS_MRTD = 32,
	HAS_RTMR0 = 64, /* and the three others above it */
	HAS_RTMR3 = HAS_RTMR0 << 3,
	HAS_TD = HAS_MRTD | HAS_RTMR0 | HAS_RTMR0 << 1 | HAS_RTMR0 << 2,
	HAS_NAME = 1024,
	HAS_FILE = 2048,
};

/* The members of a list. */
enum { HAS_VERSION = 1, HAS_LIST = 2, HAS_ISSUED = 4, HAS_NUMBER = 8 };
enum { HAS_ENTRIES = 16, HAS_ALL = 31 };

static bool unknown(struct assay_json *j, struct assay_json_str name)
{
	return bad(j, (size_t)(name.raw.ptr - j->base),
	           "got the unknown member \"%.*s\"",
	           (int)(name.raw.len < 40 ? name.raw.len : 40),
	           (const char *)name.raw.ptr);
}

/* ---- an entry */

static bool read_kind(struct assay_json *j, enum assay_tee *tee)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return false;
	if (assay_json_is(s, "sgx"))
		*tee = ASSAY_TEE_SGX;
	else if (assay_json_is(s, "tdx"))
		*tee = ASSAY_TEE_TDX;
	else
		return bad(j, at, "got another kind, want sgx or tdx");
	return true;
}

static bool read_u16(struct assay_json *j, uint16_t *out)
{
	uint64_t v;

	if (!assay_json_uint(j, UINT16_MAX, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

/* rtmr0 to rtmr3: which; -1: another name. */
static int register_of(struct assay_json_str name)
{
	static const char *const names[] = { "rtmr0", "rtmr1", "rtmr2",
		                             "rtmr3" };

	for (int i = 0; i < 4; i++)
		if (assay_json_is(name, names[i]))
			return i;
	return -1;
}

static bool read_entry_member(struct assay_json *j, struct assay_list_entry *e,
                              struct assay_json_str name, unsigned *has)
{
	int rtmr = register_of(name);

	if (rtmr >= 0) {
		*has |= (unsigned)HAS_RTMR0 << rtmr;
		return assay_json_hex(j, e->rtmr[rtmr], 48);
	}
	if (assay_json_is(name, "mrtd")) {
		*has |= HAS_MRTD;
		return assay_json_hex(j, e->mrtd, 48);
	}
	if (assay_json_is(name, "mrenclave")) {
		*has |= HAS_MRENCLAVE;
		return assay_json_hex(j, e->mrenclave, 32);
	}
	if (assay_json_is(name, "mrsigner")) {
		*has |= HAS_MRSIGNER;
		return assay_json_hex(j, e->mrsigner, 32);
	}
	if (assay_json_is(name, "isv_prod_id")) {
		*has |= HAS_PROD;
		return read_u16(j, &e->isv_prod_id);
	}
	if (assay_json_is(name, "isv_svn")) {
		*has |= HAS_SVN;
		return read_u16(j, &e->isv_svn);
	}
	if (assay_json_is(name, "kind")) {
		*has |= HAS_KIND;
		return read_kind(j, &e->tee);
	}
	if (assay_json_is(name, "name") || assay_json_is(name, "file")) {
		*has |= assay_json_is(name, "name") ? HAS_NAME : HAS_FILE;
		return assay_json_text(j, e->label, sizeof(e->label));
	}
	return unknown(j, name);
}

/* All that names an enclave, or a TD, and nothing of the other. */
static bool is_whole(enum assay_tee tee, unsigned has)
{
	unsigned said = has & ~(unsigned)(HAS_KIND | HAS_NAME | HAS_FILE);

	if ((has & HAS_NAME) && (has & HAS_FILE))
		return false;
	if (tee == ASSAY_TEE_SGX)
		return said == HAS_MRENCLAVE ||
		       said == (HAS_MRENCLAVE | HAS_SIGNER);
	return said == HAS_TD || said == (HAS_TD | HAS_RTMR3);
}

static bool read_entry(struct assay_json *j, struct assay_list_entry *e)
{
	size_t at = assay_json_at(j);
	struct assay_json_str name;
	unsigned has = 0;

	if (!assay_json_object(j))
		return false;
	while (assay_json_member(j, &name))
		if (!read_entry_member(j, e, name, &has))
			return false;
	if (!assay_json_ok(j))
		return false;
	if (!(has & HAS_KIND) || !is_whole(e->tee, has))
		return bad(j, at,
		           "got an entry that is neither sgx with mrenclave "
		           "(and all of mrsigner, isv_prod_id, isv_svn, or "
		           "none) nor tdx with mrtd and rtmr0 to rtmr2");
	e->is_signed = has & HAS_MRSIGNER;
	e->has_rtmr3 = has & HAS_RTMR3;
	return true;
}

static bool read_entries(struct assay_json *j, struct assay_list *list)
{
	if (!assay_json_array(j))
		return false;
	while (assay_json_element(j)) {
		if (list->n_entries == ASSAY_LIST_ENTRIES)
			return bad(j, assay_json_at(j),
			           "got more than %d entries, want no more",
			           ASSAY_LIST_ENTRIES);
		if (!read_entry(j, &list->entries[list->n_entries++]))
			return false;
	}
	return assay_json_ok(j);
}

/* ---- a list */

static bool read_version(struct assay_json *j)
{
	size_t at = assay_json_at(j);
	uint64_t v;

	return assay_json_uint(j, UINT32_MAX, &v) &&
	       (v == 1 || bad(j, at, "got version %u, want 1", (unsigned)v));
}

static bool read_name(struct assay_json *j, struct assay_list *list)
{
	size_t at = assay_json_at(j);

	return assay_json_text(j, list->name, sizeof(list->name)) &&
	       (list->name[0] || bad(j, at, "got an empty name"));
}

static bool read_member(struct assay_json *j, struct assay_list *list,
                        struct assay_json_str name, unsigned *has)
{
	if (assay_json_is(name, "assay_list")) {
		*has |= HAS_VERSION;
		return read_version(j);
	}
	if (assay_json_is(name, "name")) {
		*has |= HAS_LIST;
		return read_name(j, list);
	}
	if (assay_json_is(name, "issued")) {
		*has |= HAS_ISSUED;
		return assay_json_time(j, &list->issued);
	}
	if (assay_json_is(name, "number")) {
		*has |= HAS_NUMBER;
		return assay_json_uint(j, UINT32_MAX, &list->number);
	}
	if (assay_json_is(name, "entries")) {
		*has |= HAS_ENTRIES;
		return read_entries(j, list);
	}
	return unknown(j, name);
}

static bool read_list(struct assay_json *j, struct assay_list *list)
{
	struct assay_json_str name;
	unsigned has = 0;

	if (!assay_json_object(j))
		return false;
	while (assay_json_member(j, &name))
		if (!read_member(j, list, name, &has))
			return false;
	if (!assay_json_ok(j))
		return false;
	return has == HAS_ALL ||
	       bad(j, 0,
	           "got not all of assay_list, name, issued, number, entries");
}

bool assay_list_read(struct assay_list *list, struct assay_bytes payload,
                     struct assay_err *err)
{
	struct assay_err why = { 0 };
	struct assay_json j;

	memset(list, 0, sizeof(*list));
	assay_json_open(&j, payload, ASSAY_DOC_LIST);
	(void)read_list(&j, list);
	list->good = assay_json_close(&j, &why);
	if (list->good)
		return true;
	memset(list, 0, sizeof(*list));
	if (why.check == ASSAY_J_TYPE || why.check == ASSAY_J_RANGE)
		(void)assay_fail(&list->failed, ASSAY_A_LIST, why.doc, why.at,
		                 "%s", why.note);
	else
		list->failed = why;
	if (err)
		*err = list->failed;
	return false;
}

/* ---- writing */

static void write_td(struct assay_json_out *o, const struct assay_list_entry *e)
{
	char name[] = "rtmr0";

	assay_json_put_hex(o, "mrtd", e->mrtd, sizeof(e->mrtd));
	for (int i = 0; i < 3 + e->has_rtmr3; i++) {
		name[sizeof(name) - 2] = (char)('0' + i);
		assay_json_put_hex(o, name, e->rtmr[i], sizeof(e->rtmr[i]));
	}
}

static void write_enclave(struct assay_json_out *o,
                          const struct assay_list_entry *e)
{
	assay_json_put_hex(o, "mrenclave", e->mrenclave, sizeof(e->mrenclave));
	if (!e->is_signed)
		return;
	assay_json_put_hex(o, "mrsigner", e->mrsigner, sizeof(e->mrsigner));
	assay_json_put_uint(o, "isv_prod_id", e->isv_prod_id);
	assay_json_put_uint(o, "isv_svn", e->isv_svn);
}

void assay_list_write(struct assay_json_out *o, const struct assay_list *list)
{
	assay_json_put_object(o, NULL);
	assay_json_put_uint(o, "assay_list", 1);
	assay_json_put_text(o, "name", list->name);
	assay_json_put_time(o, "issued", list->issued);
	assay_json_put_uint(o, "number", list->number);
	assay_json_put_array(o, "entries");
	for (size_t i = 0; i < list->n_entries; i++) {
		const struct assay_list_entry *e = &list->entries[i];
		bool td = e->tee == ASSAY_TEE_TDX;

		assay_json_put_object(o, NULL);
		assay_json_put_text(o, "kind", td ? "tdx" : "sgx");
		if (e->label[0])
			assay_json_put_text(o, "file", e->label);
		if (td)
			write_td(o, e);
		else
			write_enclave(o, e);
		assay_json_put_end(o, '}');
	}
	assay_json_put_end(o, ']');
	assay_json_put_end(o, '}');
}

/* ---- asking */

bool assay_list_fresh(const struct assay_list *list,
                      const struct assay_wanted_list *want, int64_t now,
                      struct assay_err *err)
{
	char issued[ASSAY_TIME_TEXT];

	if (list->issued <= now &&
	    (uint64_t)(now - list->issued) <= want->max_age)
		return true;
	return assay_fail(err, ASSAY_A_LIST_AGE, ASSAY_DOC_LIST, 0,
	                  "issued at %s, and the policy accepts an age of %llu "
	                  "seconds",
	                  assay_time_print(issued, list->issued),
	                  (unsigned long long)want->max_age);
}

static bool is_td(const struct assay_list_entry *e,
                  const struct assay_td_report *td)
{
	return memcmp(e->mrtd, td->mrtd, sizeof(e->mrtd)) == 0 &&
	       memcmp(e->rtmr, td->rtmr, 3 * sizeof(e->rtmr[0])) == 0 &&
	       (!e->has_rtmr3 ||
	        memcmp(e->rtmr[3], td->rtmr[3], sizeof(e->rtmr[3])) == 0);
}

/* A measurement does not cover who signed it, and as what. */
static bool is_enclave(const struct assay_list_entry *e,
                       const struct assay_sgx_report *sgx)
{
	return memcmp(e->mrenclave, sgx->mrenclave, sizeof(e->mrenclave)) ==
	               0 &&
	       (!e->is_signed ||
	        (memcmp(e->mrsigner, sgx->mrsigner, sizeof(e->mrsigner)) == 0 &&
	         e->isv_prod_id == sgx->isv_prod_id &&
	         e->isv_svn == sgx->isv_svn));
}

bool assay_list_has(const struct assay_list *list,
                    const struct assay_verdict *v)
{
	for (size_t i = 0; i < list->n_entries; i++) {
		const struct assay_list_entry *e = &list->entries[i];

		if (e->tee == v->tee &&
		    (e->tee == ASSAY_TEE_TDX ? is_td(e, &v->td)
		                             : is_enclave(e, &v->sgx)))
			return true;
	}
	return false;
}

/* ---- what others may know of it */

size_t assay_list_size(void)
{
	return sizeof(struct assay_list);
}

uint64_t assay_list_number(const struct assay_list *list)
{
	return list->number;
}

const char *assay_policy_list(const struct assay_policy *policy)
{
	return policy->given[ASSAY_KEY_measurements] ? policy->measurements.name
	                                             : NULL;
}
