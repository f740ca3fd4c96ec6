/* files.h - whole files in and out. */
#ifndef OS_FILES_H
#define OS_FILES_H

#include "os/buf.h"

/*
 * All return false with errno.
 *
 * file_read adds what a file of this folder (AT_FDCWD: the present one) holds to
 * `out`, file_read_open what is left of an open one; EFBIG if that is more than
 * `most` bytes.
 */
ASSAY_MUST_CHECK bool file_read(struct buf *out, int folder, const char *path,
                                size_t most);
ASSAY_MUST_CHECK bool file_read_open(struct buf *out, int fd, size_t most);
/* file_write writes a file anew, whole or not at all; what is no regular file (a
 * device, a pipe, where a link leads) is written into; "-": stdout.  `mode` is
 * what the umask is applied to. */
ASSAY_MUST_CHECK bool file_write(const char *path, struct assay_bytes data,
                                 unsigned mode);
/* file_keep does the same with what must never be half there: where a link leads
 * to a regular file, that is written anew, and the link stays. */
ASSAY_MUST_CHECK bool file_keep(const char *path, struct assay_bytes data,
                                unsigned mode);

/*
 * file_lock waits for nobody: EWOULDBLOCK if another process has the lock of
 * this file, which lasts until the process ends.  It is a file beside it, called
 * FILE.lock, that stays.  What is there and no regular file has none: true.
 */
ASSAY_MUST_CHECK bool file_lock(const char *path);

#endif
