/* h_disk.c - small disks of a test's own. */
#include "h_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static bool alone; /* in a namespace of users */

static bool write_file(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool good = fd >= 0 && write(fd, text, strlen(text)) ==
	                                     (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* Who may not mount may in a namespace where he alone is. */
static bool be_alone(void)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "%u %u 1", getuid(), getuid());
	snprintf(gid, sizeof(gid), "%u %u 1", getgid(), getgid());
	alone = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	        write_file("/proc/self/setgroups", "deny") &&
	        write_file("/proc/self/uid_map", uid) &&
	        write_file("/proc/self/gid_map", gid);
	return alone;
}

const char *disk_absent(void)
{
	if ((unshare(CLONE_NEWNS) == 0 || be_alone()) &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return NULL;
	return "no mount namespaces";
}

bool disk_has_users(void)
{
	return !alone;
}

bool disk_mount(const char *at, const char *options)
{
	return mount("tmpfs", at, "tmpfs", 0, options) == 0;
}

bool disk_change(const char *at, const char *options)
{
	return mount(NULL, at, NULL, MS_REMOUNT, options) == 0;
}

void disk_unmount(const char *at)
{
	umount2(at, MNT_DETACH);
}

static void name_filler(char path[300], const char *at)
{
	snprintf(path, 300, "%s/filler", at);
}

bool disk_fill(const char *at)
{
	static const char zeros[4096];
	char path[300];
	size_t n = sizeof(zeros);
	int fd;

	name_filler(path, at);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
	while (fd >= 0 && write(fd, zeros, n) > 0)
		;
	if (fd >= 0)
		close(fd);
	return fd >= 0 && errno == ENOSPC;
}

void disk_empty(const char *at)
{
	char path[300];

	name_filler(path, at);
	unlink(path);
}
