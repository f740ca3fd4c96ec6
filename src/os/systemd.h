/* systemd.h - what a service manager gives and is told, without its library. */
#ifndef OS_SYSTEMD_H
#define OS_SYSTEMD_H

#include <stdbool.h>

/* The one descriptor that was handed over to listen at (sd_listen_fds(3)); -1:
 * none was.  It is closed in programs that this one runs. */
int systemd_listening(void);

/* Tells "READY=1", "STOPPING=1" or "STATUS=..." (sd_notify(3)).  True if there
 * is nobody to be told. */
bool systemd_tell(const char *state);

#endif
