/* edit.c - documents that are changed, and pieces of them by value. */
#include "forge/edit.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

void sim_edit_all(struct buf *out, const struct sim_edit *edits, size_t n)
{
	for (size_t i = 0; i < n && !out->bad; i++) {
		struct sim_edit e = edits[i];

		if (e.from.len) {
			const uint8_t *found =
				out->len ? memmem(out->ptr, out->len,
			                          e.from.ptr, e.from.len)
					 : NULL;

			if (!found) {
				out->bad = true;
				return;
			}
			e.at = (size_t)(found - out->ptr);
			e.cut = e.from.len;
		}
		if (e.cut || e.to.len)
			buf_splice(out, e.at == SIM_END ? out->len : e.at,
			           e.cut, e.to);
	}
}

struct assay_bytes sim_bytes(const struct sim_octets *octets)
{
	return (struct assay_bytes){ octets->p, octets->len };
}

struct sim_octets sim_mem(const void *p, size_t n)
{
	struct sim_octets o = { .len = n };

	assert(n <= sizeof(o.p));
	memcpy(o.p, p, n);
	return o;
}

struct sim_octets sim_str(const char *text)
{
	return sim_mem(text, strlen(text));
}

struct sim_octets sim_hex(const char *digits)
{
	struct sim_octets o = { .len = strlen(digits) / 2 };
	bool good;

	assert(o.len <= sizeof(o.p));
	good = assay_hex_parse(o.p, o.len, buf_text(digits));
	assert(good);
	(void)good;
	return o;
}
