/* launch.c - the launch page [ASSAY launch]. */
#include "measure/launch.h"

#include "base/err.h"
#include "base/rd.h"
#include "crypto/crypto.h"
#include "measure/bytes.h"

#include <string.h>

enum {
	VERSION = 1,
	AT_VERSION = 8,
	AT_N_ARGS = 12,
	AT_STACK = 16,
	AT_HEAP = 24,
	AT_THREADS = 32,
	AT_PROFILE = 36,
	AT_PROGRAM_LEN = 40,
	AT_PROGRAM_HASH = 48,
	AT_ARGS_LEN = 80,
	AT_RESERVED = 84,
	AT_ARGS = ASSAY_PAGE - ASSAY_LAUNCH_ARGS_MAX,
};

static const uint8_t magic[8] = "ASSAYLCH";

static bool bad(struct assay_err *err, size_t at, const char *field,
                uint64_t got, const char *want)
{
	return assay_fail(err, ASSAY_S_LAUNCH, ASSAY_DOC_LAUNCH, at,
	                  "%s: got %llu, want %s", field,
	                  (unsigned long long)got, want);
}

void assay_launch_default(struct assay_launch *launch)
{
	static const uint8_t args[] = "enclave";

	*launch = (struct assay_launch){
		.stack = 1 << 20,
		.heap = 64 << 20,
		.threads = 1,
		.profile = ASSAY_PROFILE_CLOSED,
		.n_args = 1,
		.args = { args, sizeof(args) },
	};
}

/* Each argument ends with a NUL, and there are as many as is said. */
static bool check_args(const struct assay_launch *l, struct assay_err *err)
{
	const struct assay_bytes args = l->args;
	size_t n = 0;

	if (args.len == 0 || args.len > ASSAY_LAUNCH_ARGS_MAX)
		return bad(err, AT_ARGS_LEN, "length of arguments", args.len,
		           "1 to 3968");
	for (size_t i = 0; i < args.len; i++)
		n += !args.ptr[i];
	if (args.ptr[args.len - 1])
		return bad(err, AT_ARGS + args.len - 1, "last argument",
		           args.ptr[args.len - 1], "a NUL behind it");
	return n == l->n_args || bad(err, AT_N_ARGS, "number of arguments",
	                             l->n_args, "as many as there are");
}

static bool check(const struct assay_launch *l, struct assay_err *err)
{
	if (l->stack == 0 || l->stack > ASSAY_LAUNCH_STACK_MAX ||
	    l->stack % ASSAY_PAGE)
		return bad(err, AT_STACK, "stack", l->stack,
		           "a multiple of 4096, from 4096 to 1 GiB");
	if (l->heap > ASSAY_LAUNCH_HEAP_MAX || l->heap % ASSAY_PAGE)
		return bad(err, AT_HEAP, "heap", l->heap,
		           "a multiple of 4096, at most 16 GiB");
	if (l->threads == 0 || l->threads > ASSAY_LAUNCH_THREADS_MAX)
		return bad(err, AT_THREADS, "threads", l->threads, "1 to 64");
	if (l->profile != ASSAY_PROFILE_CLOSED)
		return bad(err, AT_PROFILE, "profile", l->profile,
		           "1 (closed)");
	return check_args(l, err);
}

bool assay_launch_write(uint8_t page[ASSAY_PAGE],
                        const struct assay_launch *launch,
                        struct assay_bytes program, struct assay_err *err)
{
	memset(page, 0, ASSAY_PAGE);
	if (!check(launch, err))
		return false;
	memcpy(page, magic, sizeof(magic));
	put_le(page + AT_VERSION, VERSION, 4);
	put_le(page + AT_N_ARGS, launch->n_args, 4);
	put_le(page + AT_STACK, launch->stack, 8);
	put_le(page + AT_HEAP, launch->heap, 8);
	put_le(page + AT_THREADS, launch->threads, 4);
	put_le(page + AT_PROFILE, launch->profile, 4);
	put_le(page + AT_PROGRAM_LEN, program.len, 8);
	assay_sha256(page + AT_PROGRAM_HASH, program);
	put_le(page + AT_ARGS_LEN, launch->args.len, 4);
	memcpy(page + AT_ARGS, launch->args.ptr, launch->args.len);
	return true;
}

static bool read_page(struct assay_launch *l, struct assay_rd *r,
                      struct assay_err *err)
{
	struct assay_bytes got = assay_rd_bytes(r, sizeof(magic), "magic");
	uint32_t version = assay_rd_u32le(r, "version");

	if (memcmp(got.ptr, magic, sizeof(magic)) != 0)
		return bad(err, 0, "magic", got.ptr[0], "ASSAYLCH");
	if (version != VERSION)
		return bad(err, AT_VERSION, "version", version, "1");
	l->n_args = assay_rd_u32le(r, "number of arguments");
	l->stack = assay_rd_u64le(r, "stack");
	l->heap = assay_rd_u64le(r, "heap");
	l->threads = assay_rd_u32le(r, "threads");
	l->profile = assay_rd_u32le(r, "profile");
	assay_rd_bytes(r, 8 + ASSAY_SHA256_LEN, "program");
	uint32_t args_len = assay_rd_u32le(r, "length of arguments");
	if (!is_zero(assay_rd_bytes(r, AT_ARGS - AT_RESERVED, "reserved")))
		return bad(err, AT_RESERVED, "reserved", 1, "zeros");
	l->args.len = args_len;
	if (args_len <= ASSAY_LAUNCH_ARGS_MAX)
		l->args = assay_rd_bytes(r, args_len, "arguments");
	if (!check(l, err))
		return false;
	return is_zero(assay_rd_rest(r)) ||
	       bad(err, AT_ARGS + args_len, "behind the arguments", 1, "zeros");
}

bool assay_launch_read(struct assay_launch *launch,
                       const uint8_t page[ASSAY_PAGE], struct assay_err *err)
{
	struct assay_rd r = assay_rd((struct assay_bytes){ page, ASSAY_PAGE });

	memset(launch, 0, sizeof(*launch));
	if (read_page(launch, &r, err))
		return true;
	memset(launch, 0, sizeof(*launch));
	return false;
}

bool assay_launch_is_for(const uint8_t page[ASSAY_PAGE],
                         struct assay_bytes program, struct assay_err *err)
{
	struct assay_rd r = assay_rd((struct assay_bytes){ page, ASSAY_PAGE });
	uint8_t hash[ASSAY_SHA256_LEN];
	uint64_t len;
	bool same;

	assay_rd_bytes(&r, AT_PROGRAM_LEN, "what stands before it");
	len = assay_rd_u64le(&r, "length of the program");
	assay_sha256(hash, program);
	same = memcmp(page + AT_PROGRAM_HASH, hash, sizeof(hash)) == 0;
	return (len == program.len && same) ||
	       assay_fail(err, ASSAY_S_LAUNCH_PROGRAM, ASSAY_DOC_LAUNCH,
	                  len == program.len ? AT_PROGRAM_HASH : AT_PROGRAM_LEN,
	                  "it is for another program, of %llu bytes; this one "
	                  "has %zu%s",
	                  (unsigned long long)len, program.len,
	                  same ? "" : ", and another SHA-256");
}
