// SPDX-License-Identifier: GPL-2.0-only
/* No secret of a command line leaves, and as little else as possible goes. */
#include "event/redact.h"

#include "tap.h"

static const struct {
	const char *argv; /* "|" stands for the NUL between arguments */
	const char *want;
} cases[] = {
	{ "ls|-l|/tmp", "ls -l /tmp" },
	{ "a|--password=x y|b", "a --password=*** b" },
	{ "a|--password=hunter2", "a --password=***" },
	{ "a|--password|hunter2|b", "a --password *** b" },
	{ "a|--vpn-password=x", "a --vpn-password=***" },
	{ "a|--vpnPassword|x", "a --vpnPassword ***" },
	{ "a|--token|abc", "a --token ***" },
	{ "a|--auth-token=abc", "a --auth-token=***" },
	{ "a|--provisioning-token=AA-BB", "a --provisioning-token=***" },
	{ "/opt/CrowdStrike/falconctl|-s|--cid=0123-45", "/opt/CrowdStrike/falconctl -s --cid=***" },
	{ "falconctl|-s|--cid|0123-45", "falconctl -s --cid ***" },
	{ "openconnect|-p|secret|vpn.test", "openconnect -p *** vpn.test" },
	{ "openconnect|-psecret|vpn.test", "openconnect -p*** vpn.test" },
	{ "openconnect|--key-password=x", "openconnect --key-password=***" },
	{ "openconnect|--passwd-on-stdin|vpn.test", "openconnect --passwd-on-stdin vpn.test" },
	{ "openconnect|--form-entry=main:password=x", "openconnect --form-entry=main:password=***" },
	{ "ssh|-p|2222|host", "ssh -p 2222 host" }, /* a port, not a password */
	{ "snx|-s|gw|-u|me|-p|x", "snx -s gw -u me -p ***" },
	{ "forticlient|vpn|-p|x", "forticlient vpn -p ***" },
	{ "cbagentd|-p|x", "cbagentd -p ***" },
	{ "cytool|protect|disable|--password|x", "cytool protect disable --password ***" },
	{ "globalprotect|connect|--portal|gp.test", "globalprotect connect --portal gp.test" },
	{ "curl|-u|me:secret|http://x.test/", "curl -u *** http://x.test/" },
	{ "curl|https://me:secret@x.test/a", "curl https://***@x.test/a" },
	{ "curl|https://x.test/a@b", "curl https://x.test/a@b" }, /* not a user */
	{ "curl|https://x.test/?a=1&token=abc&b=2", "curl https://x.test/?a=1&token=***&b=2" },
	{ "curl|-H|Authorization: Bearer abc def", "curl -H 'Authorization: ***'" },
	{ "curl|-H|X-Api-Key: abc", "curl -H 'X-Api-Key: ***'" },
	{ "curl|--header=Cookie: a=b; c=d", "curl '--header=Cookie: ***'" },
	{ "env|DB_PASSWORD=x|run", "env DB_PASSWORD=*** run" },
	{ "x|{\"password\":\"y\"}", "x '{\"password\":***'" },
	{ "x|--api-key|y", "x --api-key ***" },
	{ "x|--key|/etc/k.pem", "x --key /etc/k.pem" },
	{ "x|--token-file|/run/t", "x --token-file /run/t" },
	{ "x|--no-password|y", "x --no-password y" },
	{ "x|--password|--user|me", "x --password --user me" }, /* it asks */
	{ "x|--compass=north", "x --compass=north" },
	{ "passwd|root", "passwd root" },
	{ "mysql|-pSECRET|db", "mysql -p*** db" },
	{ "sh|-c|it's", "sh -c 'it'\\''s'" },
	{ "x||y", "x '' y" },
	{ "", "''" }, /* no name at all */
	{ "x|--secret=", "x --secret=***" },
	{ "x|--password", "x --password" },
};

/* @len of the arguments once "|" is NUL. */
static size_t split(const char *text, char *out)
{
	size_t len = strlen(text) + 1;

	for (size_t i = 0; i < len; i++)
		out[i] = text[i] == '|' ? '\0' : text[i];
	return len;
}

int main(void)
{
	static const struct secret_option own[] = { { "tool", "--door" } };
	const struct redactor how = { own, 1 };
	struct buf b = { 0 };
	char argv[256];
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = split(cases[i].argv, argv);
		buf_free(&b); /* each from nothing, as in the agent */
		redact_argv(&b, argv, len, &redact_default);
		ok(!strcmp(buf_str(&b), cases[i].want), "%s -> %s", cases[i].argv, buf_str(&b));
	}
	len = split("a|--password|x", argv);
	buf_clear(&b);
	redact_argv(&b, argv, len, NULL);
	ok(!strcmp(buf_str(&b), "a --password x"), "in full when asked");
	len = split("/usr/bin/tool|--door|4711|--cid=1", argv);
	buf_clear(&b);
	redact_argv(&b, argv, len, &how);
	ok(!strcmp(buf_str(&b), "/usr/bin/tool --door *** --cid=1"), "with a table of one's own");
	buf_clear(&b);
	redact_argv(&b, "", 0, &redact_default);
	ok(b.len == 0, "no arguments are no text");
	buf_free(&b);
	return tap_done();
}
