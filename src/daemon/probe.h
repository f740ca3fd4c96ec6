/* probe.h - what this kernel has to keep an enclave apart. */
#ifndef DAEMON_PROBE_H
#define DAEMON_PROBE_H

#include <stdbool.h>

/* probe_list prints every protection.  The exit status: 1 if something is
 * missing that is needed. */
int probe_list(bool json);
/* probe_warn names on stderr what is missing and not needed. */
void probe_warn(const char *verb);

#endif
