/* daemon.h - the verbs of assayd. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

/* assay sim sample: argv[0] is "sample".  The exit status. */
int sim_sample(int argc, char **argv);

#endif
