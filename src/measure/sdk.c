/* sdk.c - what Intel's SDK for enclaves puts into a shared object that it signs
 * [SGX 3.1]. */
#include "measure/sdk.h"

#include "base/err.h"
#include "measure/bytes.h"

#include <stdarg.h>
#include <string.h>

static const char section_name[] = ".note.sgxmeta";

enum {
	NOTE_LEN = 12,  /* of its header */
	NAME_LEN = 13,  /* "sgx_metadata", NUL; not padded */
	DIRS_AT = 1872, /* in metadata */
	HEAD_LEN = DIRS_AT + 16,
	FRAME_MAX = 4, /* SSAFRAMESIZE */
	ELRANGE = 10,  /* added to the major version */
	GROUP = 0x1000,
	EXTENSION_LEN = 16,
	EXTENSION_OBJECT = 0x1002,
	TABLE_MAX = 0x6000, /* bytes; all metadata of a file has at most so
	                     * many, if its signer has made it */
};
#define MAGIC UINT64_C(0x86a80294635d0e4c)

bool assay_is_sdk(struct assay_bytes in)
{
	return assay_so_has(in, section_name);
}

/* ---- the note that all metadata stands in */

static bool bad_note(struct assay_err *err, size_t at, const char *what)
{
	return assay_fail(err, ASSAY_S_SDK_NOTE, ASSAY_DOC_PROGRAM, at,
	                  ".note.sgxmeta: %s", what);
}

static bool read_note(struct assay_bytes *note, size_t *at,
                      const struct assay_so *so, struct assay_err *err)
{
	struct assay_so_section section;
	struct assay_rd r;
	struct assay_bytes name;
	uint32_t name_len, len;

	if (!assay_so_section(&section, so, section_name, err))
		return false;
	if (section.at == 0)
		return bad_note(err, 0, "there is no such section");
	r = assay_rd(section.file);
	name_len = assay_rd_u32le(&r, "namesz");
	len = assay_rd_u32le(&r, "descsz");
	assay_rd_u32le(&r, "type");
	name = assay_rd_bytes(&r, NAME_LEN, "name");
	if (name_len != NAME_LEN || name.len != NAME_LEN ||
	    memcmp(name.ptr, "sgx_metadata", NAME_LEN) != 0)
		return bad_note(err, section.offset,
		                "the note is not named sgx_metadata");
	*at = section.offset + NOTE_LEN + NAME_LEN;
	*note = assay_rd_bytes(&r, len, "metadata");
	return assay_rd_ok(&r) ||
	       bad_note(err, section.offset + 4,
	                "descsz: the metadata does not fit into the section");
}

/* ---- one copy */

ASSAY_PRINTF(4, 5)
static bool bad(struct assay_err *err, const struct assay_sdk_copy *c,
                size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_SDK_METADATA, ASSAY_DOC_PROGRAM, c->at + at,
	            fmt, ap);
	va_end(ap);
	return false;
}

/* A part of the metadata. */
static bool take(struct assay_bytes *part, const struct assay_sdk_copy *c,
                 size_t at, const char *what, uint32_t from, uint32_t len,
                 struct assay_err *err)
{
	*part = (struct assay_bytes){ NULL, 0 };
	if (len == 0)
		return true;
	if (from > c->all.len || len > c->all.len - from)
		return bad(err, c, at,
		           "%s: 0x%x bytes at 0x%x of metadata of 0x%zx", what,
		           len, from, c->all.len);
	*part = (struct assay_bytes){ c->all.ptr + from, len };
	return true;
}

/* The i-th directory: 0 patches, 1 layout, 2 range, 3 extensions. */
static bool take_dir(struct assay_bytes *part, const struct assay_sdk_copy *c,
                     unsigned i, const char *what, struct assay_err *err)
{
	struct assay_rd r = assay_rd(c->all);

	assay_rd_bytes(&r, DIRS_AT + 8 * (size_t)i, "what is before it");
	size_t at = r.pos;
	uint32_t from = assay_rd_u32le(&r, "offset");
	uint32_t len = assay_rd_u32le(&r, "size");

	if (!assay_rd_ok(&r))
		return bad(err, c, DIRS_AT, "%s: there is no room for it",
		           what);
	return take(part, c, at, what, from, len, err);
}

static bool take_table(struct assay_bytes *table,
                       const struct assay_sdk_copy *c, unsigned i,
                       const char *what, struct assay_err *err)
{
	if (!take_dir(table, c, i, what, err))
		return false;
	return (table->len % ASSAY_SDK_ROW_LEN == 0 &&
	        table->len <= TABLE_MAX) ||
	       bad(err, c, DIRS_AT + 8 * (size_t)i,
	           "%s: 0x%zx bytes, want a multiple of 32, at most 0x6000",
	           what, table->len);
}

static bool is_power_of_2(uint64_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

static bool check_head(const struct assay_sdk_copy *c, uint32_t whole,
                       struct assay_err *err)
{
	uint32_t kind = c->major % ELRANGE;

	if (c->major >= 2 * ELRANGE || kind < 1 || kind > 3)
		return bad(err, c, 8,
		           "version: got %u.%u, want 1, 2 or 3, or 10 more",
		           c->major, c->minor);
	if (whole < HEAD_LEN)
		return bad(err, c, 16, "size: got 0x%x, want at least 0x%x",
		           whole, HEAD_LEN);
	if (c->ssa_frame < 1 || c->ssa_frame > FRAME_MAX)
		return bad(err, c, 24, "ssa_frame_size: got %u, want 1 to 4",
		           c->ssa_frame);
	return (is_power_of_2(c->image) && c->image >= ASSAY_PAGE &&
	        c->image <= ASSAY_SDK_SIZE_MAX) ||
	       bad(err, c, 40,
	           "enclave_size: got 0x%llx, want a power of two, at most "
	           "2^40",
	           (unsigned long long)c->image);
}

/* `left`: what is left of the note. */
static bool read_head(struct assay_sdk_copy *c, struct assay_bytes left,
                      struct assay_err *err)
{
	struct assay_rd r = assay_rd(left);
	uint32_t whole;

	assay_rd_u64le(&r, "magic");
	c->minor = assay_rd_u32le(&r, "version");
	c->major = assay_rd_u32le(&r, "version");
	whole = assay_rd_u32le(&r, "size");
	assay_rd_u32le(&r, "tcs_policy");
	c->ssa_frame = assay_rd_u32le(&r, "ssa_frame_size");
	assay_rd_u32le(&r, "max_save_buffer_size");
	assay_rd_u32le(&r, "desired_misc_select");
	assay_rd_u32le(&r, "tcs_min_pool");
	c->image = assay_rd_u64le(&r, "enclave_size");
	c->size = c->image;
	assay_rd_bytes(&r, 16, "attributes");
	c->sigstruct = assay_rd_bytes(&r, ASSAY_SIGSTRUCT_LEN, "SIGSTRUCT");
	if (!assay_rd_ok(&r))
		return bad(err, c, r.bad_at, "%s wants %zu bytes, %zu are left",
		           r.bad, r.bad_want, r.bad_left);
	if (whole > left.len)
		return bad(err, c, 16, "size: got 0x%x, 0x%zx bytes are left",
		           whole, left.len);
	c->all = (struct assay_bytes){ left.ptr, whole };
	return check_head(c, whole, err);
}

/* ---- a range that is larger than the image */

static bool bad_range(struct assay_err *err, const struct assay_sdk_copy *c,
                      const char *what)
{
	return assay_fail(err, ASSAY_S_SDK_ELRANGE, ASSAY_DOC_PROGRAM,
	                  c->at + DIRS_AT + 16, "ELRANGE: %s", what);
}

static bool read_range(struct assay_sdk_copy *c, struct assay_err *err)
{
	struct assay_bytes range;
	uint64_t image, start, size;
	struct assay_rd r;

	if (c->major <= ELRANGE)
		return true;
	if (!take_dir(&range, c, 2, "ELRANGE", err))
		return false;
	r = assay_rd(range);
	image = assay_rd_u64le(&r, "image address");
	start = assay_rd_u64le(&r, "start address");
	size = assay_rd_u64le(&r, "size");
	if (range.len != 24)
		return bad_range(err, c, "it has not 24 bytes");
	if (!is_power_of_2(size) || size > ASSAY_SDK_SIZE_MAX)
		return bad_range(err, c,
		                 "its size is no power of two up to 2^40");
	if (start % size || image % ASSAY_PAGE)
		return bad_range(err, c,
		                 "it begins at no multiple of its size, or the "
		                 "image at none of 0x1000");
	if (image < start || image - start > size ||
	    c->image > size - (image - start))
		return bad_range(err, c, "the image is not inside of it");
	c->size = size;
	c->image_at = image - start;
	return true;
}

/* ---- a second shared object */

static bool has_extensions(const struct assay_sdk_copy *c)
{
	uint32_t kind = c->major % ELRANGE;

	return (kind == 1 && c->minor >= 5) || (kind == 3 && c->minor >= 2);
}

static bool read_object(struct assay_sdk_copy *c, uint32_t from, uint32_t len,
                        size_t file_len, struct assay_err *err)
{
	struct assay_bytes entry;
	struct assay_rd r;

	if (!take(&entry, c, DIRS_AT + 24, "shared object", from, len, err))
		return false;
	r = assay_rd(entry);
	c->more_at = assay_rd_u64le(&r, "file_offset");
	c->more_to = assay_rd_u64le(&r, "mem_offset");
	c->more_len = assay_rd_u64le(&r, "size");
	c->has_more = true;
	if (!assay_rd_ok(&r) || c->more_at > file_len ||
	    c->more_len > file_len - c->more_at)
		return bad(err, c, from,
		           "shared object: it is not inside of the file");
	return (c->more_to % ASSAY_PAGE == 0 && c->more_to <= c->image) ||
	       bad(err, c, (size_t)from + 8,
	           "shared object: it is loaded at 0x%llx",
	           (unsigned long long)c->more_to);
}

static bool read_extensions(struct assay_sdk_copy *c, size_t file_len,
                            struct assay_err *err)
{
	struct assay_bytes table;
	struct assay_rd r;

	if (!has_extensions(c))
		return true;
	if (!take_dir(&table, c, 3, "extensions", err))
		return false;
	r = assay_rd(table);
	while (!c->has_more && assay_rd_left(&r) >= EXTENSION_LEN) {
		uint32_t id = assay_rd_u32le(&r, "entry_id");
		uint32_t len = assay_rd_u32le(&r, "size");
		uint32_t from = assay_rd_u32le(&r, "offset");

		assay_rd_u32le(&r, "reserved");
		if (id == EXTENSION_OBJECT && len > 0 && from > 0 &&
		    !read_object(c, from, len, file_len, err))
			return false;
	}
	return true;
}

/* ---- patches */

static bool check_patches(const struct assay_sdk_copy *c, size_t file_len,
                          struct assay_err *err)
{
	struct assay_rd r = assay_rd(c->patches);

	while (assay_rd_left(&r) > 0) {
		size_t at = c->at + (size_t)(c->patches.ptr - c->all.ptr) +
		            r.pos;
		uint64_t to = assay_rd_u64le(&r, "dst");
		uint32_t from = assay_rd_u32le(&r, "src");
		uint32_t n = assay_rd_u32le(&r, "size");

		assay_rd_bytes(&r, 16, "reserved");
		if (to > file_len || n > file_len - to || from > c->all.len ||
		    n > c->all.len - from)
			return assay_fail(
				err, ASSAY_S_SDK_PATCH, ASSAY_DOC_PROGRAM, at,
				"0x%x bytes from 0x%x of the metadata "
				"to 0x%llx of the file",
				n, from, (unsigned long long)to);
	}
	return true;
}

/* ---- layout */

/* A row as it stands there; a group has other fields in the same places. */
struct row {
	size_t at;
	uint16_t id, a;
	uint32_t b;
	uint64_t c;
	uint32_t d, e;
	uint64_t f;
};

static struct row read_row(const struct assay_sdk_copy *c, size_t i)
{
	struct assay_rd r = assay_rd(c->layout);
	struct row row;

	r.pos = i * ASSAY_SDK_ROW_LEN;
	row.at = c->at + (size_t)(c->layout.ptr - c->all.ptr) + r.pos;
	row.id = assay_rd_u16le(&r, "id");
	row.a = assay_rd_u16le(&r, "attributes, entry_count");
	row.b = assay_rd_u32le(&r, "page_count, load_times");
	row.c = assay_rd_u64le(&r, "rva, load_step");
	row.d = assay_rd_u32le(&r, "content_size");
	row.e = assay_rd_u32le(&r, "content_offset");
	row.f = assay_rd_u64le(&r, "si_flags");
	return row;
}

/* `k`: steps that a group has gone. */
static struct assay_sdk_row as_pages(const struct row *row, uint64_t k)
{
	return (struct assay_sdk_row){ row->at,    row->id, row->a, row->b,
		                       row->c + k, row->d,  row->e, row->f };
}

bool assay_sdk_next(struct assay_sdk_walk *w, struct assay_sdk_row *out)
{
	while (w->row < w->copy->layout.len / ASSAY_SDK_ROW_LEN) {
		struct row row = read_row(w->copy, w->row), member;

		if (!(row.id & GROUP)) {
			*out = as_pages(&row, 0);
			w->row++;
			return true;
		}
		if (w->time < row.b && w->member < row.a) {
			member = read_row(w->copy, w->row - row.a + w->member);
			*out = as_pages(&member, (w->time + 1) * row.c);
			w->member++;
			if (w->member == row.a) {
				w->member = 0;
				w->time++;
			}
			return true;
		}
		w->row++;
		w->member = 0;
		w->time = 0;
	}
	return false;
}

ASSAY_PRINTF(3, 4)
static bool bad_layout(struct assay_err *err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	assay_vfail(err, ASSAY_S_SDK_LAYOUT, ASSAY_DOC_PROGRAM, at, fmt, ap);
	va_end(ap);
	return false;
}

/* Pages at rva, and again so far from it, lie in the image. */
static bool is_inside(const struct assay_sdk_copy *c, const struct row *row,
                      uint64_t far)
{
	return row->c <= c->image && far <= c->image - row->c &&
	       row->b <= (c->image - row->c - far) / ASSAY_PAGE;
}

static bool check_row(const struct assay_sdk_copy *c, const struct row *row,
                      struct assay_err *err)
{
	if (row->c % ASSAY_PAGE || !is_inside(c, row, 0))
		return bad_layout(err, row->at + 8,
		                  "rva 0x%llx, page_count %u: want pages in "
		                  "0x%llx bytes",
		                  (unsigned long long)row->c, row->b,
		                  (unsigned long long)c->image);
	if (row->e > 0 && (row->e > c->all.len || row->d > c->all.len - row->e))
		return bad_layout(err, row->at + 16,
		                  "content: 0x%x bytes at 0x%x of metadata of "
		                  "0x%zx",
		                  row->d, row->e, c->all.len);
	return row->e == 0 || row->d <= (uint64_t)row->b * ASSAY_PAGE ||
	       bad_layout(err, row->at + 16,
	                  "content_size 0x%x: want what %u pages hold", row->d,
	                  row->b);
}

static bool check_group(const struct assay_sdk_copy *c, size_t i,
                        const struct row *group, uint64_t *n,
                        struct assay_err *err)
{
	uint64_t far, pages = 0;

	if (group->a > i || group->c % ASSAY_PAGE ||
	    (group->b > 0 && group->c > c->image / group->b))
		return bad_layout(err, group->at,
		                  "group: %u entries, %u times, step 0x%llx",
		                  group->a, group->b,
		                  (unsigned long long)group->c);
	far = group->b * group->c;
	for (size_t k = i - group->a; k < i; k++) {
		struct row row = read_row(c, k);

		if (row.id & GROUP || !is_inside(c, &row, far))
			return bad_layout(err, group->at + 4,
			                  "group: its entry %zu is a group, or "
			                  "gets out of the enclave",
			                  k);
		pages += row.b > 0 ? row.b : 1;
	}
	*n += group->b > 0 && pages > UINT64_MAX / 2 / group->b
	              ? UINT64_MAX / 2
	              : pages * group->b;
	return true;
}

/* All pages that it speaks of have room in the image: so the work is bounded,
 * whatever a group says. */
static bool check_layout(const struct assay_sdk_copy *c, struct assay_err *err)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->layout.len / ASSAY_SDK_ROW_LEN; i++) {
		struct row row = read_row(c, i);

		if (row.id & GROUP ? !check_group(c, i, &row, &n, err)
		                   : !check_row(c, &row, err))
			return false;
		n += row.id & GROUP ? 0 : row.b;
		if (n > c->image / ASSAY_PAGE)
			return bad_layout(err, row.at,
			                  "more pages than 0x%llx bytes have",
			                  (unsigned long long)c->image);
	}
	return true;
}

/* ---- all of them */

static bool read_copy(struct assay_sdk_copy *c, struct assay_bytes left,
                      size_t file_len, struct assay_err *err)
{
	return read_head(c, left, err) &&
	       take_table(&c->patches, c, 0, "patches", err) &&
	       take_table(&c->layout, c, 1, "layout", err) &&
	       read_range(c, err) && read_extensions(c, file_len, err) &&
	       check_patches(c, file_len, err) && check_layout(c, err);
}

static bool has_magic(struct assay_bytes left)
{
	struct assay_rd r = assay_rd(left);

	return assay_rd_u64le(&r, "magic") == MAGIC;
}

/* A loader of today takes the highest version that is not 2; that was for
 * those of another time. */
static bool is_better(const struct assay_sdk_copy *a,
                      const struct assay_sdk_copy *b)
{
	bool a_old = a->major % ELRANGE == 2, b_old = b->major % ELRANGE == 2;

	if (a_old != b_old)
		return b_old;
	return a->major != b->major ? a->major > b->major : a->minor > b->minor;
}

static bool read_copies(struct assay_sdk *sdk, struct assay_bytes note,
                        size_t at, struct assay_err *err)
{
	while (sdk->n == 0 || has_magic(note)) {
		struct assay_sdk_copy none = { .at = at };
		struct assay_sdk_copy *c = &sdk->copy[sdk->n];

		if (sdk->n == ASSAY_SDK_COPIES_MAX)
			return bad(err, &none, 0, "there are more than %d",
			           ASSAY_SDK_COPIES_MAX);
		*c = none;
		if (!has_magic(note))
			return bad(err, c, 0,
			           "magic: the enclave is not signed");
		if (!read_copy(c, note, sdk->so.in.len, err))
			return false;
		if (is_better(c, &sdk->copy[sdk->taken]))
			sdk->taken = sdk->n;
		sdk->n++;
		note.ptr += c->all.len;
		note.len -= c->all.len;
		at += c->all.len;
	}
	return true;
}

static bool read_all(struct assay_sdk *sdk, struct assay_bytes in,
                     struct assay_err *err)
{
	struct assay_bytes note = { NULL, 0 };
	size_t at = 0;

	return assay_so_read(&sdk->so, in, err) &&
	       read_note(&note, &at, &sdk->so, err) &&
	       read_copies(sdk, note, at, err);
}

bool assay_sdk_read(struct assay_sdk *sdk, struct assay_bytes in,
                    struct assay_err *err)
{
	memset(sdk, 0, sizeof(*sdk));
	if (read_all(sdk, in, err))
		return true;
	memset(sdk, 0, sizeof(*sdk));
	return false;
}
