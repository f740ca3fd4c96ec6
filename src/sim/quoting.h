/* quoting.h - PCE and QE as processes: what each does until whoever asks it is
 * gone. */
#ifndef SIM_QUOTING_H
#define SIM_QUOTING_H

#include "sim/wire.h"

/* The PCE: `cpu` is its socket to the processor, `qe` the one that it is asked
 * by. */
void sim_pce_run(int cpu, int qe);

/* The QE, asked by `client`.  It opens itself at the first request, and ends
 * when processor or PCE are gone: what it made is then to be made anew. */
void sim_qe_run(int cpu, int pce, int client, const struct sim_qe_cert *cert);

#endif
