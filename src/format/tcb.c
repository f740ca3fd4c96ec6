/* tcb.c - TCB info and enclave identities out of the JSON reader. */
#include "format/tcb.h"

#include <stdio.h>
#include <string.h>

bool assay_wrong_id(struct assay_err *err, enum assay_doc doc, size_t at,
                    const char *wanted)
{
	return assay_fail(err, ASSAY_J_ID, doc, at,
	                  "the document's id is not %s", wanted);
}

static bool wrong_version(struct assay_json *j, size_t at, const char *what)
{
	return assay_json_fail(j, ASSAY_J_VERSION, at, "%s", what);
}

static bool too_many(struct assay_json *j, const char *what)
{
	return assay_json_too_much(j, assay_json_at(j), "too many %s", what);
}

/* A member that must be there; false too if the reader failed before. */
static bool need(struct assay_json *j, size_t at, bool there, const char *name)
{
	if (there)
		return assay_json_ok(j);
	return assay_json_bad_type(j, at, "no member %s", name);
}

/* The statuses that the platform's levels use; modules and enclaves use the
 * second set [DCAP 3.3].  The two of a relaunch are never on the wire. */
enum {
	PLATFORM_STATUSES =
		1 << ASSAY_STATUS_UP_TO_DATE |
		1 << ASSAY_STATUS_SW_HARDENING_NEEDED |
		1 << ASSAY_STATUS_CONFIGURATION_NEEDED |
		1 << ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED |
		1 << ASSAY_STATUS_OUT_OF_DATE |
		1 << ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED |
		1 << ASSAY_STATUS_REVOKED,
	SVN_STATUSES = 1 << ASSAY_STATUS_UP_TO_DATE |
	               1 << ASSAY_STATUS_OUT_OF_DATE |
	               1 << ASSAY_STATUS_REVOKED,
};

static bool read_status(struct assay_json *j, unsigned allowed,
                        enum assay_status *out)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return false;
	*out = s.escaped ? ASSAY_STATUS_NONE : assay_status_find(s.raw);
	if (*out && allowed & 1u << *out)
		return true;
	return assay_json_fail(j, ASSAY_T_UNRECOGNISED, at,
	                       "the status %.*s is not known here",
	                       (int)(s.raw.len < 40 ? s.raw.len : 40),
	                       (const char *)s.raw.ptr);
}

/* An array of strings that are advisories; its raw bytes. */
static bool read_advisories(struct assay_json *j, struct assay_bytes *raw)
{
	size_t at = assay_json_at(j), n = 0;
	char text[ASSAY_ADVISORY_LEN];

	assay_json_array(j);
	while (assay_json_element(j)) {
		if (n++ == ASSAY_MAX_LEVEL_ADVISORIES)
			return too_many(j, "advisories");
		assay_json_text(j, text, sizeof(text));
	}
	*raw = (struct assay_bytes){ j->base + at, j->pos - at };
	return assay_json_ok(j);
}

/* {"isvsvn":n} */
static bool read_isv_svn(struct assay_json *j, uint16_t *out, bool *there)
{
	struct assay_json_str name;
	uint64_t v = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, "isvsvn")) {
			*there = assay_json_uint(j, UINT16_MAX, &v);
			*out = (uint16_t)v;
		}
	return assay_json_ok(j);
}

static bool same_level(struct assay_json *j, size_t at)
{
	return assay_json_fail(j, ASSAY_J_DUPLEVEL, at,
	                       "two levels ask for the same");
}

/* The levels of an enclave or a module, sorted, the highest first. */
static bool read_svn_levels(struct assay_json *j,
                            struct assay_svn_level *levels, size_t *n_levels)
{
	struct assay_json_str name;
	size_t n = 0;

	assay_json_array(j);
	while (assay_json_element(j)) {
		struct assay_svn_level l = { 0 };
		bool svn = false, date = false;
		size_t at = assay_json_at(j), i;

		if (n == ASSAY_MAX_SVN_LEVELS)
			return too_many(j, "levels");
		assay_json_object(j);
		while (assay_json_member(j, &name)) {
			if (assay_json_is(name, "tcb"))
				read_isv_svn(j, &l.isv_svn, &svn);
			else if (assay_json_is(name, "tcbDate"))
				date = assay_json_time(j, &l.date);
			else if (assay_json_is(name, "tcbStatus"))
				read_status(j, SVN_STATUSES, &l.status);
			else if (assay_json_is(name, "advisoryIDs"))
				read_advisories(j, &l.advisories);
		}
		if (!need(j, at, svn, "tcb.isvsvn") ||
		    !need(j, at, date, "tcbDate") ||
		    !need(j, at, l.status, "tcbStatus"))
			return false;
		for (i = n; i > 0 && levels[i - 1].isv_svn < l.isv_svn; i--)
			levels[i] = levels[i - 1];
		if (i > 0 && levels[i - 1].isv_svn == l.isv_svn)
			return same_level(j, at);
		levels[i] = l;
		n++;
	}
	*n_levels = n;
	return assay_json_ok(j);
}

/* Version 3: sixteen objects with an svn; their raw bytes hold the names. */
static bool read_components(struct assay_json *j, uint8_t svn[16],
                            struct assay_bytes *raw)
{
	size_t at = assay_json_at(j), n = 0;
	struct assay_json_str name;

	assay_json_array(j);
	while (assay_json_element(j)) {
		size_t here = assay_json_at(j);
		bool there = false;
		uint64_t v = 0;

		assay_json_object(j);
		while (assay_json_member(j, &name))
			if (assay_json_is(name, "svn"))
				there = assay_json_uint(j, UINT8_MAX, &v);
		if (!need(j, here, there, "svn"))
			return false;
		if (n < 16)
			svn[n] = (uint8_t)v;
		n++;
	}
	*raw = (struct assay_bytes){ j->base + at, j->pos - at };
	if (assay_json_ok(j) && n != 16)
		return assay_json_bad_type(j, at, "%zu components, wanted 16",
		                           n);
	return assay_json_ok(j);
}

/* Version 2: "sgxtcbcomp01svn" .. "sgxtcbcomp16svn"; 0..15, else -1. */
static int component_of(struct assay_json_str name)
{
	const uint8_t *p = name.raw.ptr;
	int n;

	if (name.escaped || name.raw.len != 15 ||
	    memcmp(p, "sgxtcbcomp", 10) != 0 || memcmp(p + 12, "svn", 3) != 0 ||
	    p[10] < '0' || p[10] > '9' || p[11] < '0' || p[11] > '9')
		return -1;
	n = (p[10] - '0') * 10 + (p[11] - '0');
	return n >= 1 && n <= 16 ? n - 1 : -1;
}

enum {
	HAS_V2 = 0xffff,   /* a bit for each member of version 2 */
	HAS_V3 = 1 << 16,  /* sgxtcbcomponents */
	HAS_TDX = 1 << 17, /* tdxtcbcomponents */
	HAS_PCE = 1 << 18,
};

static bool read_tcb(struct assay_json *j, struct assay_tcb_level *l,
                     unsigned *has)
{
	struct assay_json_str name;
	uint64_t v = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		int k;

		if (assay_json_is(name, "sgxtcbcomponents")) {
			if (read_components(j, l->sgx, &l->sgx_components))
				*has |= HAS_V3;
		} else if (assay_json_is(name, "tdxtcbcomponents")) {
			if (read_components(j, l->tdx, &l->tdx_components))
				*has |= HAS_TDX;
		} else if (assay_json_is(name, "pcesvn")) {
			if (assay_json_uint(j, UINT16_MAX, &v))
				*has |= HAS_PCE;
			l->pce_svn = (uint16_t)v;
		} else if ((k = component_of(name)) >= 0) {
			if (assay_json_uint(j, UINT8_MAX, &v))
				*has |= 1u << k;
			l->sgx[k] = (uint8_t)v;
		}
	}
	return assay_json_ok(j);
}

/* The order of levels: components, PCESVN, TDX components [DCAP 3.3]. */
static int compare(const struct assay_tcb_level *a,
                   const struct assay_tcb_level *b)
{
	int c = memcmp(a->sgx, b->sgx, 16);

	if (c == 0)
		c = (a->pce_svn > b->pce_svn) - (a->pce_svn < b->pce_svn);
	return c ? c : memcmp(a->tdx, b->tdx, 16);
}

/* All levels, sorted; `forms` gets what every one of them has. */
static bool read_levels(struct assay_json *j, struct assay_tcb_info *t,
                        unsigned *forms)
{
	struct assay_json_str name;

	*forms = HAS_V2 | HAS_V3 | HAS_TDX | HAS_PCE;
	assay_json_array(j);
	while (assay_json_element(j)) {
		struct assay_tcb_level l = { 0 };
		size_t at = assay_json_at(j), i;
		unsigned has = 0;
		bool date = false;

		if (t->n_levels == ASSAY_MAX_TCB_LEVELS)
			return too_many(j, "levels");
		assay_json_object(j);
		while (assay_json_member(j, &name)) {
			if (assay_json_is(name, "tcb"))
				read_tcb(j, &l, &has);
			else if (assay_json_is(name, "tcbDate"))
				date = assay_json_time(j, &l.date);
			else if (assay_json_is(name, "tcbStatus"))
				read_status(j, PLATFORM_STATUSES, &l.status);
			else if (assay_json_is(name, "advisoryIDs"))
				read_advisories(j, &l.advisories);
		}
		if (!need(j, at, has & HAS_PCE, "tcb.pcesvn") ||
		    !need(j, at, date, "tcbDate") ||
		    !need(j, at, l.status, "tcbStatus"))
			return false;
		*forms &= has;
		for (i = t->n_levels;
		     i > 0 && compare(&t->levels[i - 1], &l) < 0; i--)
			t->levels[i] = t->levels[i - 1];
		if (i > 0 && compare(&t->levels[i - 1], &l) == 0)
			return same_level(j, at);
		t->levels[i] = l;
		t->n_levels++;
	}
	return assay_json_ok(j);
}

/* "TDX_xx", xx two hexadecimal digits of either case; -1 for another id.  A
 * foreign id is no error: it is an identity that no module matches. */
static int major_of(struct assay_json_str s)
{
	int v = 0;

	if (s.escaped || s.raw.len != 6)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		uint8_t c = s.raw.ptr[i];

		if ((c >= 'a' && c <= 'z' ? c - 32 : c) != "TDX_"[i])
			return -1;
	}
	for (size_t i = 4; i < 6; i++) {
		uint8_t c = s.raw.ptr[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v * 16 + ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* tdxModule, or (with an id and levels) one of tdxModuleIdentities. */
static bool read_module(struct assay_json *j, struct assay_tdx_module *m,
                        bool identity, int *major)
{
	bool signer = false, attributes = false, mask = false, levels = false;
	bool id = false;
	size_t at = assay_json_at(j);
	struct assay_json_str name, s;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "mrsigner")) {
			signer = assay_json_hex(j, m->mrsigner, 48);
		} else if (assay_json_is(name, "attributes")) {
			attributes = assay_json_hex(j, m->attributes, 8);
		} else if (assay_json_is(name, "attributesMask")) {
			mask = assay_json_hex(j, m->attributes_mask, 8);
		} else if (identity && assay_json_is(name, "id")) {
			id = assay_json_string(j, &s);
			*major = id ? major_of(s) : -1;
		} else if (identity && assay_json_is(name, "tcbLevels")) {
			levels = read_svn_levels(j, m->levels, &m->n_levels);
		}
	}
	return need(j, at, signer, "mrsigner") &&
	       need(j, at, attributes, "attributes") &&
	       need(j, at, mask, "attributesMask") &&
	       need(j, at, id || !identity, "id") &&
	       need(j, at, levels || !identity, "tcbLevels");
}

static bool read_modules(struct assay_json *j, struct assay_tcb_info *t)
{
	assay_json_array(j);
	while (assay_json_element(j)) {
		size_t at = assay_json_at(j);
		int major = -1;

		if (t->n_modules == ASSAY_MAX_MODULES)
			return too_many(j, "module identities");
		if (!read_module(j, &t->modules[t->n_modules], true, &major))
			return false;
		if (major < 0) { /* no module has this identity */
			memset(&t->modules[t->n_modules], 0,
			       sizeof(t->modules[0]));
			continue;
		}
		for (size_t i = 0; i < t->n_modules; i++)
			if (t->modules[i].major == major)
				return same_level(j, at);
		t->modules[t->n_modules++].major = (uint8_t)major;
	}
	return assay_json_ok(j);
}

/* What a TCB info's top level was found to hold. */
struct top {
	bool id, version, issue, next, fmspc, type, number, levels;
	bool modules;
	size_t version_at, id_at;
	unsigned forms;
};

static bool read_tcb_id(struct assay_json *j, struct assay_tcb_info *t)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return false;
	if (assay_json_is(s, "SGX"))
		t->tee = ASSAY_TEE_SGX;
	else if (assay_json_is(s, "TDX"))
		t->tee = ASSAY_TEE_TDX;
	else
		return assay_wrong_id(&j->err, j->doc, at, "SGX or TDX");
	return true;
}

static bool read_tcb_member(struct assay_json *j, struct assay_tcb_info *t,
                            struct top *top, struct assay_json_str name)
{
	size_t at = assay_json_at(j);
	uint64_t v = 0;

	if (assay_json_is(name, "id")) {
		top->id = read_tcb_id(j, t);
	} else if (assay_json_is(name, "version")) {
		top->version = assay_json_uint(j, UINT32_MAX, &v);
		top->version_at = at;
		t->version = (uint32_t)v;
		if (top->version && v != 2 && v != 3)
			return wrong_version(
				j, at,
				"TCB info of another version than 2 and 3");
	} else if (assay_json_is(name, "issueDate")) {
		top->issue = assay_json_time(j, &t->validity.from);
	} else if (assay_json_is(name, "nextUpdate")) {
		top->next = assay_json_time(j, &t->validity.until);
	} else if (assay_json_is(name, "fmspc")) {
		top->fmspc = assay_json_hex(j, t->fmspc, 6);
	} else if (assay_json_is(name, "pceId")) {
		t->has_pce_id = assay_json_hex(j, t->pce_id, 2);
	} else if (assay_json_is(name, "tcbType")) {
		top->type = assay_json_uint(j, UINT32_MAX, &v);
		if (top->type && v != 0)
			return wrong_version(
				j, at, "TCB info of another tcbType than 0");
	} else if (assay_json_is(name, "tcbEvaluationDataNumber")) {
		top->number = assay_json_uint(j, UINT32_MAX, &v);
		t->evaluation_number = (uint32_t)v;
	} else if (assay_json_is(name, "tdxModule")) {
		t->has_module = read_module(j, &t->module, false, NULL);
	} else if (assay_json_is(name, "tdxModuleIdentities")) {
		top->modules = read_modules(j, t);
	} else if (assay_json_is(name, "tcbLevels")) {
		top->levels = read_levels(j, t, &top->forms);
	}
	return assay_json_ok(j);
}

static bool read_tcb_info(struct assay_json *j, struct assay_tcb_info *t)
{
	size_t at = assay_json_at(j);
	struct assay_json_str name;
	struct top top = { 0 };

	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (!read_tcb_member(j, t, &top, name))
			return false;
	if (!need(j, at, top.version, "version"))
		return false;
	if (t->version == 2) {
		if (top.id)
			return wrong_version(
				j, top.version_at,
				"version 2 has no id: it is for SGX alone");
		t->tee = ASSAY_TEE_SGX;
	} else if (assay_json_ok(j) && !top.id) {
		return assay_wrong_id(&j->err, j->doc, at, "there");
	}

	bool tdx = t->tee == ASSAY_TEE_TDX;
	bool v3 = t->version == 3;
	if (!need(j, at, top.issue, "issueDate") ||
	    !need(j, at, top.next, "nextUpdate") ||
	    !need(j, at, top.fmspc, "fmspc") ||
	    !need(j, at, !v3 || t->has_pce_id, "pceId") ||
	    !need(j, at, top.type, "tcbType") ||
	    !need(j, at, top.number, "tcbEvaluationDataNumber") ||
	    !need(j, at, top.levels && t->n_levels, "tcbLevels") ||
	    !need(j, at, !v3 || top.forms & HAS_V3, "sgxtcbcomponents") ||
	    !need(j, at, v3 || (top.forms & HAS_V2) == HAS_V2,
	          "sgxtcbcomp01svn to 16svn") ||
	    !need(j, at, !tdx || top.forms & HAS_TDX, "tdxtcbcomponents") ||
	    !need(j, at, !tdx || t->has_module, "tdxModule"))
		return false;
	if (!tdx && (t->has_module || top.modules))
		return assay_json_bad_type(j, at,
		                           "TCB info for SGX has a TDX module");
	return true;
}

bool assay_tcb_info_read(struct assay_tcb_info *out, struct assay_json *j)
{
	memset(out, 0, sizeof(*out));
	if (read_tcb_info(j, out))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}

static bool read_enclave_id(struct assay_json *j, enum assay_enclave_id *out)
{
	static const char *const ids[] = { "QE", "QVE", "TD_QE", "QAE" };
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (assay_json_is(s, ids[i])) {
			*out = (enum assay_enclave_id)(i + 1);
			return true;
		}
	return assay_wrong_id(&j->err, j->doc, at, "QE, QVE, TD_QE or QAE");
}

/* Eight digits, loaded as the little-endian word that the report holds. */
static bool read_misc(struct assay_json *j, uint32_t *out)
{
	uint8_t b[4];

	if (!assay_json_hex(j, b, 4))
		return false;
	*out = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
	return true;
}

/* The members of an enclave identity; bits of what was there. */
enum {
	ID_ID = 1 << 0,
	ID_VERSION = 1 << 1,
	ID_ISSUE = 1 << 2,
	ID_NEXT = 1 << 3,
	ID_NUMBER = 1 << 4,
	ID_MISC = 1 << 5,
	ID_MISC_MASK = 1 << 6,
	ID_ATTRIBUTES = 1 << 7,
	ID_ATTRIBUTES_MASK = 1 << 8,
	ID_MRSIGNER = 1 << 9,
	ID_PRODUCT = 1 << 10,
	ID_LEVELS = 1 << 11,
};

/* In the order of the bits above. */
static const char *const identity_members[] = {
	"id",
	"version",
	"issueDate",
	"nextUpdate",
	"tcbEvaluationDataNumber",
	"miscselect",
	"miscselectMask",
	"attributes",
	"attributesMask",
	"mrsigner",
	"isvprodid",
	"tcbLevels",
};
enum { N_IDENTITY_MEMBERS = sizeof(identity_members) / sizeof(char *) };

static bool read_identity_member(struct assay_json *j,
                                 struct assay_qe_identity *q, unsigned bit)
{
	size_t at = assay_json_at(j);
	uint64_t v = 0;
	bool good;

	switch (bit) {
	case ID_ID:
		return read_enclave_id(j, &q->id);
	case ID_VERSION:
		good = assay_json_uint(j, UINT32_MAX, &v);
		return good && v != 2 ? wrong_version(j, at,
		                                      "an identity of another "
		                                      "version than 2")
		                      : good;
	case ID_ISSUE:
		return assay_json_time(j, &q->validity.from);
	case ID_NEXT:
		return assay_json_time(j, &q->validity.until);
	case ID_NUMBER:
		good = assay_json_uint(j, UINT32_MAX, &v);
		q->evaluation_number = (uint32_t)v;
		return good;
	case ID_MISC:
		return read_misc(j, &q->misc_select);
	case ID_MISC_MASK:
		return read_misc(j, &q->misc_select_mask);
	case ID_ATTRIBUTES:
		return assay_json_hex(j, q->attributes, 16);
	case ID_ATTRIBUTES_MASK:
		return assay_json_hex(j, q->attributes_mask, 16);
	case ID_MRSIGNER:
		return assay_json_hex(j, q->mrsigner, 32);
	case ID_PRODUCT:
		good = assay_json_uint(j, UINT16_MAX, &v);
		q->isv_prod_id = (uint16_t)v;
		return good;
	default:
		return read_svn_levels(j, q->levels, &q->n_levels);
	}
}

static bool read_identity(struct assay_json *j, struct assay_qe_identity *q)
{
	size_t at = assay_json_at(j);
	struct assay_json_str name;
	unsigned has = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		for (unsigned i = 0; i < N_IDENTITY_MEMBERS; i++)
			if (assay_json_is(name, identity_members[i])) {
				if (!read_identity_member(j, q, 1u << i))
					return false;
				has |= 1u << i;
				break;
			}
	for (unsigned i = 0; i < N_IDENTITY_MEMBERS; i++)
		if (!need(j, at, has & 1u << i, identity_members[i]))
			return false;
	return need(j, at, q->n_levels, "tcbLevels");
}

bool assay_qe_identity_read(struct assay_qe_identity *out, struct assay_json *j)
{
	memset(out, 0, sizeof(*out));
	if (read_identity(j, out))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}

bool assay_advisory_at(struct assay_bytes array, size_t k,
                       char out[ASSAY_ADVISORY_LEN])
{
	struct assay_json j;

	if (array.len == 0)
		return false;
	assay_json_open(&j, array, ASSAY_DOC_NONE);
	assay_json_array(&j);
	for (size_t i = 0; assay_json_element(&j); i++)
		if (assay_json_text(&j, out, ASSAY_ADVISORY_LEN) && i == k)
			return true;
	return false;
}

/* What one component is called; the reader stands before its object. */
static void read_name(struct assay_json *j, char out[ASSAY_COMPONENT_NAME])
{
	char category[24] = "", type[32] = "";
	struct assay_json_str name;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, "category"))
			assay_json_text(j, category, sizeof(category));
		else if (assay_json_is(name, "type"))
			assay_json_text(j, type, sizeof(type));
	if (assay_json_ok(j))
		snprintf(out, ASSAY_COMPONENT_NAME, "%s%s%s", category,
		         *category && *type ? ", " : "", type);
}

void assay_component_names(char out[16][ASSAY_COMPONENT_NAME],
                           struct assay_bytes components)
{
	struct assay_json j;

	memset(out, 0, sizeof(out[0]) * 16);
	if (components.len == 0)
		return;
	assay_json_open(&j, components, ASSAY_DOC_NONE);
	assay_json_array(&j);
	for (size_t i = 0; i < 16 && assay_json_element(&j); i++)
		read_name(&j, out[i]);
}
