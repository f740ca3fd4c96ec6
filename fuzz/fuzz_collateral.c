/* fuzz_collateral.c - documents that come as a file, and what answers' headers
 * hold: a record lies inside its file and is written the same again; a name says
 * what it is made from; a decoded chain is text, and shorter than it was. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/collateral_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_name(const char *name)
{
	struct collateral_want want;
	char id[17], again[COLLATERAL_NAME];

	if (!collateral_name_read(&want, id, name))
		return;
	must(want.tee == ASSAY_TEE_SGX || want.tee == ASSAY_TEE_TDX);
	collateral_name(again, COLLATERAL_TCB, id, &want);
	must(strcmp(again, name) == 0);
}

static void check_records(struct assay_bytes in)
{
	struct collateral_record r;
	struct assay_bytes rest = in;

	for (;;) {
		const uint8_t *from = rest.ptr;
		const size_t left = rest.len;
		struct collateral_document d = { 0 };
		struct buf again = { 0 };

		if (!collateral_record_read(&r, &rest)) {
			must(rest.ptr == from && rest.len == left &&
			     !r.name[0]);
			return;
		}
		must(rest.len < left && rest.ptr + rest.len == in.ptr + in.len);
		must(r.chain.ptr >= from &&
		     r.chain.ptr + r.chain.len == r.body.ptr &&
		     r.body.ptr + r.body.len + 1 == rest.ptr);
		collateral_record_take(&d, &r);
		collateral_record_put(&again, r.name, &d);
		must(again.len == left - rest.len &&
		     memcmp(again.ptr, from, again.len) == 0);
		check_name(r.name);
		buf_free(&again);
		buf_free(&d.chain);
		buf_free(&d.body);
	}
}

static void check_header(const char *text, size_t len)
{
	struct buf chain = { 0 };

	if (collateral_chain(&chain, text)) {
		must(chain.len > 0 && chain.len <= len &&
		     chain.len <= COLLATERAL_CHAIN);
		for (size_t i = 0; i < chain.len; i++)
			must(chain.ptr[i] >= '\t' && chain.ptr[i] < 0x7f);
	}
	buf_free(&chain);
}

static void check_address(const char *text)
{
	static struct collateral_address a;
	char why[COLLATERAL_WHY] = "";

	if (collateral_address(&a, text, why))
		must(!why[0] && strncasecmp(a.base, "http", 4) == 0 &&
		     strlen(a.base) <= strlen(text));
	else
		must(why[0] && !strchr(why, '\n'));
	if (collateral_may_ask(text, "http://here:1"))
		must(!strstr(text, "/../") && !strpbrk(text, " \r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	must(text != NULL);
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	check_records((struct assay_bytes){ data, len });
	check_header(text, len);
	check_address(text);
	check_name(text);
	free(text);
	return 0;
}
