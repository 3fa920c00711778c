/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collectors, one source file each; all as struct collector has it.
 */
#ifndef WEIR_COLLECT_COLLECTORS_H
#define WEIR_COLLECT_COLLECTORS_H

struct survey;

int collect_dpkg(struct survey *s);
int collect_rpm(struct survey *s);
int collect_processes(struct survey *s);
int collect_sockets(struct survey *s);
int collect_units(struct survey *s);
int collect_init_scripts(struct survey *s);
int collect_cron(struct survey *s);
int collect_autostart(struct survey *s);
int collect_users(struct survey *s);
int collect_certificates(struct survey *s);
int collect_images(struct survey *s);
int collect_dkms(struct survey *s);
int collect_bpf(struct survey *s);
int collect_files(struct survey *s);
int collect_probes(struct survey *s);
int collect_netfilter(struct survey *s);
int collect_modules(struct survey *s);
int collect_interfaces(struct survey *s);

#endif /* WEIR_COLLECT_COLLECTORS_H */
