/* json_make.c - TCB info and QE identity as Intel writes them [DCAP 3]. */
#include "forge/json_make.h"

#include "base/text.h"

void sim_json_free(struct sim_json *json)
{
	buf_free(&json->whole);
	buf_free(&json->inner);
	json->sig_hex[0] = 0;
}

bool sim_json_sign(struct sim_json *json, const struct sim_json_signing *how,
                   const struct assay_p256_pair *signer)
{
	uint8_t sig[64];

	if (how->raw.len) {
		buf_clear(&json->inner);
		buf_put_bytes(&json->inner, how->raw);
	}
	sim_edit_all(&json->inner, how->inner_edit, SIM_N_JSON_EDITS);
	buf_clear(&json->whole);
	json->sig_hex[0] = 0;
	if (json->inner.bad || !sim_sign(sig, signer, buf_bytes(&json->inner)))
		return false;
	sim_sig_spoil(sig, how->sig);
	assay_hex_print(json->sig_hex, sig, sizeof(sig), how->sig_upper);
	buf_printf(&json->whole, "{\"%s\":", how->key);
	buf_put_bytes(&json->whole, buf_bytes(&json->inner));
	buf_printf(&json->whole, ",\"signature\":\"%s\"}", json->sig_hex);
	sim_edit_all(&json->whole, how->edit, SIM_N_JSON_EDITS);
	return !json->whole.bad;
}

/* The writers below put a comma behind every member; this takes the last one
 * back and ends the object or array. */
static void end(struct buf *out, char bracket)
{
	if (out->len && out->ptr[out->len - 1] == ',')
		out->len--;
	buf_put(out, &bracket, 1);
}

static void put_text(struct buf *out, const char *key, const char *value)
{
	if (value)
		buf_printf(out, "\"%s\":\"%s\",", key, value);
}

static void put_int(struct buf *out, const char *key, int32_t value)
{
	buf_printf(out, "\"%s\":%d,", key, value);
}

static void put_hex(struct buf *out, const char *key,
                    const struct sim_octets *value, bool lower)
{
	char digits[2 * sizeof(value->p) + 1];

	assay_hex_print(digits, value->p, value->len, !lower);
	put_text(out, key, digits);
}

static void put_time(struct buf *out, const char *key, int64_t time)
{
	char text[ASSAY_TIME_TEXT];

	put_text(out, key, assay_time_print(text, time));
}

static void put_said(struct buf *out, const struct sim_said *said)
{
	put_time(out, "tcbDate", said->date);
	put_text(out, "tcbStatus", said->status);
	if (!said->advisories[0])
		return;
	buf_printf(out, "\"advisoryIDs\":[");
	for (size_t i = 0; i < SIM_MAX_SAID && said->advisories[i]; i++)
		buf_printf(out, "\"%s\",", said->advisories[i]);
	end(out, ']');
	buf_printf(out, ",");
}

static void put_sublevels(struct buf *out, const struct sim_sublevel *level,
                          size_t n)
{
	buf_printf(out, "\"tcbLevels\":[");
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "{\"tcb\":{\"isvsvn\":%d},", level[i].isv_svn);
		put_said(out, &level[i].said);
		end(out, '}');
		buf_printf(out, ",");
	}
	end(out, ']');
	buf_printf(out, ",");
}

/* What a component is, where Intel's documents say it. */
struct kind {
	const char *category, *type;
};
static const struct kind sgx_kinds[16] = {
	{ "BIOS", "Early Microcode Update" },
	{ "OS/VMM", "SGX Late Microcode Update" },
	{ "OS/VMM", "TXT SINIT" },
	{ "BIOS", NULL },
	{ "BIOS", NULL },
	{ "BIOS", NULL },
	{ NULL, NULL },
	{ "OS/VMM", "SEAMLDR ACM" },
};
static const struct kind tdx_kinds[16] = {
	{ "OS/VMM", "TDX Module" },
	{ "OS/VMM", "TDX Module" },
	{ "OS/VMM", "TDX Late Microcode Update" },
};

static void put_components(struct buf *out, const char *key, const int32_t *svn,
                           size_t n, const struct kind kinds[16])
{
	if (!n)
		return;
	buf_printf(out, "\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "{");
		put_int(out, "svn", svn[i]);
		if (i < 16) {
			put_text(out, "category", kinds[i].category);
			put_text(out, "type", kinds[i].type);
		}
		end(out, '}');
		buf_printf(out, ",");
	}
	end(out, ']');
	buf_printf(out, ",");
}

static void put_level(struct buf *out, const struct sim_level *level,
                      int version)
{
	buf_printf(out, "{\"tcb\":{");
	if (version == 2)
		for (size_t i = 0; i < level->n_sgx; i++)
			buf_printf(out, "\"sgxtcbcomp%02zusvn\":%d,", i + 1,
			           level->sgx[i]);
	else
		put_components(out, "sgxtcbcomponents", level->sgx,
		               level->n_sgx, sgx_kinds);
	put_int(out, "pcesvn", level->pce_svn);
	put_components(out, "tdxtcbcomponents", level->tdx, level->n_tdx,
	               tdx_kinds);
	end(out, '}');
	buf_printf(out, ",");
	put_said(out, &level->said);
	end(out, '}');
	buf_printf(out, ",");
}

/* tdxModule, or one of tdxModuleIdentities */
static void put_module(struct buf *out, const struct sim_module *module,
                       bool identity)
{
	buf_printf(out, "{");
	put_text(out, "id", module->id);
	put_hex(out, "mrsigner", &module->mrsigner, false);
	put_hex(out, "attributes", &module->attributes, false);
	put_hex(out, "attributesMask", &module->mask, false);
	if (identity)
		put_sublevels(out, module->level, module->n_levels);
	end(out, '}');
	buf_printf(out, ",");
}

bool sim_tcb_info_make(struct sim_json *json, const struct sim_tcb_spec *spec,
                       const struct assay_p256_pair *signer)
{
	struct buf *out = &json->inner;

	buf_clear(out);
	buf_printf(out, "{");
	put_text(out, "id", spec->id);
	put_int(out, "version", spec->version);
	put_time(out, "issueDate", spec->issued);
	put_time(out, "nextUpdate", spec->next_update);
	put_hex(out, "fmspc", &spec->fmspc, spec->lower_case);
	put_hex(out, "pceId", &spec->pce_id, false);
	put_int(out, "tcbType", spec->tcb_type);
	put_int(out, "tcbEvaluationDataNumber", spec->evaluation_number);
	if (spec->has_module) {
		buf_printf(out, "\"tdxModule\":");
		put_module(out, &spec->base, false);
	}
	if (spec->has_modules) {
		buf_printf(out, "\"tdxModuleIdentities\":[");
		for (size_t i = 0; i < spec->n_modules; i++)
			put_module(out, &spec->module[i], true);
		end(out, ']');
		buf_printf(out, ",");
	}
	buf_printf(out, "\"tcbLevels\":[");
	for (size_t i = 0; i < spec->n_levels; i++)
		put_level(out, &spec->level[i], spec->version);
	end(out, ']');
	end(out, '}');
	return sim_json_sign(json, &spec->sign, signer);
}

bool sim_identity_make(struct sim_json *json,
                       const struct sim_identity_spec *spec,
                       const struct assay_p256_pair *signer)
{
	struct buf *out = &json->inner;

	buf_clear(out);
	buf_printf(out, "{");
	put_text(out, "id", spec->id);
	put_int(out, "version", spec->version);
	put_time(out, "issueDate", spec->issued);
	put_time(out, "nextUpdate", spec->next_update);
	put_int(out, "tcbEvaluationDataNumber", spec->evaluation_number);
	put_hex(out, "miscselect", &spec->misc, false);
	put_hex(out, "miscselectMask", &spec->misc_mask, false);
	put_hex(out, "attributes", &spec->attributes, false);
	put_hex(out, "attributesMask", &spec->attributes_mask, false);
	put_hex(out, "mrsigner", &spec->mrsigner, false);
	put_int(out, "isvprodid", spec->isv_prod_id);
	put_sublevels(out, spec->level, spec->n_levels);
	end(out, '}');
	return sim_json_sign(json, &spec->sign, signer);
}
