/* fuzz_pin.c - what is remembered of an enclave: a failure leaves zeros and names
 * a byte; what is read prints as the same pin, which differs from itself in
 * nothing. */
#include <assay/client.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct assay_pin zero;
	struct assay_difference d[ASSAY_PIN_MAX_FIELDS];
	struct assay_pin pin, again;
	char text[ASSAY_PIN_TEXT];
	struct assay_err err = { 0 };
	size_t n;

	if (!assay_pin_parse(&pin, (struct assay_bytes){ data, len }, &err)) {
		must(memcmp(&pin, &zero, sizeof(pin)) == 0);
		must(err.check == ASSAY_K_PIN && err.at <= len && err.note[0]);
		return 0;
	}
	n = assay_pin_print(&pin, text);
	must(n == len && n == strlen(text) && n < sizeof(text));
	must(assay_pin_parse(&again, (struct assay_bytes){ (uint8_t *)text, n },
	                     &err));
	must(memcmp(&pin, &again, sizeof(pin)) == 0);
	must(assay_pin_compare(d, &pin, &again) == 0);
	n = assay_pin_compare(d, &zero, &pin);
	must(n > 1 && n <= ASSAY_PIN_MAX_FIELDS);
	return 0;
}
