/* host_keep.c - the files of a host. */
#include "daemon/host_keep.h"

#include "os/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool host_keep_load(void *own, struct buf *sealed, char why[HOST_WHY])
{
	const struct host_keep *k = own;
	const bool there = file_read(sealed, AT_FDCWD, k->store,
	                             ASSAY_FRAME_BODY_MAX);

	if (there ? sealed->len > 0 : errno == ENOENT)
		return true;
	snprintf(why, HOST_WHY, "%.160s: %s", k->store,
	         there ? "it is empty, and what was kept there is lost; to "
	                 "begin from nothing, remove it"
	               : strerror(errno));
	return false;
}

bool host_keep_save(void *own, struct assay_bytes sealed, char why[HOST_WHY])
{
	const struct host_keep *k = own;

	if (file_keep(k->store, sealed, 0600))
		return true;
	snprintf(why, HOST_WHY, "%.160s: %s", k->store, strerror(errno));
	return false;
}

/* ---- the manufacturer's documents */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

/* A number that is another when a file of the folder is. */
static uint64_t stamp(const char *folder)
{
	uint64_t sum = 1; /* 0 is nothing's, not even a missing folder's */
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		uint64_t one = UINT64_C(0xcbf29ce484222325);

		if (assay_part_of(entry->d_name) == ASSAY_PART_NONE ||
		    fstatat(dirfd(dir), entry->d_name, &st, 0))
			continue;
		one = mix(one, st.st_ino);
		one = mix(one, (uint64_t)st.st_size);
		one = mix(one, (uint64_t)st.st_mtim.tv_sec);
		one = mix(one, (uint64_t)st.st_mtim.tv_nsec);
		sum += one; /* in whatever order they come */
	}
	if (dir)
		closedir(dir);
	return sum;
}

/* What cannot be read, or is not the same before and after, is being written:
 * the documents of before are kept until it is whole. */
bool host_keep_documents(void *own, const struct assay_collateral **documents,
                         bool *changed, char why[HOST_WHY])
{
	struct host_keep *k = own;
	const uint64_t now = stamp(k->collateral);
	struct documents fresh;
	char text[DOCUMENTS_WHY] = "they are being written";

	*changed = false;
	*documents = &k->documents.collateral;
	if (k->has_documents && now == k->stamp)
		return true;
	if (!documents_read(&fresh, k->collateral, text) ||
	    stamp(k->collateral) != now) {
		const bool told = now == k->bad;

		documents_free(&fresh);
		k->bad = now;
		snprintf(why, HOST_WHY, "%.100s: %s", k->collateral, text);
		return told;
	}
	documents_free(&k->documents);
	k->documents = fresh;
	k->stamp = now;
	k->has_documents = *changed = true;
	return true;
}
