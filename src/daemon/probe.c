/* probe.c - what this kernel has to keep an enclave apart. */
#include "daemon/probe.h"

#include "sim/isolate.h"

#include <stdio.h>

int probe_list(bool json)
{
	bool all = true;

	for (size_t i = 0; i < SIM_N_PROTECTIONS; i++) {
		const struct sim_protection *p = &sim_protections[i];
		bool has = p->probe();

		all = all && (has || !p->needed);
		if (json)
			printf("%s{\"name\":\"%s\",\"needed\":%s,"
			       "\"present\":%s}%s",
			       i ? "," : "[", p->name,
			       p->needed ? "true" : "false",
			       has ? "true" : "false",
			       i + 1 == SIM_N_PROTECTIONS ? "]\n" : "");
		else
			printf("%-15s %-8s %-7s %s\n", p->name,
			       p->needed ? "needed" : "optional",
			       has ? "present" : "missing", p->what);
	}
	return fflush(stdout) ? 2 : all ? 0 : 1;
}

void probe_warn(void)
{
	for (size_t i = 0; i < SIM_N_PROTECTIONS; i++)
		if (!sim_protections[i].needed && !sim_protections[i].probe())
			fprintf(stderr, "assay: run: warning: without %s: %s\n",
			        sim_protections[i].name,
			        sim_protections[i].what);
}
