/* h_disk.h - small disks of a test's own. */
#ifndef TESTS_H_DISK_H
#define TESTS_H_DISK_H

#include <stdbool.h>

/* Gives this process, which has one thread, mounts of its own; why it cannot
 * have them, or NULL. */
const char *disk_absent(void);
/* Whether it may become another user all the same. */
bool disk_has_users(void);
/* A disk at this folder, with options of tmpfs: "size=3m". */
bool disk_mount(const char *at, const char *options);
/* Again with other options. */
bool disk_change(const char *at, const char *options);
void disk_unmount(const char *at);
/* Fills it to the last byte, with a file that disk_empty removes. */
bool disk_fill(const char *at);
void disk_empty(const char *at);

#endif
