/* enclave.c - what the verbs for enclave programs share. */
#include "cli/enclave.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how a program is launched */

void cli_launch_args(struct cli_launch *given, int *argc, char **argv)
{
	int i = 1;

	while (i < *argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i == *argc)
		return;
	given->n_args = *argc - i - 1;
	given->args = argv + i + 1;
	*argc = i;
}

bool cli_launch_any(const struct cli_launch *given)
{
	return given->heap || given->stack || given->threads || given->args;
}

/* "4096", "64K", "1M", "2G" */
static bool read_size(uint64_t *size, const char *name, const char *text,
                      const struct cli_verb *verb)
{
	static const char units[] = "KMG";
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	char digits[24];

	snprintf(digits, sizeof(digits), "%.*s", (int)(len - (unit != NULL)),
	         text);
	if (len < sizeof(digits) &&
	    cli_number(size, digits, UINT64_MAX >> 30)) {
		*size <<= unit ? 10 * (unit - units + 1) : 0;
		return true;
	}
	cli_usage(verb, "%s: got %s, want a size such as 65536, 64K, 1M or 2G",
	          name, text);
	return false;
}

/* argv[0] is the same whatever the file is called. */
static void read_args(struct assay_launch *launch,
                      const struct cli_launch *given)
{
	struct cli_text args = { 0 };

	cli_put(&args, "%.*s", (int)launch->args.len,
	        (const char *)launch->args.ptr);
	args.len++;
	for (int i = 0; i < given->n_args; i++) {
		cli_put(&args, "%s", given->args[i]);
		args.len++;
	}
	launch->n_args += (uint32_t)given->n_args;
	launch->args = (struct assay_bytes){ (const uint8_t *)args.ptr,
		                             args.len };
}

bool cli_launch(struct assay_launch *launch, const struct cli_launch *given,
                const struct cli_verb *verb)
{
	uint64_t threads;

	assay_launch_default(launch);
	threads = launch->threads;
	if (given->heap &&
	    !read_size(&launch->heap, "--heap", given->heap, verb))
		return false;
	if (given->stack &&
	    !read_size(&launch->stack, "--stack", given->stack, verb))
		return false;
	if (!cli_take_number(&threads, verb, "--threads", given->threads, 0,
	                     UINT32_MAX))
		return false;
	launch->threads = (uint32_t)threads;
	read_args(launch, given);
	return true;
}

uint8_t *cli_artefact(struct assay_bytes *in, const char *path)
{
	uint8_t *ptr;
	size_t len;

	if (!cli_read_max(&ptr, &len, path, CLI_ARTEFACT_MAX)) {
		cli_warn("%s: %s", path, strerror(errno));
		return NULL;
	}
	*in = (struct assay_bytes){ ptr, len };
	if (len <= CLI_ARTEFACT_MAX)
		return ptr;
	cli_warn("%s: it is larger than 256 MiB", path);
	free(ptr);
	return NULL;
}

/* An empty file would be taken for none. */
static bool read_beside(struct assay_bytes *in, const char *path)
{
	if (!path)
		return true;
	if (!cli_artefact(in, path))
		return false;
	if (in->len == 0)
		cli_warn("%s: it is empty", path);
	return in->len > 0;
}

bool cli_beside(struct assay_measuring *how, const struct cli_beside *given)
{
	return read_beside(&how->libpal, given->libpal) &&
	       read_beside(&how->sig, given->sig);
}

/* ---- attributes in words */

struct bit {
	uint64_t mask;
	const char *name;
};

static const struct bit flag_bits[] = {
	{ 0x1, "INIT" },
	{ 0x2, "DEBUG" },
	{ 0x4, "MODE64BIT" },
	{ 0x10, "PROVISION_KEY" },
	{ 0x20, "EINITTOKEN_KEY" },
	{ 0x40, "CET" },
	{ 0x80, "KSS" },
	{ 0x400, "AEXNOTIFY" },
	{ 0, NULL },
};
static const struct bit xfrm_bits[] = {
	{ 0x1, "x87" },    { 0x2, "SSE" },      { 0x4, "AVX" },
	{ 0x18, "MPX" },   { 0xe0, "AVX-512" }, { 0x200, "PKRU" },
	{ 0x1800, "CET" }, { 0x60000, "AMX" },  { 0, NULL },
};
static const struct bit misc_bits[] = {
	{ 0x1, "EXINFO" },
	{ 0x2, "CPINFO" },
	{ 0, NULL },
};

/* The names of bits; those that have none as a number. */
static void put_bits(struct cli_text *text, uint64_t bits,
                     const struct bit *names)
{
	for (; names->name; names++) {
		if ((bits & names->mask) != names->mask)
			continue;
		cli_put(text, " %s", names->name);
		bits &= ~names->mask;
	}
	if (bits)
		cli_put(text, " 0x%" PRIx64, bits);
}

/* "wanted MODE64BIT; open DEBUG; others refused" */
static void fact_mask(struct cli_facts *f, const char *label, uint64_t value,
                      uint64_t mask, uint64_t all, const struct bit *names)
{
	struct cli_text text = { 0 };

	if (value & mask) {
		cli_put(&text, "wanted");
		put_bits(&text, value & mask, names);
		cli_put(&text, "; ");
	}
	if (~mask & all) {
		cli_put(&text, "left open");
		put_bits(&text, ~mask & all, names);
		cli_put(&text, "; ");
	}
	cli_put(&text, "all else refused");
	cli_fact(f, NULL, label, text.ptr);
	cli_text_free(&text);
}

static void fact_debug(struct cli_facts *f, const struct assay_sigstruct *s)
{
	bool open = !(s->flags_mask & ASSAY_SGX_DEBUG);
	bool always = !open && s->flags & ASSAY_SGX_DEBUG;

	cli_fact(f, "debug", NULL, always ? "always" : open ? "open" : "never");
	cli_fact(f, NULL, "Debug",
	         always ? "always: its memory can be read"
	         : open ? "left open: whoever starts it may read its memory"
	                : "never");
}

static void fact_attributes(struct cli_facts *f,
                            const struct assay_sigstruct *s)
{
	fact_debug(f, s);
	fact_mask(f, "Attributes", s->flags, s->flags_mask, UINT64_MAX,
	          flag_bits);
	fact_mask(f, "XFRM", s->xfrm, s->xfrm_mask, UINT64_MAX, xfrm_bits);
	fact_mask(f, "MISCSELECT", s->misc_select, s->misc_mask, UINT32_MAX,
	          misc_bits);
}

/* ---- facts */

static void fact_hash(struct cli_facts *f, const char *name, const char *label,
                      bool there, const uint8_t hash[32])
{
	if (there)
		cli_fact_hex(f, name, label, hash, 32);
	else
		cli_fact(f, name, label, NULL);
}

static void fact_vendor(struct cli_facts *f, uint32_t vendor)
{
	cli_fact_uint(f, "vendor", NULL, vendor);
	cli_fact(f, NULL, "Vendor",
	         vendor ? "0x8086: it says Intel" : "0: anybody");
}

/* Family and extended product: for those that have any. */
static void fact_id(struct cli_facts *f, const char *label,
                    const uint8_t id[16])
{
	static const uint8_t none[16];

	if (memcmp(id, none, sizeof(none)) != 0)
		cli_fact_hex(f, NULL, label, id, 16);
}

/* A date is a number in hexadecimal, of decimal digits as a rule; some tools
 * write it in their own way. */
static void fact_date(struct cli_facts *f, uint32_t date)
{
	bool decimal = true;
	char text[16];

	for (uint32_t rest = date; rest; rest >>= 4)
		decimal &= (rest & 0xf) <= 9;
	snprintf(text, sizeof(text),
	         decimal ? "%04x-%02x-%02x" : "0x%04x%02x%02x", date >> 16,
	         date >> 8 & 0xff, date & 0xff);
	cli_fact(f, "date", "Date", text);
}

/* [CONCLAVE 2]: a revocation level is one less than ISVSVN. */
static void fact_revocation(struct cli_facts *f, uint16_t svn)
{
	if (svn > 0) {
		cli_fact_uint(f, "revocation", "Revocation level", svn - 1u);
		return;
	}
	cli_fact(f, "revocation", NULL, NULL);
	cli_fact(f, NULL, "Revocation level", "none: ISVSVN is 0");
}

static void fact_signature(struct cli_facts *f,
                           const struct assay_measurement *m)
{
	if (m->has_claimed)
		cli_fact_bool(f, "signature_ok", NULL, m->signature_ok);
	else
		cli_fact(f, "signature_ok", NULL, NULL);
	cli_fact(f, NULL, "Signature",
	         !m->has_claimed   ? NULL
	         : m->signature_ok ? "good"
	                           : "WRONG");
}

static void fact_claims(struct cli_facts *f, const struct assay_measurement *m)
{
	static const char *const names[] = { "product", "svn",  "revocation",
		                             "vendor",  "date", "debug" };
	const struct assay_sigstruct *s = &m->claimed;

	fact_hash(f, "claimed", "Claimed", m->has_claimed, s->mrenclave);
	fact_hash(f, "mrsigner", "Signing key hash", m->has_claimed,
	          s->mrsigner);
	fact_signature(f, m);
	if (m->has_claimed) {
		cli_fact_uint(f, "product", "Product ID", s->isv_prod_id);
		cli_fact_uint(f, "svn", NULL, s->isv_svn);
		fact_revocation(f, s->isv_svn);
		fact_id(f, "ISVFAMILYID", s->isv_family_id);
		fact_id(f, "ISVEXTPRODID", s->isv_ext_prod_id);
		fact_vendor(f, s->vendor);
		fact_date(f, s->date);
		fact_attributes(f, s);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cli_fact(f, names[i], NULL, NULL);
}

/* Each argument in quotation marks where that is needed to tell it. */
static void put_args(struct cli_text *text, const struct assay_launch *l)
{
	const char *arg = (const char *)l->args.ptr;

	for (uint32_t i = 0; i < l->n_args; i++, arg += strlen(arg) + 1)
		cli_put(text,
		        *arg && !strpbrk(arg, " \"") ? "%s%s" : "%s\"%s\"",
		        i ? " " : "", arg);
}

static void json_args(struct assay_json_out *o, const struct assay_launch *l)
{
	const char *arg = (const char *)l->args.ptr;

	assay_json_put_array(o, "arguments");
	for (uint32_t i = 0; i < l->n_args; i++, arg += strlen(arg) + 1)
		assay_json_put_text(o, NULL, arg);
	assay_json_put_end(o, ']');
}

static void fact_launch(struct cli_facts *f, const struct assay_launch *l)
{
	struct cli_text args = { 0 };

	put_args(&args, l);
	cli_fact_open(f, "launch", "Launch");
	cli_fact_uint(f, "stack", "Stack", l->stack);
	cli_fact_uint(f, "heap", "Heap", l->heap);
	cli_fact_uint(f, "threads", "Threads", l->threads);
	cli_fact_uint(f, "profile", NULL, l->profile);
	/* the only one that there is */
	cli_fact(f, NULL, "Profile",
	         "1, closed: no files, no network, few system calls");
	cli_fact(f, NULL, "Arguments", args.ptr);
	if (f->json)
		json_args(f->json, l);
	cli_fact_close(f);
	cli_text_free(&args);
}

/* A line for assay verify; as text it is what the shell is to be told. */
static void fact_constraint(struct cli_facts *f, const char *name,
                            const char *label, const char *line)
{
	struct cli_text quoted = { 0 };

	cli_put(&quoted, "--accept \"%s\"", line);
	cli_fact(f, name, NULL, line);
	cli_fact(f, NULL, label, quoted.ptr);
	cli_text_free(&quoted);
}

/* What they say was proved here. */
static void fact_manifest(struct cli_facts *f, const struct assay_manifest *g)
{
	cli_fact_open(f, "gramine", "Manifest");
	cli_fact_uint(f, "threads", "Threads", g->max_threads);
	cli_fact_bool(f, "edmm", "EDMM", g->edmm);
	cli_fact_uint(f, "unhashed", NULL, g->n_unhashed);
	cli_fact(f, "base", NULL, g->high ? "size" : "zero");
	cli_fact(f, NULL, "Begins at",
	         g->high ? "the enclave's size, as up to Gramine 1.4"
	                 : "0, as from Gramine 1.5 on");
	if (g->n_unhashed)
		cli_fact_uint(f, NULL, "Files, not hashed", g->n_unhashed);
	cli_fact_close(f);
}

static void fact_metadata(struct cli_facts *f, const struct assay_metadata *d)
{
	char text[64];

	snprintf(text, sizeof(text), "%u.%u", d->major, d->minor);
	cli_fact_open(f, "metadata", "Metadata");
	cli_fact(f, "version", "Version", text);
	cli_fact_uint(f, "copies", "Copies", d->n_copies);
	cli_fact_close(f);
}

/* Lines for assay verify --accept: what they say was proved here. */
static void fact_constraints(struct cli_facts *f,
                             const struct assay_measurement *m)
{
	const struct assay_sigstruct *s = &m->claimed;
	char hex[65], line[160];

	if (m->good && m->has_computed) {
		assay_hex_print(hex, m->computed, 32, true);
		snprintf(line, sizeof(line), "C:%s SEC:SECURE", hex);
		fact_constraint(f, "constraint_code", "Accept this code", line);
	}
	if (m->good && m->has_claimed) {
		int n;

		assay_hex_print(hex, s->mrsigner, 32, true);
		n = snprintf(line, sizeof(line), "S:%s PROD:%u ", hex,
		             s->isv_prod_id);
		if (s->isv_svn > 0)
			n += snprintf(line + n, sizeof(line) - (size_t)n,
			              "REVOKE:%u ", s->isv_svn - 1u);
		snprintf(line + n, sizeof(line) - (size_t)n, "SEC:SECURE");
		fact_constraint(f, "constraint_signer", "Accept its signer",
		                line);
	}
	if (m->good && (m->has_computed || m->has_claimed))
		cli_fact(f, NULL, "",
		         "on a simulated machine: SEC:INSECURE in place of "
		         "SEC:SECURE");
}

/* What the signer demands of attributes, for a policy.  The processor sets INIT
 * itself, and no SIGSTRUCT has it. */
static void put_attributes(struct cli_text *text,
                           const struct assay_measurement *m)
{
	const struct assay_sigstruct *s = &m->claimed;
	uint64_t mask = s->flags_mask & ~(uint64_t)ASSAY_SGX_INIT;
	const uint64_t values[4] = { s->flags & mask, s->xfrm & s->xfrm_mask,
		                     mask, s->xfrm_mask };

	for (size_t i = 0; i < 4; i++) {
		if (i % 2 == 0)
			cli_put(text, i ? "\", \"attributes_mask\": \""
			                : ", \"attributes\": \"");
		for (size_t byte = 0; byte < 8; byte++)
			cli_put(text, "%02x",
			        (unsigned)(values[i] >> 8 * byte & 0xff));
	}
	cli_put(text, "\"");
	if (values[0] & (ASSAY_SGX_PROVISION_KEY | ASSAY_SGX_EINITTOKEN_KEY))
		cli_put(text, ", \"allow_provision_key\": true");
}

/* Policy files, each a line: for this code, and for its signer's. */
static void fact_policies(struct cli_facts *f,
                          const struct assay_measurement *m)
{
	struct cli_text code = { 0 }, signer = { 0 };

	cli_put(&code, "{\"mrenclave\": \"");
	cli_put_hex(&code, m->computed, 32, false);
	cli_put(&code, "\"");
	cli_put(&signer, "{\"mrsigner\": \"");
	cli_put_hex(&signer, m->claimed.mrsigner, 32, false);
	cli_put(&signer, "\", \"isv_prod_id\": %u, \"min_isv_svn\": %u",
	        m->claimed.isv_prod_id, m->claimed.isv_svn);
	if (m->has_claimed) {
		put_attributes(&code, m);
		put_attributes(&signer, m);
	}
	cli_put(&code, "}");
	cli_put(&signer, "}");
	if (m->good && m->has_computed)
		cli_fact(f, "policy_code", "Policy, this code", code.ptr);
	if (m->good && m->has_claimed)
		cli_fact(f, "policy_signer", "Policy, its signer", signer.ptr);
	cli_text_free(&code);
	cli_text_free(&signer);
}

static const char *kind_text(const struct assay_measurement *m)
{
	switch (m->kind) {
	case ASSAY_ARTEFACT_PROGRAM:
		return "a program, not signed";
	case ASSAY_ARTEFACT_SIGNED:
		return "a signed program";
	case ASSAY_ARTEFACT_SGXS:
		return m->unsized ? "a stream without its size, measured as "
		                    "if it ended here"
		                  : "a stream";
	case ASSAY_ARTEFACT_SIGSTRUCT:
		return "a SIGSTRUCT alone: nothing can be computed, the "
		       "measurement is a claim";
	case ASSAY_ARTEFACT_GRAMINE:
		return "a manifest of Gramine's, and its loader";
	case ASSAY_ARTEFACT_SDK:
		return "an enclave of Intel's SGX SDK";
	case ASSAY_ARTEFACT_OE:
		return "an enclave of Open Enclave";
	case ASSAY_ARTEFACT_NONE:
		break;
	}
	return NULL;
}

void cli_facts_measurement(struct cli_facts *f,
                           const struct assay_measurement *m)
{
	const char *kind = assay_artefact_name(m->kind);

	cli_fact(f, "kind", NULL, *kind ? kind : NULL);
	cli_fact(f, NULL, "Artefact", kind_text(m));
	fact_hash(f, "computed", "Computed", m->has_computed, m->computed);
	fact_claims(f, m);
	if (m->has_launch)
		fact_launch(f, &m->launch);
	if (m->has_manifest)
		fact_manifest(f, &m->manifest);
	if (m->has_metadata)
		fact_metadata(f, &m->metadata);
	if (m->has_computed) {
		cli_fact_uint(f, "enclave_size", "Enclave bytes",
		              m->enclave_size);
		cli_fact_uint(f, "hashed", "Hashed bytes", m->hashed);
	}
	fact_constraints(f, m);
	fact_policies(f, m);
}
