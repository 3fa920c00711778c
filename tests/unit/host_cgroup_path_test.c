// SPDX-License-Identifier: GPL-2.0-only
/* Units and containers by the text of /proc/PID/cgroup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/cgroup_path.h"
#include "tap.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *text, *services, *unit, *container;
} cases[] = {
	{ "0::/system.slice/vgauth.service\n", "vgauth.service", "vgauth.service", "-" },
	{ "0::/init.scope\n", "", "init.scope", "-" },
	{ "0::/\n", "", "-", "-" },
	{ "", "", "-", "-" },
	{ "no colon\n::\n0:\n", "", "-", "-" },
	/* The innermost first, and a session's scope is a unit too. */
	{ "0::/user.slice/user-0.slice/user@0.service/app.slice/x.service/sub\n",
	  "x.service user@0.service", "x.service", "-" },
	{ "0::/user.slice/user-0.slice/session-3.scope\n", "", "session-3.scope", "-" },
	/* Version 1 repeats it in every hierarchy: it is told once. */
	{ "9:name=systemd:/system.slice/a.service\n4:memory:/system.slice/a.service\n0::/\n",
	  "a.service", "a.service", "-" },
	{ "9:name=systemd:/\n4:memory:/system.slice/a.service\n", "a.service", "a.service", "-" },
	{ "0::/system.slice/docker-" ID ".scope\n", "", "docker-" ID ".scope", ID },
	{ "4:memory:/docker/" ID "\n0::/\n", "", "-", ID },
	{ "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n", "",
	  "cri-containerd-" ID ".scope", ID },
	{ "0::/user.slice/x/libpod-" ID "/container\n", "", "-", ID },
	{ "0::/machine.slice/machine-web1.scope/payload\n", "", "machine-web1.scope", "web1" },
	{ "0::/lxc.payload.web2/system.slice/cron.service\n", "cron.service", "cron.service",
	  "web2" },
	/* An id has its length: what is longer is none. */
	{ "0::/docker/" ID "0\n", "", "-", "-" },
	{ "0::/system.slice/.service\n", "", "-", "-" },
	{ "0::/system.slice/_cpu.service\n", "cpu.service", "cpu.service", "-" },
};

static void test_case(size_t i)
{
	char *services[4] = { 0 }, *unit = NULL, *container = NULL;
	char text[512], got[512] = "";
	bool fine;

	snprintf(text, sizeof(text), "%s", cases[i].text);
	fine = !cgroup_names(text, services, ARRAY_SIZE(services), &unit, &container);
	for (size_t k = 0; k < ARRAY_SIZE(services) && services[k]; k++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", k ? " " : "",
			 services[k]);
	fine = fine && !strcmp(got, cases[i].services);
	fine = fine && !strcmp(unit ? unit : "-", cases[i].unit);
	fine = fine && !strcmp(container ? container : "-", cases[i].container);
	snprintf(text, sizeof(text), "%s", cases[i].text);
	for (char *p = text; (p = strchr(p, '\n'));)
		*p = ' ';
	ok(fine, "%s", text);
	if (!fine)
		printf("# services \"%s\", unit %s, container %s\n", got, unit, container);
	for (size_t k = 0; k < ARRAY_SIZE(services); k++)
		free(services[k]);
	free(unit);
	free(container);
}

static void test_deep(void)
{
	static char text[8192];
	char *services[2] = { 0 }, *unit = NULL, *container = NULL;

	memcpy(text, "0::", 3);
	for (size_t i = 3; i + 13 < sizeof(text); i += 12)
		memcpy(text + i, "/sss.service", 12);
	ok(!cgroup_names(text, services, 2, &unit, &container) && services[1] && unit,
	   "a deep hierarchy is read to its bound");
	free(services[0]);
	free(services[1]);
	free(unit);
	free(container);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(i);
	test_deep();
	return tap_done();
}
