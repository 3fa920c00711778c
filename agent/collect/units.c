// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units of systemd: the system's, those for every user, and each user's own.
 *
 * From the files, in systemd's order of precedence, on a live host together
 * with what its managers say. Where systemd does not run there is nothing to
 * ask and nothing is said about it.
 */
#include "collect/collectors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/survey.h"
#include "collect/unit_scope.h"
#include "collect/unit_state.h"
#include "inventory/homes.h"
#include "inventory/root.h"

/* systemd.unit(5), in the order of precedence. */
static const char *const system_directories[] = {
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	"/run/systemd/transient",
	"/run/systemd/generator.early",
	"/etc/systemd/system",
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	"/run/systemd/generator.late",
	NULL,
};

#define GLOBAL_CNT 7
static const char *const global_directories[GLOBAL_CNT + 1] = {
	"/etc/systemd/user",
	"/run/systemd/user",
	"/usr/local/share/systemd/user",
	"/usr/share/systemd/user",
	"/usr/local/lib/systemd/user",
	"/usr/lib/systemd/user",
	"/lib/systemd/user",
	NULL,
};

/* Those of one user. */
static const struct {
	const char *below; /* of the home, or of /run/user/UID */
	bool is_runtime;
} own_directories[] = {
	{ ".config/systemd/user.control", false },
	{ "systemd/user.control", true },
	{ "systemd/transient", true },
	{ "systemd/generator.early", true },
	{ ".config/systemd/user", false },
	{ "systemd/user", true },
	{ "systemd/generator", true },
	{ ".local/share/systemd/user", false },
	{ "systemd/generator.late", true },
};
#define OWN_CNT ARRAY_SIZE(own_directories)

/* Managers that did not answer in their time; after so many no user's is asked. */
#define LATE_MAX 3

struct units {
	struct survey *s;
	unsigned int late_cnt;
};

/* What systemctl says; -1 when nobody can be asked, which is told. */
static int ask_state(struct units *u, uint32_t uid, const char *whose)
{
	int fd = u->late_cnt < LATE_MAX ? unit_state_ask(uid) : -ETIME;

	if (fd >= 0)
		return fd;
	u->late_cnt += fd == -ETIME;
	survey_unread(u->s, fd, "the state of units of %s", whose);
	return -1;
}

static int collect_system(struct units *u)
{
	CLEANUP(close_fdp) int state_fd = -1;
	struct unit_scope scope = { .directories = system_directories };

	if (u->s->is_live && unit_state_is_there())
		state_fd = ask_state(u, UNIT_STATE_SYSTEM, "the system");
	scope.own_cnt = ARRAY_SIZE(system_directories) - 1;
	scope.state_fd = state_fd;
	return unit_scope_collect(u->s, &scope);
}

static int collect_global(struct survey *s)
{
	const struct unit_scope scope = {
		.directories = global_directories,
		.own_cnt = GLOBAL_CNT,
		.is_user = true,
		.state_fd = -1,
	};

	return unit_scope_collect(s, &scope);
}

/* Of a user that no file knows, the owner of the home. */
static uint32_t uid_of(const struct survey *s, const struct home *home)
{
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	if (home->uid != HOME_UID_UNKNOWN)
		return home->uid;
	fd = root_open(s->root_fd, home->path, O_PATH);
	return fd >= 0 && !fstat(fd, &st) ? st.st_uid : HOME_UID_UNKNOWN;
}

static int collect_user(struct units *u, const struct home *home)
{
	CLEANUP(close_fdp) int state_fd = -1;
	char paths[OWN_CNT][WEIR_PATH_MAX];
	const char *directories[OWN_CNT + GLOBAL_CNT + 1] = {};
	struct unit_scope scope = {
		.directories = directories,
		.own_cnt = OWN_CNT,
		.user = home->user,
		.is_user = true,
	};
	uint32_t uid = uid_of(u->s, home);

	for (size_t i = 0; i < OWN_CNT; i++) {
		if (own_directories[i].is_runtime)
			snprintf(paths[i], sizeof(paths[i]), "/run/user/%u/%s", uid,
				 own_directories[i].below);
		else
			snprintf(paths[i], sizeof(paths[i]), "%s/%s", home->path,
				 own_directories[i].below);
		directories[i] = paths[i];
	}
	memcpy(directories + OWN_CNT, global_directories, sizeof(global_directories));
	if (u->s->is_live && uid != HOME_UID_UNKNOWN && unit_state_is_there() &&
	    unit_state_user_is_there(uid))
		state_fd = ask_state(u, uid, home->user);
	scope.state_fd = state_fd;
	return unit_scope_collect(u->s, &scope);
}

int collect_units(struct survey *s)
{
	CLEANUP(homes_free) struct homes homes = {};
	struct units u = { .s = s };
	int err;

	err = collect_system(&u);
	if (!err)
		err = collect_global(s);
	if (!err)
		err = homes_read(s->root_fd, &homes);
	for (uint32_t i = 0; !err && i < homes.cnt; i++)
		err = collect_user(&u, &homes.list[i]);
	if (homes.remote_cnt)
		survey_unread(s, -EREMOTE, "%u homes on file systems that others answer for",
			      homes.remote_cnt);
	if (homes.is_cut)
		survey_unread(s, -E2BIG, "the units of further users");
	return err;
}
