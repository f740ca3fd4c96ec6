/* toml.h - the few values that are wanted of a TOML file. */
#ifndef MEASURE_TOML_H
#define MEASURE_TOML_H

#include <assay/err.h>

enum assay_toml_kind {
	ASSAY_TOML_OTHER = 0, /* a number with a point, a date, a time */
	ASSAY_TOML_TEXT,
	ASSAY_TOML_INTEGER,
	ASSAY_TOML_BOOLEAN,
};
enum {
	ASSAY_TOML_TEXT_MAX = 64,
	ASSAY_TOML_KEY_MAX = 96,
	ASSAY_TOML_DEPTH_MAX = 32, /* of arrays and tables in a value */
};

/* A value that is no array and no table. */
struct assay_toml_value {
	const char *key; /* "sgx.max_threads"; with "[]" behind the name of an
	                  * array; "" if it is longer than is ever asked for */
	size_t at;       /* in the file */
	enum assay_toml_kind kind;
	const char *text; /* NULL if it is longer than is ever asked for */
	int64_t integer;
	bool boolean;
};

/*
 * assay_toml_walk reads a file of TOML 1.0 front to back and gives each value
 * to `take`, which returns false, with its own failure, to end the walk.  All of
 * the file must be well formed; that no key is there twice is the affair of who
 * takes the values, of those that it wants.  Bytes of a key that no key needs to
 * have become 0xff in what is given.  Fails with ASSAY_S_TOML.  Allocates
 * nothing.  Source: [TOML 1.0].
 */
ASSAY_MUST_CHECK bool
assay_toml_walk(struct assay_bytes in,
                bool (*take)(void *to, const struct assay_toml_value *value),
                void *to, struct assay_err *err);

#endif
