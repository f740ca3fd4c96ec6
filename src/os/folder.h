/* files.h - small files of a folder, each complete or not there. */
#ifndef OS_FOLDER_H
#define OS_FOLDER_H

#include "os/buf.h"

/*
 * Those with a folder take it as an open descriptor.  False, with errno.
 *
 * file_put replaces the file by a new one of this mode; `sync`: it is on the
 * disk when this returns.  Until it is complete it is called .HEX.new, another
 * name each time: of several who write at once, one wins, whole.
 */
ASSAY_MUST_CHECK bool file_put(int dir, const char *name,
                               struct assay_bytes data, unsigned mode,
                               bool sync);
/* Reads a regular file of at most `most` bytes, no symbolic link; EFBIG,
 * EINVAL.  `secret`: EACCES if others than its owner may read it. */
ASSAY_MUST_CHECK bool file_get(struct buf *data, int dir, const char *name,
                               size_t most, bool secret);
/* file_write_all writes all of it to what is open. */
ASSAY_MUST_CHECK bool file_write_all(int fd, struct assay_bytes data);
/* The descriptor of a folder, made if need be; -1. */
int folder_open(int dir, const char *name, unsigned mode);
/* Removes a folder and the files in it; that it is not there is no failure. */
ASSAY_MUST_CHECK bool folder_remove(int dir, const char *name);

#endif
