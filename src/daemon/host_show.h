/* host_show.h - what assay host says when it has started. */
#ifndef DAEMON_HOST_SHOW_H
#define DAEMON_HOST_SHOW_H

#include <assay/base.h>

/* Where it listens, what runs there as its own quote in `bundle` says, and how
 * it is called; `platform`: of a simulated machine, or NULL. */
void host_show(const char *url, struct assay_bytes bundle,
               const char *platform);

#endif
