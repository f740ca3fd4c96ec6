/* bundle.c - an enclave's attestation as a file that others can judge. */
#include "daemon/bundle.h"

#include "os/files.h"
#include "format/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- documents */

static bool add(struct documents *d, int folder, const char *name,
                struct assay_err *err)
{
	const enum assay_part part = assay_part_of(name);
	struct buf file = { 0 };

	*err = (struct assay_err){ 0 };
	if (part == ASSAY_PART_NONE)
		return true;
	if (!file_read(&file, folder, name, ASSAY_EVIDENCE_MAX) ||
	    !assay_collateral_add(&d->collateral, part, buf_bytes(&file),
	                          &d->scratch, err)) {
		buf_free(&file);
		return false;
	}
	d->file[part] = file;
	return true;
}

static bool add_all(struct documents *d, DIR *dir, char why[DOCUMENTS_WHY])
{
	const struct dirent *entry;
	struct assay_err err;
	bool any = false;

	while ((entry = readdir(dir))) {
		if (!add(d, dirfd(dir), entry->d_name, &err)) {
			snprintf(why, DOCUMENTS_WHY, "%.40s: %.200s",
			         entry->d_name,
			         err.check ? err.note : strerror(errno));
			return false;
		}
		any = any || assay_part_of(entry->d_name) != ASSAY_PART_NONE;
	}
	if (!any)
		snprintf(why, DOCUMENTS_WHY,
		         "no document is in it; want tcb_info.json, "
		         "qe_identity.json, pck_crl.der and the others: a "
		         "simulated maker's are in its pcs/standard/FMSPC");
	return any;
}

static bool has_any(const struct documents *d, char why[DOCUMENTS_WHY])
{
	for (size_t i = 0; i < sizeof(d->file) / sizeof(d->file[0]); i++)
		if (d->file[i].len > 0)
			return true;
	snprintf(why, DOCUMENTS_WHY, "it holds none of the documents");
	return false;
}

bool documents_read(struct documents *d, const char *folder,
                    char why[DOCUMENTS_WHY])
{
	DIR *dir = opendir(folder);
	bool good;

	*d = (struct documents){ 0 };
	snprintf(why, DOCUMENTS_WHY, "%s", strerror(errno));
	if (!dir)
		return false;
	/* what lists decode to: a bundle has no room for more */
	d->scratch.len = ASSAY_EVIDENCE_MAX;
	d->scratch.ptr = malloc(d->scratch.len);
	if (!d->scratch.ptr)
		snprintf(why, DOCUMENTS_WHY, "%s", strerror(errno));
	good = d->scratch.ptr && add_all(d, dir, why) && has_any(d, why);
	closedir(dir);
	return good;
}

void documents_free(struct documents *d)
{
	for (size_t i = 0; i < sizeof(d->file) / sizeof(d->file[0]); i++)
		buf_free(&d->file[i]);
	free(d->scratch.ptr);
}

/* ---- the bundle */

const char *bundle_make(struct buf *out, const struct sim_attested *attested,
                        struct assay_bytes nonce,
                        const struct documents *documents, int64_t at)
{
	const struct assay_bundle b = {
		.quote = attested->quote,
		.collateral = documents ? &documents->collateral : NULL,
		.hpke = attested->config,
		.sign = attested->sign,
		.nonce = nonce,
		.has_nonce = nonce.len > 0,
		.at = at,
	};
	struct assay_json_out json;
	char *room;

	room = malloc(ASSAY_EVIDENCE_MAX);
	if (!room)
		return strerror(ENOMEM);
	assay_json_begin(&json, room, ASSAY_EVIDENCE_MAX);
	assay_json_put_object(&json, NULL);
	assay_bundle_put(&json, &b);
	assay_json_put_end(&json, '}');
	if (json.ok)
		buf_printf(out, "%s\n", room);
	free(room);
	return !json.ok   ? "it would have more than 4 MiB: leave out "
	                    "--collateral"
	       : out->bad ? strerror(ENOMEM)
	                  : NULL;
}
