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
/* assay serve: argv[0] is "serve". */
int serve_verb(int argc, char **argv);
/* assay collateral fetch, export, import: argv[0] is the last word. */
int collateral_fetch(int argc, char **argv);
int collateral_export_verb(int argc, char **argv);
int collateral_import_verb(int argc, char **argv);
/* assay verify --fetch: argv[0] is "verify". */
int verify_fetch(int argc, char **argv);

#endif
