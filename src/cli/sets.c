/* sets.c - collateral from the command line. */
#include "cli/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cli_set *cli_set_add(struct cli_sets *sets, const char *name)
{
	struct cli_set *grown = cli_alloc(sets->n + 1, sizeof(*grown));

	if (sets->n)
		memcpy(grown, sets->set, sets->n * sizeof(*grown));
	free(sets->set);
	sets->set = grown;
	sets->set[sets->n].name = name;
	return &sets->set[sets->n++];
}

static bool slurp(struct assay_bytes *in, const char *path)
{
	uint8_t *ptr;
	size_t len;

	if (!cli_read(&ptr, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	*in = (struct assay_bytes){ ptr, len };
	return true;
}

/* A list that cannot be decoded is a matter of judgement: the set is known to
 * be broken.  Anything else that fails is no collateral. */
static bool keep_broken(struct cli_set *set, const char *path,
                        const struct assay_err *err)
{
	bool is_document = err->check == ASSAY_R_SYNTAX ||
	                   (err->check == ASSAY_C_SIZE &&
	                    err->doc != ASSAY_DOC_COLLATERAL);

	if (!is_document) {
		cli_warn_err(path, err);
		return false;
	}
	if (!set->broken.check)
		set->broken = *err;
	return true;
}

static bool add_document(struct cli_set *set, enum assay_part part,
                         const char *path)
{
	struct assay_scratch scratch;
	struct assay_bytes in;
	struct assay_err err;

	if (!slurp(&in, path))
		return false;
	scratch = cli_scratch(in.len);
	return assay_collateral_add(&set->documents, part, in, &scratch,
	                            &err) ||
	       keep_broken(set, path, &err);
}

static bool add_whole(struct cli_set *set, const char *path)
{
	struct assay_scratch scratch;
	struct assay_bytes in;
	struct assay_err err;

	if (!slurp(&in, path))
		return false;
	scratch = cli_scratch(in.len);
	if (assay_collateral_read(&set->documents, in, &scratch, &err))
		return true;
	if (!keep_broken(set, path, &err)) {
		if (err.check == ASSAY_C_FORMAT)
			cli_warn("for a single document, say which it is: "
			         "--collateral pck_crl=%s",
			         path);
		return false;
	}
	return true;
}

static bool add_folder(struct cli_set *set, const char *path)
{
	struct cli_list files = { 0 };
	bool any = false, good = true;

	if (!cli_folder(&files, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	for (size_t i = 0; good && i < files.n; i++) {
		const char *name = cli_base_name(files.item[i]);
		enum assay_part part = assay_part_of(name);

		if (part == ASSAY_PART_NONE)
			continue;
		any = true;
		good = add_document(set, part, files.item[i]);
	}
	if (good && !any)
		cli_warn("%s: holds no collateral: want tcb_info.json, "
		         "qe_identity.json, pck_crl.der and the others",
		         path);
	return good && any;
}

/* "tcb_info=FILE": the document's name is that of its file in a folder, without
 * the ending. */
static enum assay_part named_part(const char *item, const char **path)
{
	static const char *const endings[] = { "json", "pem", "der" };
	size_t n = strcspn(item, "=");
	char name[48];

	if (!item[n] || n > sizeof(name) - 8)
		return ASSAY_PART_NONE;
	*path = item + n + 1;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		enum assay_part part;

		snprintf(name, sizeof(name), "%.*s.%s", (int)n, item,
		         endings[i]);
		part = assay_part_of(name);
		if (part != ASSAY_PART_NONE)
			return part;
	}
	return ASSAY_PART_NONE;
}

bool cli_sets_read(struct cli_sets *sets, const struct cli_list *given)
{
	struct cli_set single = { .name = "the documents given" };
	bool any_single = false, good = true;

	*sets = (struct cli_sets){ 0 };
	for (size_t i = 0; good && i < given->n; i++) {
		const char *item = given->item[i], *path = item;
		enum assay_part part = named_part(item, &path);

		if (part == ASSAY_PART_NONE) {
			path = item;
			part = assay_part_of(cli_base_name(item));
		}
		if (cli_is_folder(path) && part == ASSAY_PART_NONE) {
			good = add_folder(cli_set_add(sets, path), path);
		} else if (part == ASSAY_PART_NONE) {
			good = add_whole(cli_set_add(sets, path), path);
		} else {
			any_single = true;
			good = add_document(&single, part, path);
		}
	}
	if (any_single)
		*cli_set_add(sets, single.name) = single;
	return good;
}
