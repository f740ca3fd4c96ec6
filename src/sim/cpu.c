/* cpu.c - a processor in software: keys and reports [SGX 4.1, 4.2]. */
#include "sim/cpu.h"

#include <string.h>

#include "crypto/cmac.h"
#include "crypto/crypto.h"
#include "crypto/hkdf.h"
#include "sim/le.h"
#include "os/buf.h"

static bool root_key(uint8_t key[16], const uint8_t fuse[SIM_FUSE_LEN],
                     const char *label)
{
	return assay_hkdf_sha256(key, 16,
	                         (struct assay_bytes){ fuse, SIM_FUSE_LEN },
	                         (struct assay_bytes){ 0 }, buf_text(label));
}

bool sim_rpk(uint8_t rpk[16], const uint8_t fuse[SIM_FUSE_LEN])
{
	return root_key(rpk, fuse, "SIMSGX RPK v1");
}

bool sim_cpu_boot(struct sim_cpu *cpu, const uint8_t fuse[SIM_FUSE_LEN],
                  const uint8_t cpu_svn[SIM_CPUSVN_LEN],
                  const uint8_t owner_epoch[16])
{
	memset(cpu, 0, sizeof(*cpu));
	memcpy(cpu->cpu_svn, cpu_svn, SIM_CPUSVN_LEN);
	memcpy(cpu->owner_epoch, owner_epoch, 16);
	cpu->has_rsk = true;
	if (sim_rpk(cpu->rpk, fuse) &&
	    root_key(cpu->rsk, fuse, "SIMSGX RSK v1") &&
	    assay_random(cpu->report_key_id, sizeof(cpu->report_key_id)))
		return true;
	assay_wipe(cpu, sizeof(*cpu));
	return false;
}

void sim_cpu_of_maker(struct sim_cpu *cpu, const uint8_t rpk[16],
                      const uint8_t cpu_svn[SIM_CPUSVN_LEN])
{
	memset(cpu, 0, sizeof(*cpu));
	memcpy(cpu->rpk, rpk, 16);
	memcpy(cpu->cpu_svn, cpu_svn, SIM_CPUSVN_LEN);
}

bool sim_cpu_svn_within(const uint8_t a[SIM_CPUSVN_LEN],
                        const uint8_t b[SIM_CPUSVN_LEN])
{
	for (unsigned i = 0; i < SIM_CPUSVN_LEN; i++)
		if (a[i] > b[i])
			return false;
	return true;
}

/* ---- what a key depends on: SIM KDF v1 */

/* Where the block has its fields. */
enum {
	KEYNAME = 0,
	KEYPOLICY = 2,
	ISVPRODID = 4,
	ISVSVN = 6,
	CONFIGSVN = 8,
	CET_ATTRIBUTES = 10,
	CET_MASK = 11,
	MISCSELECT = 12,
	MISCMASK = 16,
	ISVFAMILYID = 32,
	ISVEXTPRODID = 48,
	ATTRIBUTES = 64,
	ATTRIBUTEMASK = 80,
	CPUSVN = 96,
	OWNEREPOCH = 112,
	MRENCLAVE = 128,
	MRSIGNER = 160,
	KEYID = 192,
	SEAL_FUSES = 224,
	CONFIGID = 240,
	PADDING = 304,
	BLOCK_LEN = 656,
};

/*
 * Where each field comes from, key by key, in the order of their names:
 * EINITTOKEN, PROVISION, PROVISION_SEAL, REPORT, SEAL.
 *
 * S  the enclave's SECS      R  the request      C  the processor
 * M  the SECS's bits that the request's mask lets through
 * s  as S, r as R, if the request's policy has the bit
 * n  as S, unless it has the bit
 * 0  zeros
 */
/* clang-format off */
static const struct {
	uint16_t at, len;
	char from[SIM_N_KEYNAMES + 1];
	uint16_t policy;
} fields[] = {
	{ KEYNAME,        2,  "RRRRR", 0 },
	{ KEYPOLICY,      2,  "00R0R", 0 },
	{ ISVPRODID,      2,  "SSn0n", SIM_POLICY_NOISVPRODID },
	{ ISVSVN,         2,  "RRR0R", 0 },
	{ CONFIGSVN,      2,  "00rSr", SIM_POLICY_CONFIGID },
	{ CET_ATTRIBUTES, 1,  "MMMSM", 0 },
	{ CET_MASK,       1,  "0RR0R", 0 },
	{ MISCSELECT,     4,  "MMMSM", 0 },
	{ MISCMASK,       4,  "0RR0R", 0 },
	{ ISVFAMILYID,    16, "00s0s", SIM_POLICY_ISVFAMILYID },
	{ ISVEXTPRODID,   16, "00s0s", SIM_POLICY_ISVEXTPRODID },
	{ ATTRIBUTES,     16, "MMMSM", 0 },
	{ ATTRIBUTEMASK,  16, "0RR0R", 0 },
	{ CPUSVN,         16, "RRRCR", 0 },
	{ OWNEREPOCH,     16, "C00CC", 0 },
	{ MRENCLAVE,      32, "000Ss", SIM_POLICY_MRENCLAVE },
	{ MRSIGNER,       32, "SSS0s", SIM_POLICY_MRSIGNER },
	{ KEYID,          32, "R00RR", 0 },
	{ SEAL_FUSES,     16, "C0CCC", 0 },
	{ CONFIGID,       64, "00sSs", SIM_POLICY_CONFIGID },
};
/* clang-format on */

/* The sources, each laid out as the block is. */
struct sources {
	uint8_t secs[PADDING], request[PADDING], cpu[PADDING], masked[PADDING];
};

static void lay_secs(uint8_t b[PADDING], const struct sim_secs *s)
{
	le_put(b + ISVPRODID, s->isv_prod_id, 2);
	le_put(b + CONFIGSVN, s->config_svn, 2);
	b[CET_ATTRIBUTES] = s->cet_attributes;
	le_put(b + MISCSELECT, s->misc_select, 4);
	memcpy(b + ISVFAMILYID, s->isv_family_id, 16);
	memcpy(b + ISVEXTPRODID, s->isv_ext_prod_id, 16);
	le_put(b + ATTRIBUTES, s->flags, 8);
	le_put(b + ATTRIBUTES + 8, s->xfrm, 8);
	memcpy(b + MRENCLAVE, s->mrenclave, 32);
	memcpy(b + MRSIGNER, s->mrsigner, 32);
	memcpy(b + CONFIGID, s->config_id, 64);
}

static void lay_request(uint8_t b[PADDING], const struct sim_key_request *r)
{
	le_put(b + KEYNAME, r->name, 2);
	le_put(b + KEYPOLICY, r->policy, 2);
	le_put(b + ISVSVN, r->isv_svn, 2);
	le_put(b + CONFIGSVN, r->config_svn, 2);
	b[CET_MASK] = r->cet_mask;
	le_put(b + MISCMASK, ~r->misc_mask, 4);
	le_put(b + ATTRIBUTEMASK, r->flags_mask, 8);
	le_put(b + ATTRIBUTEMASK + 8, r->xfrm_mask, 8);
	memcpy(b + CPUSVN, r->cpu_svn, SIM_CPUSVN_LEN);
	memcpy(b + KEYID, r->key_id, 32);
}

static void lay_cpu(uint8_t b[PADDING], const struct sim_cpu *cpu)
{
	memcpy(b + CPUSVN, cpu->cpu_svn, SIM_CPUSVN_LEN);
	memcpy(b + OWNEREPOCH, cpu->owner_epoch, 16);
	memcpy(b + SEAL_FUSES, cpu->rsk, 16);
}

/* INIT and DEBUG are never masked out: a debug enclave has keys of its own. */
static void lay_masked(uint8_t b[PADDING], const struct sim_secs *s,
                       const struct sim_key_request *r)
{
	const uint64_t always = ASSAY_SGX_INIT | ASSAY_SGX_DEBUG;

	b[CET_ATTRIBUTES] = s->cet_attributes & r->cet_mask;
	le_put(b + MISCSELECT, s->misc_select & r->misc_mask, 4);
	le_put(b + ATTRIBUTES, s->flags & (r->flags_mask | always), 8);
	le_put(b + ATTRIBUTES + 8, s->xfrm & r->xfrm_mask, 8);
}

/* The source of a field, or NULL for zeros. */
static const uint8_t *source(const struct sources *from, char letter,
                             bool has_policy)
{
	switch (letter) {
	case 'S':
		return from->secs;
	case 'R':
		return from->request;
	case 'C':
		return from->cpu;
	case 'M':
		return from->masked;
	case 's':
		return has_policy ? from->secs : NULL;
	case 'r':
		return has_policy ? from->request : NULL;
	case 'n':
		return has_policy ? NULL : from->secs;
	default:
		return NULL;
	}
}

/* SIGSTRUCT's padding as its signature has it, a constant [SGX 2]. */
static void lay_padding(uint8_t p[BLOCK_LEN - PADDING])
{
	static const uint8_t sha256[] = {
		0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
		0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
	};

	p[0] = 0x00;
	p[1] = 0x01;
	memset(p + 2, 0xff, 330);
	memcpy(p + 332, sha256, sizeof(sha256));
}

enum sim_status sim_derive_key(uint8_t key[SIM_KEY_LEN],
                               const struct sim_cpu *cpu,
                               const struct sim_secs *secs,
                               const struct sim_key_request *r)
{
	uint8_t block[BLOCK_LEN] = { 0 };
	struct sources from = { 0 };

	lay_secs(from.secs, secs);
	lay_request(from.request, r);
	lay_cpu(from.cpu, cpu);
	lay_masked(from.masked, secs, r);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const uint8_t *p = source(&from, fields[i].from[r->name],
		                          r->policy & fields[i].policy);

		if (p)
			memcpy(block + fields[i].at, p + fields[i].at,
			       fields[i].len);
	}
	lay_padding(block + PADDING);
	bool done = assay_cmac(key, cpu->rpk,
	                       (struct assay_bytes){ block, sizeof(block) });

	assay_wipe(block, sizeof(block));
	assay_wipe(&from, sizeof(from));
	return done ? SIM_SUCCESS : SIM_MC;
}

/* ---- EGETKEY */

/* A policy that needs KSS does not stand without it. */
static bool is_legal(const struct sim_secs *secs,
                     const struct sim_key_request *r)
{
	const uint16_t plain = SIM_POLICY_MRENCLAVE | SIM_POLICY_MRSIGNER;
	const uint16_t all = plain | SIM_POLICY_NOISVPRODID |
	                     SIM_POLICY_CONFIGID | SIM_POLICY_ISVFAMILYID |
	                     SIM_POLICY_ISVEXTPRODID;
	const bool kss = secs->flags & ASSAY_SGX_KSS;

	return !(r->policy & ~(kss ? all : plain)) && (kss || !r->config_svn);
}

/* The attribute without which an enclave does not get the key; 0: none. */
static uint64_t needed(uint16_t name)
{
	switch (name) {
	case SIM_KEYNAME_EINITTOKEN:
		return ASSAY_SGX_EINITTOKEN_KEY;
	case SIM_KEYNAME_PROVISION:
	case SIM_KEYNAME_PROVISION_SEAL:
		return ASSAY_SGX_PROVISION_KEY;
	default:
		return 0;
	}
}

static bool has_config_svn(uint16_t name)
{
	return name == SIM_KEYNAME_SEAL || name == SIM_KEYNAME_PROVISION_SEAL;
}

/* In EGETKEY's order. */
static enum sim_status check(const struct sim_cpu *cpu,
                             const struct sim_secs *secs,
                             const struct sim_key_request *r)
{
	if (!is_legal(secs, r))
		return SIM_GP;
	if (r->name >= SIM_N_KEYNAMES)
		return SIM_INVALID_KEYNAME;
	if (!cpu->has_rsk && r->name != SIM_KEYNAME_PROVISION)
		return SIM_INVALID_KEYNAME;
	/* it depends on the processor's CPUSVN, and on no ISVSVN */
	if (r->name == SIM_KEYNAME_REPORT)
		return SIM_SUCCESS;
	if (needed(r->name) & ~secs->flags)
		return SIM_INVALID_ATTRIBUTE;
	if (!sim_cpu_svn_within(r->cpu_svn, cpu->cpu_svn))
		return SIM_INVALID_CPUSVN;
	if (r->isv_svn > secs->isv_svn ||
	    (has_config_svn(r->name) && r->config_svn > secs->config_svn))
		return SIM_INVALID_ISVSVN;
	return SIM_SUCCESS;
}

enum sim_status sim_egetkey(uint8_t key[SIM_KEY_LEN], const struct sim_cpu *cpu,
                            const struct sim_secs *secs,
                            const uint8_t request[SIM_KEYREQUEST_LEN])
{
	struct sim_key_request r;
	enum sim_status status = sim_key_request_read(&r, request)
	                                 ? check(cpu, secs, &r)
	                                 : SIM_GP;

	if (status == SIM_SUCCESS)
		return sim_derive_key(key, cpu, secs, &r);
	memset(key, 0, SIM_KEY_LEN);
	return status;
}

/* ---- EREPORT */

static void put_body(uint8_t report[SIM_REPORT_BODY_LEN],
                     const struct sim_cpu *cpu, const struct sim_secs *s,
                     const uint8_t data[SIM_REPORT_DATA_LEN])
{
	memset(report, 0, SIM_REPORT_BODY_LEN);
	memcpy(report + SIM_REPORT_CPUSVN, cpu->cpu_svn, SIM_CPUSVN_LEN);
	le_put(report + SIM_REPORT_MISCSELECT, s->misc_select, 4);
	report[SIM_REPORT_CET_ATTRIBUTES] = s->cet_attributes;
	memcpy(report + SIM_REPORT_ISVEXTPRODID, s->isv_ext_prod_id, 16);
	le_put(report + SIM_REPORT_FLAGS, s->flags, 8);
	le_put(report + SIM_REPORT_XFRM, s->xfrm, 8);
	memcpy(report + SIM_REPORT_MRENCLAVE, s->mrenclave, 32);
	memcpy(report + SIM_REPORT_MRSIGNER, s->mrsigner, 32);
	memcpy(report + SIM_REPORT_CONFIGID, s->config_id, 64);
	le_put(report + SIM_REPORT_ISVPRODID, s->isv_prod_id, 2);
	le_put(report + SIM_REPORT_ISVSVN, s->isv_svn, 2);
	le_put(report + SIM_REPORT_CONFIGSVN, s->config_svn, 2);
	memcpy(report + SIM_REPORT_ISVFAMILYID, s->isv_family_id, 16);
	memcpy(report + SIM_REPORT_DATA, data, SIM_REPORT_DATA_LEN);
}

/* The report key of the enclave that the report is for. */
static enum sim_status report_key(uint8_t key[SIM_KEY_LEN],
                                  const struct sim_cpu *cpu,
                                  const struct sim_target *target)
{
	struct sim_key_request request = { .name = SIM_KEYNAME_REPORT };
	struct sim_secs secs = {
		.flags = target->flags,
		.xfrm = target->xfrm,
		.misc_select = target->misc_select,
		.cet_attributes = target->cet_attributes,
		.config_svn = target->config_svn,
	};

	memcpy(secs.mrenclave, target->mrenclave, 32);
	memcpy(secs.config_id, target->config_id, 64);
	memcpy(request.key_id, cpu->report_key_id, 32);
	return sim_derive_key(key, cpu, &secs, &request);
}

enum sim_status sim_ereport(uint8_t report[SIM_REPORT_LEN],
                            const struct sim_cpu *cpu,
                            const struct sim_secs *secs,
                            const uint8_t target[SIM_TARGETINFO_LEN],
                            const uint8_t data[SIM_REPORT_DATA_LEN])
{
	const struct assay_bytes body = { report, SIM_REPORT_BODY_LEN };
	struct sim_target t;
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status = SIM_GP;

	if (sim_target_read(&t, target))
		status = report_key(key, cpu, &t);
	if (status == SIM_SUCCESS) {
		put_body(report, cpu, secs, data);
		memcpy(report + SIM_REPORT_KEYID, cpu->report_key_id, 32);
		/* KEYID is in the MAC's key [SGX 4.2] */
		if (!assay_cmac(report + SIM_REPORT_MAC, key, body))
			status = SIM_MC;
	}
	assay_wipe(key, sizeof(key));
	if (status != SIM_SUCCESS)
		memset(report, 0, SIM_REPORT_LEN);
	return status;
}
