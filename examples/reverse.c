/*
 * reverse.c - an enclave program: it answers a text with the same, reversed.
 *
 * Characters are those of UTF-8: a byte 10xxxxxx stays behind the byte that it
 * follows.  Accents that are characters of their own go their own way.
 */
#include <assay/enclave.h>

static size_t last_character(struct assay_bytes text)
{
	size_t at = text.len - 1;

	while (at > 0 && (text.ptr[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static bool reverse(struct assay_enclave *e, struct assay_bytes text, void *own)
{
	(void)own;
	while (text.len > 0) {
		size_t at = last_character(text);
		const struct assay_bytes c = { text.ptr + at, text.len - at };

		if (!assay_enclave_put(e, c))
			return false;
		text.len = at;
	}
	return true;
}

int main(void)
{
	static const struct assay_enclave_app app = { .answer = reverse };

	return assay_enclave_run(&app);
}
