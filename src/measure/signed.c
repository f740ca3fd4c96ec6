/* signed.c - a signed program [ASSAY signed]. */
#include "measure/signed.h"

#include "base/err.h"
#include "base/rd.h"
#include "measure/bytes.h"

#include <string.h>

enum {
	VERSION = 1,
	AT_VERSION = 8,
	AT_TRAILER_LEN = 12,
	AT_PROGRAM_LEN = 16,
	AT_LAUNCH = 24,
	AT_SIGSTRUCT = 32,
	AT_RESERVED = 40,
};

static const uint8_t magic[8] = "ASSAYSGN";

bool assay_is_signed(struct assay_bytes in)
{
	return in.len >= ASSAY_TRAILER_LEN &&
	       memcmp(in.ptr + in.len - ASSAY_TRAILER_LEN, magic,
	              sizeof(magic)) == 0;
}

static void write_trailer(uint8_t out[ASSAY_TRAILER_LEN], size_t program_len)
{
	memset(out, 0, ASSAY_TRAILER_LEN);
	memcpy(out, magic, sizeof(magic));
	put_le(out + AT_VERSION, VERSION, 4);
	put_le(out + AT_TRAILER_LEN, ASSAY_TRAILER_LEN, 4);
	put_le(out + AT_PROGRAM_LEN, program_len, 8);
	put_le(out + AT_LAUNCH, program_len, 8);
	put_le(out + AT_SIGSTRUCT, program_len + ASSAY_PAGE, 8);
}

void assay_signed_tail(uint8_t out[ASSAY_SIGNED_TAIL], size_t program_len,
                       const uint8_t launch[ASSAY_PAGE],
                       const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN])
{
	memcpy(out, launch, ASSAY_PAGE);
	memcpy(out + ASSAY_PAGE, sigstruct, ASSAY_SIGSTRUCT_LEN);
	write_trailer(out + ASSAY_PAGE + ASSAY_SIGSTRUCT_LEN, program_len);
}

static bool bad(struct assay_err *err, size_t at, const char *what)
{
	return assay_fail(err, ASSAY_S_TRAILER, ASSAY_DOC_PROGRAM, at, "%s",
	                  what);
}

/* The parts lie in one way only, so that the trailer of a file of this length
 * can have one form only. */
bool assay_signed_read(struct assay_signed *parts, struct assay_bytes in,
                       struct assay_err *err)
{
	uint8_t want[ASSAY_TRAILER_LEN];
	const uint8_t *got;
	size_t len, i = 0;

	memset(parts, 0, sizeof(*parts));
	if (in.len <= ASSAY_SIGNED_TAIL)
		return bad(err, in.len, "it is too short for a signed program");
	if (!assay_is_signed(in))
		return bad(err, in.len - ASSAY_TRAILER_LEN,
		           "there is no trailer at its end");
	len = in.len - ASSAY_SIGNED_TAIL;
	got = in.ptr + in.len - ASSAY_TRAILER_LEN;
	write_trailer(want, len);
	while (i < ASSAY_TRAILER_LEN && got[i] == want[i])
		i++;
	if (i < ASSAY_TRAILER_LEN)
		return bad(
			err, in.len - ASSAY_TRAILER_LEN + i,
			i < AT_TRAILER_LEN ? "want version 1"
			: i < AT_RESERVED
				? "the trailer is for a file of another length"
				: "reserved bytes are not zero");
	*parts = (struct assay_signed){
		{ in.ptr, len },
		{ in.ptr + len, ASSAY_PAGE },
		{ in.ptr + len + ASSAY_PAGE, ASSAY_SIGSTRUCT_LEN },
	};
	return true;
}
