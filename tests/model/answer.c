// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers questions about policies, with the code of the agent: reader, calendar,
 * compiler and verdict. Lines on standard input, answers on standard output:
 *
 *   file BYTES            of a catalogue, follows; behind a policy a new one begins
 *   host NAME MACHINE-ID  "-": none
 *   policy BYTES          follows; "taken", or "refused LINE:COL TEXT"
 *                         then "chance SHARE DELAY..." for each rule as written
 *   keys                  "key KIND VALUE PRODUCT STRONG" for each, then "end"
 *   exec PRODUCT KIND VALUE PATH UID INSTALLED GUARD    a subject, numbered from 0
 *   net IP PROTOCOL PORT UID
 *   at SECONDS            the policy is loaded then: "reach SECONDS", or "refused TEXT"
 *   ask SECONDS LAPSED ARMED OFF WINDOW COUNTED STRENGTH
 *                         "VRM ..." of each subject: verdict, reason, mode
 *
 * The dates of exemptions and phases are asked of the host's zone database.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/zoneinfo.h"
#include "policy/rehearse.h"

#define SUBJECTS_MAX 64
#define NS_PER_S 1000000000ULL

struct subject {
	char words[7][512];
	struct rehearse_record r;
	bool is_installed;
};

struct state {
	struct catalog *c;
	bool is_sealed;
	struct policy *p;
	struct compiled *t;
	int64_t at_s;
	char host[256], machine_id[64];
	struct subject subjects[SUBJECTS_MAX];
	uint32_t subject_cnt;
	uint32_t uids[256];
	bool is_void[256];
};

static void die(const char *what)
{
	fprintf(stderr, "answer: %s\n", what);
	exit(2);
}

static char *read_bytes(size_t len)
{
	char *text = calloc(1, len + 1);

	if (!text || fread(text, 1, len, stdin) != len)
		die("input is cut short");
	return text;
}

static void add_file(struct state *s, const char *args)
{
	CLEANUP(freep) char *text = read_bytes(strtoul(args, NULL, 10));
	struct diag d = { .text = "" };

	if (!s->c || s->is_sealed) {
		s->t = compiled_free(s->t);
		s->p = policy_free(s->p);
		s->c = catalog_free(s->c);
		s->is_sealed = false;
		if (catalog_new(&s->c))
			die("no memory");
	}
	if (catalog_add(s->c, "c.yaml", text, strlen(text), &d))
		die(d.text);
}

static void print_chance(const struct policy *p)
{
	for (uint32_t i = 0; i < p->rule_cnt; i++) {
		const struct rule *rule = &p->rules[i];

		if (rule->vendor)
			continue;
		printf("chance %u", rule->share);
		for (uint32_t k = 0; k < rule->phase_cnt; k++)
			printf(" %u", rule->phases[k].delay_s);
		printf("\n");
	}
	printf("end\n");
}

static void read_policy(struct state *s, const char *args)
{
	size_t len = strtoul(args, NULL, 10);
	CLEANUP(freep) char *text = read_bytes(len);
	struct policy_context ctx = {
		.zone_exists = zoneinfo_exists,
		.zone_time = zoneinfo_time,
		.host = strcmp(s->host, "-") ? s->host : NULL,
		.machine_id = strcmp(s->machine_id, "-") ? s->machine_id : NULL,
	};
	struct diag d = { .text = "" };

	s->t = compiled_free(s->t);
	s->p = policy_free(s->p);
	s->subject_cnt = 0;
	if (!s->is_sealed && catalog_seal(s->c, &d))
		die(d.text);
	s->is_sealed = true;
	ctx.catalog = s->c;
	if (policy_parse(&ctx, "p.yaml", text, len, &s->p, &d)) {
		printf("refused %u:%u %s\n", d.line, d.col, d.text);
		return;
	}
	printf("taken\n");
	print_chance(s->p);
}

static bool is_installed(void *ctx, const struct rehearse_record *r, uint32_t product)
{
	(void)ctx;
	(void)product;
	return ((const struct subject *)((const char *)r - offsetof(struct subject, r)))
		->is_installed;
}

/* The users of a host that is none. */
static void find_users(struct state *s)
{
	static const char *const names[] = { "root", "alice", "bob" };
	static const uint32_t uids[] = { 0, 1000, 1001 };

	for (uint32_t i = 0; i < s->t->exemption_cnt && i < ARRAY_SIZE(s->uids); i++) {
		const char *user = s->t->exemptions[i].user;

		s->uids[i] = user ? (uint32_t)strtoul(user, NULL, 10) : WEIR_ANYBODY;
		s->is_void[i] = user && strspn(user, "0123456789") != strlen(user);
		for (size_t k = 0; user && k < ARRAY_SIZE(names); k++)
			if (!strcmp(user, names[k])) {
				s->uids[i] = uids[k];
				s->is_void[i] = false;
			}
	}
}

static void load_at(struct state *s, const char *args)
{
	struct diag d = { .text = "" };

	s->t = compiled_free(s->t);
	s->at_s = strtoll(args, NULL, 10);
	if (compile(s->c, s->p, s->at_s, REHEARSE_BOOT_NS, &s->t, &d)) {
		printf("refused %s\n", d.text);
		return;
	}
	find_users(s);
	printf("reach %" PRId64 "\n", s->t->reach_s);
}

static void print_key(const struct state *s, const struct weir_key *key)
{
	const struct indicator *ind = &s->c->indicators[key->evidence];

	if (key->rule != ind->product + 1)
		die("a key whose evidence is of another product");
	printf("key %s %s %s %u\n", indicator_kind_name(ind->kind), ind->value,
	       s->c->products[ind->product].id, key->flags & WEIR_KEY_ENFORCE);
}

static void print_keys(const struct state *s)
{
	for (uint32_t i = 0; i < s->t->name_cnt; i++)
		print_key(s, &s->t->names[i].key);
	for (uint32_t i = 0; i < s->t->hash_cnt; i++)
		print_key(s, &s->t->hashes[i].key);
	for (uint32_t i = 0; i < s->t->build_id_cnt; i++)
		print_key(s, &s->t->build_ids[i].key);
	printf("end\n");
}

static struct subject *add_subject(struct state *s, const char *args)
{
	struct subject *x = &s->subjects[s->subject_cnt++];

	if (s->subject_cnt == SUBJECTS_MAX)
		die("too many subjects");
	memset(x, 0, sizeof(*x));
	(void)sscanf(args, "%511s %511s %511s %511s %511s %511s %511s", x->words[0], x->words[1],
		     x->words[2], x->words[3], x->words[4], x->words[5], x->words[6]);
	x->r.cnt = 1;
	return x;
}

static void add_exec(struct state *s, const char *args)
{
	struct subject *x = add_subject(s, args);

	x->r.hook = WEIR_HOOK_EXEC;
	x->r.product = x->words[0];
	x->r.kind = x->words[1];
	x->r.value = x->words[2];
	x->r.path = x->words[3];
	x->r.uid = (uint32_t)strtoul(x->words[4], NULL, 10);
	x->is_installed = x->words[5][0] == '1';
	x->r.is_guarded = x->words[6][0] == '1';
}

static void add_net(struct state *s, const char *args)
{
	struct subject *x = add_subject(s, args);

	x->r.hook = WEIR_HOOK_CONNECT;
	x->r.ip = x->words[0];
	x->r.protocol = (uint8_t)strtoul(x->words[1], NULL, 10);
	x->r.port = (uint16_t)strtoul(x->words[2], NULL, 10);
	x->r.uid = (uint32_t)strtoul(x->words[3], NULL, 10);
}

static void answer_one(const struct state *s, const struct subject *x, int64_t at_s,
		       const unsigned int sw[6])
{
	const struct rehearse_candidate c = {
		.catalog = s->c, .policy = s->p, .compiled = s->t, .at_s = s->at_s,
		.host = { .is_installed = is_installed, .is_counted = sw[4], .uids = s->uids,
			  .is_void = s->is_void },
	};
	uint64_t ns = REHEARSE_BOOT_NS + (uint64_t)(at_s - s->at_s) * NS_PER_S;
	const struct exemption *exemption;
	uint32_t doubts;
	struct weir_question q = rehearse_ask(&c, &x->r, ns, &doubts, &exemption);
	struct weir_answer a;

	/* Switches end at a moment: the first after which they are off, or the last before. */
	q.host.lapse_ns = sw[0] ? ns : ns + 1;
	q.host.armed_ns = sw[1] ? ns + 1 : ns;
	q.host.enforce = s->p->enforce;
	q.flags |= (sw[2] ? WEIR_Q_DISARMED : 0) | (sw[3] ? WEIR_Q_WINDOW : 0);
	q.strength = sw[5];
	a = weir_decide(&q);
	printf("%c%c%c ", "adk"[a.verdict], 'a' + a.reason, '0' + a.mode);
}

static void answer_all(const struct state *s, const char *args)
{
	unsigned int sw[6];
	int64_t at_s;

	if (sscanf(args, "%" SCNd64 " %u %u %u %u %u %u", &at_s, &sw[0], &sw[1], &sw[2], &sw[3],
		   &sw[4], &sw[5]) != 7 || at_s < s->at_s)
		die("a question without sense");
	for (uint32_t i = 0; s->t && i < s->subject_cnt; i++)
		answer_one(s, &s->subjects[i], at_s, sw);
	printf("\n");
}

static void take_host(struct state *s, const char *args)
{
	if (sscanf(args, "%255s %63s", s->host, s->machine_id) != 2)
		die("no host");
}

static void obey(struct state *s, const char *verb, const char *args)
{
	if (!strcmp(verb, "file"))
		add_file(s, args);
	else if (!strcmp(verb, "host"))
		take_host(s, args);
	else if (!strcmp(verb, "policy"))
		read_policy(s, args);
	else if (!strcmp(verb, "keys"))
		print_keys(s);
	else if (!strcmp(verb, "exec"))
		add_exec(s, args);
	else if (!strcmp(verb, "net"))
		add_net(s, args);
	else if (!strcmp(verb, "at"))
		load_at(s, args);
	else if (!strcmp(verb, "ask"))
		answer_all(s, args);
	else
		die("unknown verb");
}

int main(void)
{
	static struct state s;
	CLEANUP(freep) char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		char *args;

		line[len - 1] = '\0';
		args = line + strcspn(line, " ");
		if (*args)
			*args++ = '\0';
		obey(&s, line, args);
		fflush(stdout);
	}
	compiled_free(s.t);
	policy_free(s.p);
	catalog_free(s.c);
	return 0;
}
