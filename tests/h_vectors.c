/* h_vectors.c - documents that others made. */
#include "h_vectors.h"

#include "base/json.h"
#include "tap.h"

#include <string.h>

/* ---- files, each read once */

struct kept {
	struct kept *next;
	char path[512];
	struct assay_bytes bytes;
};
static struct kept *all_kept;

static struct assay_bytes keep(const char *path, struct assay_bytes bytes)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	snprintf(k->path, sizeof(k->path), "%s", path);
	k->bytes = bytes;
	k->next = all_kept;
	all_kept = k;
	return bytes;
}

static struct assay_bytes file_at(const char *path)
{
	char full[4700];
	struct assay_bytes b = { 0 };

	for (struct kept *k = all_kept; k; k = k->next)
		if (strcmp(k->path, path) == 0)
			return k->bytes;
	if (!vectors())
		return b;
	snprintf(full, sizeof(full), "%s/%s", vectors(), path);
	b.ptr = slurp(full, &b.len);
	return b.ptr ? keep(path, b) : b;
}

struct assay_bytes vector_file(const char *fmt, ...)
{
	char path[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return file_at(path);
}

/* ---- collateral */

bool vector_add(struct assay_collateral *collateral, enum assay_part part,
                const char *file)
{
	struct assay_bytes in = file_at(file);
	struct assay_scratch scratch = { .len = in.len };
	bool good;

	if (!in.len)
		return false;
	scratch.ptr = malloc(in.len);
	if (!scratch.ptr)
		abort();
	good = assay_collateral_add(collateral, part, in, &scratch, NULL);
	if (good && scratch.used)
		keep("", (struct assay_bytes){ scratch.ptr, scratch.used });
	else
		free(scratch.ptr);
	return good;
}

void vector_collateral(struct assay_collateral *collateral, const char *folder)
{
	static const char *const names[] = {
		"tcb_info.json",
		"qe_identity.json",
		"tcb_info_issuer_chain.pem",
		"qe_identity_issuer_chain.pem",
		"root_ca_crl.pem",
		"pck_crl.pem",
		"pck_crl_issuer_chain.pem",
	};
	char path[512];

	memset(collateral, 0, sizeof(*collateral));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)vector_add(collateral, assay_part_of(names[i]), path);
	}
}

/* ---- the cases of intel/ */

/* The collateral's members are named as the files of a folder are, without
 * what stands behind the dot. */
static bool read_collateral(struct assay_json *j, struct vector_case *c)
{
	char file[256], path[300], part[96];
	struct assay_json_str name;
	bool good = true;

	c->has_collateral = true;
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (!assay_json_text(j, file, sizeof(file)))
			continue;
		snprintf(part, sizeof(part), "%.*s%s", (int)name.raw.len,
		         (const char *)name.raw.ptr, strrchr(file, '.'));
		snprintf(path, sizeof(path), "intel/%s", file);
		good &= vector_add(&c->collateral, assay_part_of(part), path);
	}
	return good;
}

static void read_advisories(struct assay_json *j, struct vector_case *c)
{
	c->has_advisories = true;
	assay_json_array(j);
	while (assay_json_element(j))
		if (c->n_advisories == ASSAY_MAX_ADVISORIES)
			assay_json_too_much(j, 0, "advisories");
		else if (assay_json_text(j, c->advisories[c->n_advisories],
		                         ASSAY_ADVISORY_LEN))
			c->n_advisories++;
}

/* Members that are texts, and where they go. */
static char *text_of(struct vector_case *c, struct assay_json_str name,
                     size_t *len)
{
	const struct {
		const char *name;
		char *to;
		size_t len;
	} texts[] = {
		{ "name", c->name, sizeof(c->name) },
		{ "expect", c->expect, sizeof(c->expect) },
		{ "tee", c->tee, sizeof(c->tee) },
		{ "mrenclave", c->mrenclave, sizeof(c->mrenclave) },
		{ "mrsigner", c->mrsigner, sizeof(c->mrsigner) },
		{ "mrtd", c->mrtd, sizeof(c->mrtd) },
		{ "report_data", c->report_data, sizeof(c->report_data) },
		{ "platform_status", c->platform_status,
		  sizeof(c->platform_status) },
		{ "module_status", c->module_status, sizeof(c->module_status) },
		{ "qe_status", c->qe_status, sizeof(c->qe_status) },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (assay_json_is(name, texts[i].name)) {
			*len = texts[i].len;
			return texts[i].to;
		}
	return NULL;
}

static bool read_member(struct assay_json *j, struct vector_case *c,
                        struct assay_json_str name)
{
	char file[256];
	size_t len = 0;
	char *text = text_of(c, name, &len);

	if (text)
		return assay_json_text(j, text, len);
	if (assay_json_is(name, "collateral"))
		return read_collateral(j, c);
	if (assay_json_is(name, "advisories"))
		read_advisories(j, c);
	else if (assay_json_is(name, "version"))
		return assay_json_uint(j, UINT16_MAX, &c->version);
	else if (assay_json_is(name, "debug"))
		return c->has_debug = assay_json_bool(j, &c->debug);
	else if (assay_json_is(name, "isv_prod_id"))
		return c->has_isv = assay_json_uint(j, UINT16_MAX,
		                                    &c->isv_prod_id);
	else if (assay_json_is(name, "isv_svn"))
		return assay_json_uint(j, UINT16_MAX, &c->isv_svn);
	else if (assay_json_is(name, "at") && assay_json_peek(j) != 'n')
		return c->has_at = assay_json_time(j, &c->at);
	else if (assay_json_is(name, "quote")) {
		if (assay_json_text(j, file, sizeof(file)))
			c->quote = vector_file("intel/%s", file);
		return c->quote.len > 0;
	} else {
		assay_json_skip(j, NULL); /* who asserted it, and why */
	}
	return true;
}

static bool read_case(struct assay_json *j, struct vector_case *c)
{
	struct assay_json_str name;
	bool good = true;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		good &= read_member(j, c, name);
	return good;
}

struct vector_case *vector_cases(size_t *n)
{
	enum { MOST = 400 };
	struct assay_bytes text = vector_file("intel/cases.json");
	struct vector_case *cases = calloc(MOST, sizeof(*cases));
	struct assay_json j;
	bool good = true;

	*n = 0;
	if (!cases)
		abort();
	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (good && assay_json_element(&j))
		good = *n < MOST && read_case(&j, &cases[(*n)++]);
	if (assay_json_close(&j, NULL) && good)
		return cases;
	free(cases);
	return NULL;
}
