/* daemon.h - the verbs of assayd. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

/* assay sim sample: argv[0] is "sample".  The exit status. */
int sim_sample(int argc, char **argv);
/* assay sim maker: argv[0] is "maker".  The exit status. */
int sim_maker_verb(int argc, char **argv);
/* assay sim pcs: argv[0] is "pcs".  The exit status. */
int sim_pcs_verb(int argc, char **argv);
/* assay run: argv[0] is "run". */
int run_program(int argc, char **argv);
/* assay host: argv[0] is "host". */
int host_verb(int argc, char **argv);
/* assay call: argv[0] is "call". */
int call_enclave(int argc, char **argv);

#endif
