// SPDX-License-Identifier: GPL-2.0-only
#include "collect/survey.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "collect/collectors.h"

const struct collector collectors[] = {
	{ "dpkg", "packages of dpkg", false, collect_dpkg },
	{ "rpm", "packages of rpm", false, collect_rpm },
	{ "processes", "processes, and the libraries they have mapped", true, collect_processes },
	{ "sockets", "sockets that listen or are connected", true, collect_sockets },
	{ "units", "units of systemd", false, collect_units },
	{ "init", "init scripts", false, collect_init_scripts },
	{ "cron", "jobs, login scripts, PAM, NSS, udev", false, collect_cron },
	{ "autostart", "desktop sessions and D-Bus", false, collect_autostart },
	{ "users", "accounts and groups", false, collect_users },
	{ "certificates", "certificates that are trusted", false, collect_certificates },
	{ "images", "images of containers", false, collect_images },
	{ "dkms", "sources of kernel modules", false, collect_dkms },
	{ "bpf", "BPF programs, maps and links", true, collect_bpf },
	{ "files", "files and directories, by place, name and content", false, collect_files },
	{ "modules", "kernel modules, loaded and installed", false, collect_modules },
	{ "probes", "kprobes, uprobes, ftrace", true, collect_probes },
	{ "netfilter", "netfilter hooks", true, collect_netfilter },
	{ "interfaces", "network interfaces", true, collect_interfaces },
	{ 0 },
};

int survey_take(struct survey *s, const struct trace *t)
{
	return s->take(s->ctx, t);
}

void survey_unread(struct survey *s, int err, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	s->unread(s->ctx, what, err);
}

void survey_progress(struct survey *s, const char *what, uint64_t done, const char *at)
{
	if (s->progress)
		s->progress(s->ctx, what, done, at);
}

bool survey_is_asked(struct survey *s, const struct facts *f)
{
	return !match_facts(s->index, f, &s->scratch) && s->scratch.hit_cnt;
}

static bool is_wanted(const struct collector *c, const char *const *only)
{
	if (!only)
		return true;
	for (; *only; only++)
		if (!strcmp(*only, c->name))
			return true;
	return false;
}

int survey_run(struct survey *s, const char *const *only)
{
	int err = 0;

	for (const struct collector *c = collectors; c->name && !err; c++) {
		if (!is_wanted(c, only) || (c->is_live && !s->is_live))
			continue;
		survey_progress(s, c->name, 0, NULL);
		err = c->collect(s);
	}
	return err;
}
