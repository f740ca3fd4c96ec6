/* gramine.c - the enclave that Gramine makes of a manifest and its loader
 * [SGX 3.4]. */
#include "measure/gramine.h"

#include "base/err.h"
#include "measure/bytes.h"
#include "measure/toml.h"

#include <stdarg.h>
#include <string.h>

/* Constants of Gramine 1.3 to 1.9. */
enum {
	SSA_FRAME = 4, /* SSAFRAMESIZE */
	NSSA = 2,
	SSA = NSSA * SSA_FRAME * ASSAY_PAGE, /* of a thread */
	STACK = 0x40000,
	SIGNAL_STACK = 0x10000,
	HEAP_MIN = 0x10000, /* where the heap begins, of an enclave at 0 */
	GPR_LEN = 184,      /* the registers, at the end of an SSA frame */
	THREADS_MAX = 4096, /* its debugger's table */
	THREADS_DEFAULT = 4,
};
#define ENCLAVE_MAX (UINT64_C(1) << 40) /* its default with EDMM */
#define ENCLAVE_DEFAULT (UINT64_C(256) << 20)
#define CANARY UINT64_C(0xbadbadbadbad)

/* ---- the manifest */

/* A value of it that counts. */
enum field {
	ENCLAVE_SIZE,
	MAX_THREADS,
	THREAD_NUM, /* its name up to 1.3 */
	EDMM_ENABLE,
	NONPIE_BINARY,
	N_FIELDS,
};

static const struct {
	const char *key;
	enum assay_toml_kind kind;
	const char *want;
} fields[N_FIELDS] = {
	[ENCLAVE_SIZE] = { "sgx.enclave_size", ASSAY_TOML_TEXT,
	                   "a text such as \"512M\" or \"0x20000000\", at most "
	                   "1024G" },
	[MAX_THREADS] = { "sgx.max_threads", ASSAY_TOML_INTEGER, "1 to 4096" },
	[THREAD_NUM] = { "sgx.thread_num", ASSAY_TOML_INTEGER, "1 to 4096" },
	[EDMM_ENABLE] = { "sgx.edmm_enable", ASSAY_TOML_BOOLEAN,
	                  "true or false" },
	[NONPIE_BINARY] = { "sgx.nonpie_binary", ASSAY_TOML_BOOLEAN,
	                    "true or false" },
};

struct reading {
	uint64_t value[N_FIELDS];
	bool has[N_FIELDS];
	bool any;      /* there is something for SGX at all */
	bool features; /* sgx.cpu_features, which is of 1.6 and newer */
	uint64_t n_files, n_hashes; /* of sgx.trusted_files */
	struct assay_err *err;
};

ASSAY_PRINTF(3, 4)
static bool bad(struct assay_err *err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_MANIFEST, ASSAY_DOC_MANIFEST, at, fmt, ap);
	va_end(ap);
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int digit_of(char c)
{
	char low = (char)(c | 0x20);

	return is_digit(c)                ? c - '0'
	       : low >= 'a' && low <= 'f' ? low - 'a' + 10
	                                  : 16;
}

/* "268435456", "0x10000000", "256M" */
static bool read_size(uint64_t *size, const char *p)
{
	static const char units[] = "KMG";
	int base = p[0] == '0' && (p[1] == 'x' || p[1] == 'X') ? 16 : 10;
	const char *unit;
	unsigned shift;

	p += base == 16 ? 2 : 0;
	if (digit_of(*p) >= base)
		return false;
	for (*size = 0; digit_of(*p) < base && *size <= ENCLAVE_MAX; p++)
		*size = *size * (uint64_t)base + (uint64_t)digit_of(*p);
	unit = *p ? strchr(units, *p) : NULL;
	shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	p += unit != NULL;
	if (*p || *size > ENCLAVE_MAX >> shift)
		return false;
	*size <<= shift;
	return true;
}

static bool read_value(uint64_t *out, const struct assay_toml_value *v)
{
	switch (v->kind) {
	case ASSAY_TOML_TEXT:
		return v->text && read_size(out, v->text);
	case ASSAY_TOML_INTEGER:
		*out = (uint64_t)v->integer;
		return v->integer > 0 && v->integer <= THREADS_MAX;
	case ASSAY_TOML_BOOLEAN:
		*out = v->boolean;
		return true;
	case ASSAY_TOML_OTHER:
		break;
	}
	return false;
}

static bool is_key(const struct assay_toml_value *v, const char *key)
{
	return strcmp(v->key, key) == 0;
}

static bool take(void *to, const struct assay_toml_value *v)
{
	struct reading *r = to;
	int i = 0;

	r->any |= strncmp(v->key, "sgx.", 4) == 0;
	r->features |= strncmp(v->key, "sgx.cpu_features.", 17) == 0;
	r->n_files += is_key(v, "sgx.trusted_files[]") ||
	              is_key(v, "sgx.trusted_files[].uri");
	r->n_hashes += is_key(v, "sgx.trusted_files[].sha256");
	while (i < N_FIELDS && !is_key(v, fields[i].key))
		i++;
	if (i == N_FIELDS)
		return true;
	if (r->has[i])
		return bad(r->err, v->at, "%s is there twice", v->key);
	r->has[i] = true;
	return (v->kind == fields[i].kind && read_value(&r->value[i], v)) ||
	       bad(r->err, v->at, "%s: want %s", v->key, fields[i].want);
}

/* Gramine up to 1.4 writes sgx.nonpie_binary into every manifest; what is newer
 * does not. */
static enum assay_gramine_layout layout_of(const struct reading *r)
{
	return r->has[NONPIE_BINARY] && !r->value[NONPIE_BINARY] && !r->features
	               ? ASSAY_GRAMINE_AT_SIZE
	               : ASSAY_GRAMINE_AT_0;
}

bool assay_gramine_read(struct assay_gramine *g, struct assay_bytes in,
                        struct assay_err *err)
{
	struct reading r = { .err = err };

	memset(g, 0, sizeof(*g));
	if (!assay_toml_walk(in, take, &r, err))
		return false;
	if (!r.any)
		return bad(err, in.len, "it says nothing of sgx");
	g->manifest = in;
	g->edmm = r.value[EDMM_ENABLE];
	g->size = r.has[ENCLAVE_SIZE] ? r.value[ENCLAVE_SIZE]
	          : g->edmm           ? ENCLAVE_MAX
	                              : ENCLAVE_DEFAULT;
	g->threads = (uint32_t)(r.has[MAX_THREADS]  ? r.value[MAX_THREADS]
	                        : r.has[THREAD_NUM] ? r.value[THREAD_NUM]
	                                            : THREADS_DEFAULT);
	g->n_unhashed = r.n_files > r.n_hashes ? r.n_files - r.n_hashes : 0;
	g->layout = layout_of(&r);
	return true;
}

static bool begins(struct assay_bytes in, size_t at, const char *with)
{
	size_t n = strlen(with);

	return in.len - at >= n && memcmp(in.ptr + at, with, n) == 0;
}

/* Gramine's tables and keys, as its tools write them. */
bool assay_is_manifest(struct assay_bytes in)
{
	static const char *const lines[] = { "[sgx", "[loader", "[libos",
		                             "sgx.", "loader.", "libos.",
		                             "[[sgx" };
	bool fresh = true;

	for (size_t at = 0; at < in.len; at++) {
		for (size_t i = 0; fresh && i < 7; i++)
			if (begins(in, at, lines[i]))
				return true;
		if (!in.ptr[at])
			return false;
		fresh = in.ptr[at] == '\n';
	}
	return false;
}

/* ---- where everything is */

/* Areas are taken from the enclave's end downwards. */
static bool reserve(uint64_t *at, struct assay_gramine_plan *plan,
                    uint64_t *top, uint64_t n, const char *what,
                    struct assay_err *err)
{
	uint64_t left = *top > plan->heap ? *top - plan->heap : 0;

	if (n > left)
		return assay_fail(err, ASSAY_S_GRAMINE_ROOM, ASSAY_DOC_ENCLAVE,
		                  (size_t)*top,
		                  "%s: 0x%llx bytes, 0x%llx are left of "
		                  "sgx.enclave_size 0x%llx",
		                  what, (unsigned long long)n,
		                  (unsigned long long)left,
		                  (unsigned long long)plan->g.size);
	*top -= n;
	*at = *top;
	return true;
}

static uint64_t round_up(uint64_t n)
{
	return (n + ASSAY_PAGE - 1) & ~(uint64_t)(ASSAY_PAGE - 1);
}

static bool lay_out(struct assay_gramine_plan *p, struct assay_err *err)
{
	uint64_t n = p->g.threads, top = p->g.size;

	/* a NUL follows the manifest */
	return reserve(&p->manifest_at, p, &top,
	               round_up((uint64_t)p->g.manifest.len + 1), "manifest",
	               err) &&
	       reserve(&p->ssa_at, p, &top, n * SSA, "SSA", err) &&
	       reserve(&p->tcs_at, p, &top, n * ASSAY_PAGE, "TCS", err) &&
	       reserve(&p->tls_at, p, &top, n * ASSAY_PAGE, "TLS", err) &&
	       reserve(&p->stacks_at, p, &top, n * STACK, "stacks", err) &&
	       reserve(&p->signals_at, p, &top, n * SIGNAL_STACK,
	               "signal stacks", err) &&
	       reserve(&p->pal_at, p, &top, assay_elf_end(&p->pal), "libpal",
	               err);
}

/* ---- areas, in the order in which they are added */

struct walk {
	const struct assay_gramine_plan *plan;
	bool (*visit)(struct walk *w, const struct assay_area *area);
	struct assay_stream *stream;
	void (*tell)(void *to, const struct assay_area *area);
	void *to;
	struct assay_err *err;
};

static bool add(struct walk *w, const char *name, uint64_t at, uint64_t n,
                uint64_t flags, bool measured)
{
	struct assay_area a = { .name = name,
		                .at = at,
		                .n_pages = n / ASSAY_PAGE,
		                .flags = flags,
		                .measured = measured };

	return w->visit(w, &a);
}

/* A page for each thread. */
static bool add_threads(struct walk *w, const char *name, uint64_t at,
                        uint64_t flags)
{
	struct assay_area a = { .name = name,
		                .at = at,
		                .n_pages = w->plan->g.threads,
		                .flags = flags,
		                .measured = true,
		                .tcs = true };

	return w->visit(w, &a);
}

static bool add_bytes(struct walk *w, const char *name, uint64_t at, uint64_t n,
                      uint64_t flags, struct assay_bytes bytes, size_t lead)
{
	struct assay_area a = { .name = name,
		                .at = at,
		                .n_pages = n / ASSAY_PAGE,
		                .flags = flags,
		                .measured = true,
		                .bytes = bytes,
		                .lead = lead };

	return w->visit(w, &a);
}

enum {
	R = ASSAY_PAGE_REG | ASSAY_PAGE_R,
	RW = R | ASSAY_PAGE_W,
	RWX = RW | ASSAY_PAGE_X
};

/* A stack for each thread, the first uppermost. */
static bool add_stacks(struct walk *w, const char *name, uint64_t at,
                       uint64_t len)
{
	for (uint32_t t = w->plan->g.threads; t > 0; t--)
		if (!add(w, name, at + (t - 1) * len, len, RW, true))
			return false;
	return true;
}

static bool add_pal(struct walk *w)
{
	const struct assay_elf *pal = &w->plan->pal;

	for (size_t i = 0; i < pal->n_loads; i++) {
		const struct assay_elf_load *l = &pal->load[i];
		size_t lead = l->vaddr % ASSAY_PAGE;

		if (!add_bytes(w, "libpal", w->plan->pal_at + l->vaddr - lead,
		               round_up(lead + l->memsz),
		               ASSAY_PAGE_REG | l->rights, l->file, lead))
			return false;
	}
	return true;
}

static bool walk(struct walk *w)
{
	const struct assay_gramine_plan *p = w->plan;
	uint64_t n = p->g.threads;

	return add_bytes(w, "manifest", p->manifest_at,
	                 round_up((uint64_t)p->g.manifest.len + 1), R,
	                 p->g.manifest, 0) &&
	       add(w, "SSA", p->ssa_at, n * SSA, RW, true) &&
	       add_threads(w, "TCS", p->tcs_at, ASSAY_PAGE_TCS) &&
	       add_threads(w, "TLS", p->tls_at, RW) &&
	       add_stacks(w, "stack", p->stacks_at, STACK) &&
	       add_stacks(w, "signal stack", p->signals_at, SIGNAL_STACK) &&
	       add_pal(w) &&
	       (p->g.edmm || p->pal_at == p->heap ||
	        add(w, "free", p->heap, p->pal_at - p->heap, RWX, false));
}

static bool tell_area(struct walk *w, const struct assay_area *area)
{
	w->tell(w->to, area);
	return true;
}

void assay_gramine_tell(const struct assay_gramine_plan *plan,
                        void (*tell)(void *to, const struct assay_area *area),
                        void *to)
{
	struct walk w = {
		.plan = plan, .visit = tell_area, .tell = tell, .to = to
	};

	walk(&w); /* telling cannot fail */
}

static bool count_area(struct walk *w, const struct assay_area *area)
{
	*(uint64_t *)w->to += area->measured ? area->n_pages : 0;
	return true;
}

/* Pages; a loader can ask for as many as the enclave has. */
static uint64_t measured(const struct assay_gramine_plan *plan)
{
	uint64_t n = 0;
	struct walk w = { .plan = plan, .visit = count_area, .to = &n };

	walk(&w); /* counting cannot fail */
	return n;
}

bool assay_gramine_plan(struct assay_gramine_plan *plan,
                        const struct assay_gramine *g,
                        const struct assay_elf *pal, struct assay_err *err)
{
	bool at_0 = g->layout == ASSAY_GRAMINE_AT_0;

	*plan = (struct assay_gramine_plan){ .g = *g,
		                             .pal = *pal,
		                             .base = at_0 ? 0 : g->size,
		                             .heap = at_0 ? HEAP_MIN : 0 };
	if (lay_out(plan, err) &&
	    assay_measured_fits(measured(plan), ASSAY_DOC_ENCLAVE, 0, err))
		return true;
	memset(plan, 0, sizeof(*plan));
	return false;
}

/* ---- the stream */

/* A thread's TCS: offsets in the enclave. */
static void write_tcs(uint8_t page[ASSAY_PAGE],
                      const struct assay_gramine_plan *p, uint64_t t)
{
	memset(page, 0, ASSAY_PAGE);
	put_le(page + 16, p->ssa_at + t * SSA, 8);        /* OSSA */
	put_le(page + 28, NSSA, 4);                       /* NSSA */
	put_le(page + 32, p->pal_at + p->pal.entry, 8);   /* OENTRY */
	put_le(page + 56, p->tls_at + t * ASSAY_PAGE, 8); /* OGSBASE */
	put_le(page + 64, 0xfff, 4);                      /* FSLIMIT */
	put_le(page + 68, 0xfff, 4);                      /* GSLIMIT */
}

/* A thread's page of Gramine's own: addresses, but for the TCS's. */
static void write_tls(uint8_t page[ASSAY_PAGE],
                      const struct assay_gramine_plan *p, uint64_t t)
{
	uint64_t ssa = p->base + p->ssa_at + t * SSA;
	uint64_t stack = p->base + p->stacks_at +
	                 (p->g.threads - 1 - t) * STACK;
	uint64_t signals = p->base + p->signals_at +
	                   (p->g.threads - 1 - t) * SIGNAL_STACK;

	memset(page, 0, ASSAY_PAGE);
	put_le(page, p->base + p->tls_at + t * ASSAY_PAGE, 8);
	put_le(page + 0x8, CANARY, 8);
	put_le(page + 0x110, p->g.size, 8);
	put_le(page + 0x118, p->tcs_at + t * ASSAY_PAGE, 8);
	put_le(page + 0x120, stack + STACK, 8);
	put_le(page + 0x130, signals, 8);
	put_le(page + 0x138, signals + SIGNAL_STACK, 8);
	put_le(page + 0x148, ssa, 8);
	put_le(page + 0x150, ssa + SSA_FRAME * ASSAY_PAGE - GPR_LEN, 8);
	put_le(page + 0x1a0, (uint64_t)p->g.manifest.len + 1, 8);
	put_le(page + 0x1a8, p->base + p->heap, 8);
	put_le(page + 0x1b0, p->base + p->pal_at, 8);
}

static bool stream_threads(struct walk *w, const struct assay_area *a)
{
	uint8_t page[ASSAY_PAGE];

	for (uint64_t t = 0; t < a->n_pages; t++) {
		if (a->flags == ASSAY_PAGE_TCS)
			write_tcs(page, w->plan, t);
		else
			write_tls(page, w->plan, t);
		if (!assay_stream_page(w->stream, a->at + t * ASSAY_PAGE,
		                       a->flags, page, w->err))
			return false;
	}
	return true;
}

static bool stream_area(struct walk *w, const struct assay_area *a)
{
	return a->tcs ? stream_threads(w, a)
	              : assay_area_stream(w->stream, a, w->err);
}

bool assay_gramine_stream(struct assay_stream *s,
                          const struct assay_gramine_plan *plan,
                          struct assay_err *err)
{
	struct walk w = {
		.plan = plan, .visit = stream_area, .stream = s, .err = err
	};

	return assay_stream_ecreate(s, SSA_FRAME, plan->g.size, 0, err) &&
	       walk(&w);
}
