/* bundle.h - writes the bundle (docs/bundle.md), which evidence.c reads. */
#ifndef FORMAT_BUNDLE_H
#define FORMAT_BUNDLE_H

#include "base/json.h"

#include <assay/evidence.h>

/* What goes into a bundle. */
struct assay_bundle {
	struct assay_bytes quote;
	const struct assay_collateral *collateral; /* NULL: it has none */
	struct assay_bytes hpke, sign;             /* both, or both empty */
	struct assay_bytes nonce;
	bool has_nonce; /* only beside keys */
	int64_t at;
};

/* Its members, into an object that was begun: documents byte for byte, lists in
 * hex. */
void assay_bundle_put(struct assay_json_out *o, const struct assay_bundle *b);

#endif
