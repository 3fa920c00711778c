// SPDX-License-Identifier: GPL-2.0-only
#include "match/trace.h"

static const char *const kind_names[TRACE_KIND_MAX] = {
	[TRACE_PACKAGE] = "package",	 [TRACE_FILE] = "file",
	[TRACE_PROCESS] = "process",	 [TRACE_UNIT] = "unit",
	[TRACE_JOB] = "job",		 [TRACE_MODULE] = "module",
	[TRACE_BPF] = "bpf",		 [TRACE_PROBE] = "probe",
	[TRACE_HOOK] = "hook",		 [TRACE_SOCKET] = "socket",
	[TRACE_INTERFACE] = "interface", [TRACE_CERTIFICATE] = "certificate",
	[TRACE_USER] = "user",		 [TRACE_IMAGE] = "image",
};

const char *trace_kind_name(enum trace_kind kind)
{
	return kind_names[kind];
}
