// SPDX-License-Identifier: GPL-2.0-only
/*
 * What keeps a step from being taken on this host: the judgement over
 * successors and routes, what is remembered of them, and the small languages
 * that it is read from.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/connected.h"
#include "cmd/cuts.h"
#include "cmd/protection.h"
#include "fixture.h"
#include "tap.h"

#define NOW_S 1900000000LL

/* --- the judgement --- */

static const struct phase due[] = { { .mode = WEIR_BLOCK, .begins = INT64_MIN } };
static const struct phase later[] = { { .mode = WEIR_BLOCK, .begins = NOW_S + 1 } };

static void test_judgement(void)
{
	struct product products[] = { { .id = "v/edr" }, { .id = "v/vpn" } };
	const struct catalog c = { .products = products, .product_cnt = 2 };
	struct rule rule = { .phases = due, .phase_cnt = 1 };
	struct stake edr = { .rule = &rule, .succession = 0 };
	struct stake vpn = { .product = 1, .rule = &rule, .succession = UINT32_MAX,
			     .may_cut = true, .cuts = true };
	const struct cuts none = { 0 }, way = { .list = { { .product = 1 } }, .cnt = 1 };
	struct protection p = { 0 };
	struct cutting *of;

	protection_of(&p, "vendor v")->unit = strdup("new.service");
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_UNSAID,
	   "a rule that says nothing");
	rule.without_protection = "it is gone anyway";
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_NOT, "a reason to do without");
	rule.without_protection = NULL;
	rule.successor.unit = "new.service";
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_SUCCESSOR,
	   "a successor that is waited for");
	p.list[0].state.stage = SUCCESSOR_HOLDS;
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_NOT, "one that holds");
	p.list[0].state.stage = SUCCESSOR_MISSED;
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_NOT,
	   "one that is missing for a moment");
	rule.successor.unit = "other.service";
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_SUCCESSOR,
	   "another one has not earned it");
	rule.successor.unit = "new.service";
	rule.phases = later;
	ok(protection_judge(&p, &edr, &c, &none, NOW_S) == WITHHELD_MOMENT,
	   "before its moment the kernel does not know of the step");
	ok(protection_judge(&p, &vpn, &c, &none, NOW_S) == WITHHELD_MOMENT,
	   "nor of what cuts the network");
	rule.phases = due;
	ok(protection_judge(&p, &vpn, &c, &none, NOW_S) == WITHHELD_NOT, "no way runs through it");
	ok(protection_judge(&p, &vpn, &c, &way, NOW_S) == WITHHELD_NETWORK, "a way does");
	of = protection_cutting(&p, "v/vpn");
	of->is_taken = true;
	ok(protection_judge(&p, &vpn, &c, &way, NOW_S) == WITHHELD_NOT,
	   "a step that is in force is not lifted by a route");
	of->is_taken = false;
	vpn.cuts = false;
	ok(protection_judge(&p, &vpn, &c, &way, NOW_S) == WITHHELD_NOT,
	   "what is not known to cut is only warned of");
	vpn.cuts = true;
	vpn.may_cut = false;
	ok(protection_judge(&p, &vpn, &c, &way, NOW_S) == WITHHELD_NOT, "a reason was given");
	protection_end(&p);
}

/* --- one policy after the other --- */

static void test_take(void)
{
	const char *const sleeper[] = { "sleep", "60", NULL };
	struct rule rule = { .successor.unit = "new.service" }, other = rule;
	struct stake of_a = { .rule = &rule, .succession = 1 }, of_both[] = { { .rule = &other },
									      of_a };
	const struct stakes before = { .list = of_both, .cnt = 2 }, after = { .list = &of_a,
									      .cnt = 1 };
	struct protection p = { 0 };
	struct succession *a, *b;

	protection_of(&p, "product v/b");
	protection_of(&p, "product v/a");
	protection_take(&p, &before);
	b = &p.list[0];
	a = &p.list[1];
	ok(a->rule == &rule && b->rule == &other && !strcmp(a->unit, "new.service"),
	   "the rules of a policy are taken");
	p.asked_cnt = 2;
	p.ask_ns = 77;
	a->state.stage = b->state.stage = SUCCESSOR_HOLDS;
	b->count = (struct unprotected){ 60, 1000, true };
	ok(!errand_start(&p.ask, sleeper), "units are being asked about");
	protection_take(&p, &after);
	ok(a->rule == &rule && !b->rule && a->state.stage == SUCCESSOR_HOLDS,
	   "those of the next one, and what has held holds on");
	ok(p.ask.why == -ECANCELED && !p.asked_cnt && !p.ask_ns,
	   "an answer under way belongs to nobody, and is asked for anew");
	ok(protection_close(b, 1300) && b->count.total_s == 360 && !b->count.is_open &&
	   b->count.looked_s == INT64_MIN,
	   "a time without protection ends where no rule asks, counted until then");
	ok(!protection_close(b, 2000) && b->count.total_s == 360, "once");
	protection_end(&p);
}

/* --- the memory --- */

static void test_memory(const char *dir)
{
	struct protection p = { .boot_id = "boot-1" }, back = { 0 };
	struct succession *s = protection_of(&p, "product v/edr");
	char path[256];

	snprintf(path, sizeof(path), "%s/protection.json", dir);
	s->unit = strdup("new.service");
	s->state = (struct successor_state){ SUCCESSOR_HOLDS, 17 };
	s->count = (struct unprotected){ 600, 4000, true };
	protection_cutting(&p, "v/vpn")->is_taken = true;
	protection_cutting(&p, "v/other");
	ok(!protection_write(path, &p) && !protection_read(path, &back), "written and read");
	s = back.cnt ? &back.list[0] : s;
	ok(back.cnt == 1 && !strcmp(s->name, "product v/edr") && !strcmp(s->unit, "new.service") &&
	   s->state.stage == SUCCESSOR_HOLDS && s->count.total_s == 600 && s->count.is_open &&
	   s->count.looked_s == 4000, "that it held, and the time without protection");
	ok(back.cutting_cnt == 1 && back.cutting[0].is_taken &&
	   !strcmp(back.cutting[0].product, "v/vpn"), "and which step is in force");
	protection_boot(&back, "boot-1", 5000);
	ok(s->state.stage == SUCCESSOR_HOLDS && s->count.looked_s == 4000,
	   "on the same boot it goes on");
	protection_boot(&back, "boot-2", 9);
	ok(s->state.stage == SUCCESSOR_MISSED && s->state.missed_s == 9 && !s->count.is_open &&
	   s->count.looked_s == INT64_MIN && s->count.total_s == 600,
	   "after a reboot the successor may come up, and what was counted stays");
	protection_end(&back);
	protection_end(&p);
	unlink(path);
	ok(protection_read(path, &back) == -ENOENT, "no file is no error");
}

static void test_damage(const char *dir)
{
	static const char *const texts[] = {
		"", "{}", "{\"rules\": 7, \"boot\": \"b\"}",
		"{\"boot\": \"b\", \"rules\": {\"a\": 1}}",
		"{\"boot\": \"b\", \"rules\": {\"a\": {\"stage\": 77}}}",
	};
	struct protection p = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/damaged.json", dir);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");

		fputs(texts[i], f);
		fclose(f);
		ok(protection_read(path, &p) == -EINVAL && !p.cnt, "damaged: %s", texts[i]);
	}
	unlink(path);
}

/* --- what it is read from --- */

static void test_tunnel(void)
{
	char name[IF_NAMESIZE] = "";

	ok(cuts_tunnel_name("pos:\t0\nflags:\t02\niff:\tewvpn0\n", name) && !strcmp(name, "ewvpn0"),
	   "the interface of an open tun device");
	ok(!cuts_tunnel_name("pos:\t0\nxiff:\tewvpn0\n", name), "another key is not it");
	ok(!cuts_tunnel_name("iff:\t\n", name), "one that nobody has set up yet");
	ok(!cuts_tunnel_name("iff:\t0123456789abcdef\n", name), "a name that is none");
}

static void put(const char *dir, const char *name, const char *text, size_t len)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fwrite(text, 1, len, f);
	fclose(f);
}

static void test_session(const char *dir)
{
	static const char with[] = "A=1\0SSH_CONNECTION=10.1.2.3 5000 10.1.2.4 22\0B=2";
	static const char other[] = "XSSH_CONNECTION=1.2.3.4 1 2 3";
	int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char from[CUTS_ADDR_MAX] = "", path[512];
	static const char *const pids[] = { "30", "20", "10" };

	snprintf(path, sizeof(path), "%s/proc", dir);
	mkdir(path, 0755);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		snprintf(path, sizeof(path), "%s/proc/%s", dir, pids[i]);
		mkdir(path, 0755);
	}
	put(dir, "proc/30/stat", "30 (a) b) S 20 1 1", 18);
	put(dir, "proc/30/environ", other, sizeof(other));
	put(dir, "proc/20/stat", "20 (sudo) S 10 1 1", 18);
	put(dir, "proc/20/environ", "", 0);
	put(dir, "proc/10/stat", "10 (sh) S 1 1 1", 15);
	put(dir, "proc/10/environ", with, sizeof(with));
	ok(cuts_session(root, 30, from) && !strcmp(from, "10.1.2.3"),
	   "whoever has logged in is found behind sudo");
	put(dir, "proc/10/environ", other, sizeof(other));
	ok(!cuts_session(root, 30, from), "at the console there is nobody");
	close(root);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		static const char *const files[] = { "/stat", "/environ", "" };

		for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
			snprintf(path, sizeof(path), "%s/proc/%s%s", dir, pids[i], files[k]);
			(void)remove(path);
		}
	}
	snprintf(path, sizeof(path), "%s/proc", dir);
	rmdir(path);
}

static bool means(const struct allowance *to, const char *address, uint16_t port)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	uint8_t addr[16];

	return inet_pton(family, address, addr) == 1 && connected_means(to, family, addr, port);
}

static void test_connected(void)
{
	static const struct port_range ports[] = { { 443, 445, IPPROTO_TCP },
						   { 53, 53, IPPROTO_UDP } };
	const struct allowance net = { .to = "10.9.0.0/16" }, host = { "2001:db8::7/128", ports, 2,
								       NULL };

	ok(means(&net, "10.9.200.1", 1) && !means(&net, "10.10.0.1", 1), "by its prefix, any port");
	ok(means(&host, "2001:db8::7", 445) && !means(&host, "2001:db8::8", 445),
	   "an address of IPv6");
	ok(!means(&host, "2001:db8::7", 446) && !means(&host, "2001:db8::7", 53),
	   "only its ports of TCP");
	ok(!means(&net, "::", 1), "never of another family");
}

int main(void)
{
	char dir[] = "/tmp/weir-protection-XXXXXX";

	if (!mkdtemp(dir))
		return 1;
	test_judgement();
	test_take();
	test_memory(dir);
	test_damage(dir);
	test_tunnel();
	test_session(dir);
	test_connected();
	rmdir(dir);
	return tap_done();
}
