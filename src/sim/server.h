/* server.h - the processor as a process. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim/wire.h"

enum { SIM_MAX_ENCLAVES = 256 };

/*
 * sim_server_run is the processor of the machine in `dir`, asked by `control`:
 * first it says there, unasked, how starting went; then it answers until the
 * other side is gone.  It belongs into a process of its own, which it
 * ends: it closes all other descriptors but stderr.
 */
_Noreturn void sim_server_run(int control, const char *dir);

#endif
