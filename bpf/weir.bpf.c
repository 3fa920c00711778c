// SPDX-License-Identifier: GPL-2.0-only
/*
 * All hook families in one object: the kernel's types are then read and
 * relocated once, which is most of the time that loading takes. Which of the
 * programs are loaded, and which attached, is the agent's choice, one by one.
 */
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

#include "connect.bpf.c"
#include "exec.bpf.c"
#include "learn.bpf.c"
#include "load.bpf.c"
