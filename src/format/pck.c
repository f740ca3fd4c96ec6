/* pck.c - the SGX extension of a PCK certificate [DCAP 2.2]. */
#include "format/cert.h"

#include <string.h>

#include "format/der.h"

/* Bits of what was seen, so that nothing comes twice or is left out. */
enum {
	MEMBERS_PROCESSOR = 0x1f << 1,    /* .1 .. .5 */
	MEMBERS_PLATFORM = 0x7f << 1,     /* .1 .. .7 */
	TCB_MEMBERS = 0x3ffff << 1,       /* .2.1 .. .2.18 */
	CONFIGURATION_MEMBERS = 0x7 << 1, /* .7.1 .. .7.3 */
};

/*
 * The OID of a member is 1.2.840.113741.1.13.1 and `depth` more numbers, of
 * which the first is `parent` if there are two.  Returns the last number; 0 on
 * anything else.
 */
static unsigned member(struct assay_rd *r, unsigned parent)
{
	static const uint8_t arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
		                       0x4d, 0x01, 0x0d, 0x01 };
	size_t at = r->pos;
	struct assay_bytes oid = assay_der_take(r, DER_OID, "member");
	size_t len = sizeof(arc) + (parent ? 2 : 1);

	if (oid.len == len && memcmp(oid.ptr, arc, sizeof(arc)) == 0 &&
	    (!parent || oid.ptr[len - 2] == parent) && oid.ptr[len - 1] < 0x80)
		return oid.ptr[len - 1];
	assay_rd_spoil(r, at, "a member's OID");
	return 0;
}

/* Notes a member; spoils the reader if it was there before or is unknown. */
static void note(struct assay_rd *r, uint32_t *seen, unsigned n, uint32_t all,
                 const char *field)
{
	if (n > 31 || !(all & 1u << n) || *seen & 1u << n)
		assay_rd_spoil(r, r->pos, field);
	else
		*seen |= 1u << n;
}

static void read_tcb(struct assay_pck *p, struct assay_rd *r)
{
	struct assay_rd list = assay_der_enter(r, DER_SEQUENCE, "TCB");
	uint32_t seen = 0;

	while (assay_rd_ok(&list) && assay_rd_left(&list)) {
		struct assay_rd m = assay_der_enter(&list, DER_SEQUENCE,
		                                    "a TCB member");
		unsigned n = member(&m, 2);

		note(&m, &seen, n, TCB_MEMBERS,
		     "a TCB member, twice or unknown");
		if (n >= 1 && n <= 16)
			p->comp[n - 1] = (uint8_t)assay_der_uint(
				&m, DER_INTEGER, 255, "a component SVN");
		else if (n == 17)
			p->pce_svn = (uint16_t)assay_der_uint(&m, DER_INTEGER,
			                                      65535, "PCESVN");
		else
			assay_der_octets(&m, p->cpu_svn, 16, "CPUSVN");
		assay_der_leave(&list, &m, "a TCB member");
	}
	if (seen != TCB_MEMBERS)
		assay_rd_spoil(&list, list.pos, "all 18 TCB members");
	assay_der_leave(r, &list, "TCB");
}

static void read_configuration(struct assay_pck *p, struct assay_rd *r)
{
	struct assay_rd list = assay_der_enter(r, DER_SEQUENCE,
	                                       "Configuration");
	enum assay_flag *const flags[] = { &p->dynamic_platform,
		                           &p->cached_keys, &p->smt_enabled };
	uint32_t seen = 0;

	while (assay_rd_ok(&list) && assay_rd_left(&list)) {
		struct assay_rd m = assay_der_enter(&list, DER_SEQUENCE,
		                                    "a flag");
		unsigned n = member(&m, 7);
		bool on = assay_der_boolean(&m, "a flag");

		note(&m, &seen, n, CONFIGURATION_MEMBERS,
		     "a flag, twice or unknown");
		if (n >= 1 && n <= 3)
			*flags[n - 1] = on ? ASSAY_FLAG_TRUE : ASSAY_FLAG_FALSE;
		assay_der_leave(&list, &m, "a flag");
	}
	if (seen != CONFIGURATION_MEMBERS)
		assay_rd_spoil(&list, list.pos, "all three flags");
	assay_der_leave(r, &list, "Configuration");
}

static void read_members(struct assay_pck *p, struct assay_rd *r, uint32_t all)
{
	struct assay_rd list = assay_der_enter(r, DER_SEQUENCE,
	                                       "the SGX extension");
	uint32_t seen = 0;

	while (assay_rd_ok(&list) && assay_rd_left(&list)) {
		struct assay_rd m = assay_der_enter(&list, DER_SEQUENCE,
		                                    "a member");
		unsigned n = member(&m, 0);

		note(&m, &seen, n, all,
		     "a member, twice or not of this kind of platform");
		switch (n) {
		case 1:
			assay_der_octets(&m, p->ppid, 16, "PPID");
			break;
		case 2:
			read_tcb(p, &m);
			break;
		case 3:
			assay_der_octets(&m, p->pce_id, 2, "PCEID");
			break;
		case 4:
			assay_der_octets(&m, p->fmspc, 6, "FMSPC");
			break;
		case 5:
			p->sgx_type = (uint8_t)assay_der_uint(
				&m, DER_ENUMERATED, 2, "SGX type");
			break;
		case 6:
			p->has_piid = true;
			assay_der_octets(&m, p->piid, 16,
			                 "Platform instance id");
			break;
		case 7:
			read_configuration(p, &m);
			break;
		}
		assay_der_leave(&list, &m, "a member");
	}
	if (seen != all)
		assay_rd_spoil(&list, list.pos,
		               "all members of this kind of platform");
	assay_der_leave(r, &list, "the SGX extension");
}

bool assay_pck_parse(struct assay_pck *pck, const struct assay_cert *leaf,
                     enum assay_role issuer, struct assay_err *err)
{
	struct assay_rd r = assay_rd(leaf->der);

	memset(pck, 0, sizeof(*pck));
	if (leaf->n_sgx_ext == 1) { /* offsets count in the certificate */
		r.pos = leaf->sgx_at;
		r.end = leaf->sgx_at + leaf->sgx_ext.len;
	} else {
		r.pos = leaf->extensions_at;
		assay_rd_spoil(&r, r.pos, "exactly one SGX extension");
	}
	read_members(pck, &r,
	             issuer == ASSAY_ROLE_PLATFORM_CA ? MEMBERS_PLATFORM
	                                              : MEMBERS_PROCESSOR);
	if (assay_rd_left(&r))
		assay_rd_spoil(&r, r.pos, "the end of the SGX extension");
	if (assay_rd_ok(&r))
		return true;
	memset(pck, 0, sizeof(*pck));
	return assay_fail(err, ASSAY_X_SGXEXT, leaf->doc, r.bad_at,
	                  "wanted: %s", r.bad);
}
