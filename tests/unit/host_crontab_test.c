// SPDX-License-Identifier: GPL-2.0-only
/* Crontabs and their kin, accounts, and DKMS, as parsers see them. */
#include <errno.h>
#include <stdlib.h>

#include "rows.h"
#include "tap.h"

#include "base/cleanup.h"
#include "parse/crontab.h"
#include "parse/dkms.h"
#include "parse/passwd.h"

static const struct {
	enum crontab_kind kind;
	const char *text, *want, *what;
} cases[] = {
	{ CRONTAB_SYSTEM,
	  "# x\nSHELL=/bin/sh\nPATH = /opt/x\n17 * * * * root /opt/x/run --a=/opt/y\n",
	  "1: 1=#4 2=17 * * * * 3=root 5=/opt/x/run 5=/opt/y|", "a line of the system's" },
	{ CRONTAB_SYSTEM, "@reboot root agentd -d\n", "1: 1=#1 2=@reboot 3=root 4=agentd|",
	  "a word for a time, a program without a path" },
	{ CRONTAB_SYSTEM, "17 * * * root\n", "", "too few words" },
	{ CRONTAB_SYSTEM, "* * * * * root test -x /opt/x || A=1 y",
	  "1: 1=#1 2=* * * * * 3=root 5=/opt/x 4=test|", "no newline at the end" },
	{ CRONTAB_USER, "*/5 1-2 * * mon /opt/a%/opt/b\\%c\n",
	  "1: 1=#1 2=*/5 1-2 * * mon 5=/opt/a 5=/opt/b%c|", "a user's, with a percent sign" },
	{ CRONTAB_USER, "1 2 3 4 5 6\n", "1: 1=#1 2=1 2 3 4 5 4=6|", "six words" },
	{ CRONTAB_ANACRON, "START_HOURS_RANGE=6-8\n1 5 daily nice /opt/x/run\n",
	  "1: 1=#2 2=1 5 5=/opt/x/run 4=nice|", "anacron" },
	{ CRONTAB_SCRIPT, "#!/bin/sh\n\ntest -x /opt/x/run &&\\\n /opt/y || exit 0 # no\nz=/opt/z\n",
	  "1: 1=#3 5=/opt/x/run 5=/opt/y|1: 1=#5 5=/opt/z|", "a script" },
	{ CRONTAB_PRELOAD, "/opt/x.so:/opt/y.so libz.so # /opt/no.so\n",
	  "1: 1=#1 5=/opt/x.so 5=/opt/y.so 6=libz.so|", "ld.so.preload" },
	{ CRONTAB_PAM,
	  "auth [success=1 default=ignore] pam_x.so conf=/opt/x.conf\n"
	  "@include common-auth\n-session optional /opt/y.so # /opt/no\n"
	  "auth include other\nauth required\nauth required /\n",
	  "1: 1=#1 6=pam_x.so 5=/opt/x.conf|1: 1=#3 5=/opt/y.so|", "PAM" },
	{ CRONTAB_PAM_CONF, "login auth required pam_x.so\n", "1: 1=#1 6=pam_x.so|", "pam.conf" },
	{ CRONTAB_NSS, "passwd: files [NOTFOUND=return sss] x # y\nhosts: dns\n",
	  "1: 1=#1 6=libnss_files.so.2 6=libnss_x.so.2|1: 1=#2 6=libnss_dns.so.2|", "NSS" },
	{ CRONTAB_UDEV,
	  "ACTION==\"add\", RUN+=\"/opt/x/hook %k\", PROGRAM=\"probe\"\nENV{a}=\"b\"\n"
	  "RUN{builtin}+=\"kmod load x\"\n",
	  "1: 1=#1 5=/usr/lib/udev/probe 5=/lib/udev/probe 5=/opt/x/hook "
	  "5=/opt/x/hook %k|", "udev" },
	{ CRONTAB_MODULES, "# x\nvmw_vmci  opt=1\n;no\n\nvm-mon\n",
	  "1: 1=#2 6=vmw_vmci|1: 1=#5 6=vm-mon|", "modules" },
};

static void test_kinds(void)
{
	struct rows r;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = rows_of_text(&r, PARSER_CRONTAB, (int)cases[i].kind,
						cases[i].text);

		if (!ok(!strcmp(text, cases[i].want) && !r.err, "%s", cases[i].what))
			printf("# %s\n", text);
	}
}

static void test_hostile(void)
{
	size_t len = CRONTAB_BYTES_MAX;
	char *big = malloc(len + 1);
	struct rows r;

	for (size_t i = 0; i < len; i++)
		big[i] = "@a /b\n"[i % 6];
	rows_of(&r, PARSER_CRONTAB, CRONTAB_USER, big, len);
	ok(r.err == -E2BIG && r.cnt == CRONTAB_ROWS_MAX + 1, "rows are bounded, and it is told");
	rows_of(&r, PARSER_CRONTAB, CRONTAB_USER, big, len + 1);
	ok(r.err == -EFBIG, "a larger crontab is refused");
	rows_of(&r, PARSER_CRONTAB, CRONTAB_SCRIPT, big, len + 1);
	ok(r.err == -E2BIG || !r.err, "of a larger script the front is read");
	memset(big, 0, len);
	rows_of(&r, PARSER_CRONTAB, CRONTAB_SCRIPT, big, len);
	ok(!r.err && !r.cnt, "a binary among scripts says nothing");
	rows_of(&r, PARSER_CRONTAB, CRONTAB_USER, "\0* * * * * /opt/a\0", 18);
	ok(r.cnt == 1 && strstr(r.text, "/opt/a"), "a NUL hides no line");
	rows_of(&r, PARSER_CRONTAB, CRONTAB_KIND_MAX, "x", 1);
	ok(r.err == -EINVAL, "an unknown kind is refused");
	rows_of(&r, PARSER_CRONTAB, -1, "x", 1);
	ok(r.err == -EINVAL, "no kind is refused");
	free(big);
}

static void test_passwd(void)
{
	struct rows r;
	const char *text;

	text = rows_of_text(&r, PARSER_PASSWD, PASSWD_ACCOUNTS,
			    "root:x:0:0:root:/root:/bin/sh\n+nis\n#c\nshort\n::1\n"
			    "cortexuser:!:999:999::/opt/traps:/bin/false");
	ok(!strcmp(text, "1: 1=#1 2=root 3=0 4=/root 5=/bin/sh|"
			 "1: 1=#6 2=cortexuser 3=999 4=/opt/traps 5=/bin/false|"),
	   "accounts without their passwords");
	text = rows_of_text(&r, PARSER_PASSWD, PASSWD_GROUPS, "cato-client:x:990:ann,bob\n");
	ok(!strcmp(text, "2: 1=#1 2=cato-client 3=990|"), "groups without their members");
	text = rows_of_text(&r, PARSER_PASSWD, PASSWD_SYSUSERS,
			    "# x\nu agent 990:991 \"The Agent\" /opt/agent /bin/sh\n"
			    "g agents -\nm agent agents\nu! locked - - -\n");
	ok(!strcmp(text, "1: 1=#2 2=agent 3=990:991 4=/opt/agent 5=/bin/sh|"
			 "2: 1=#3 2=agents|1: 1=#5 2=locked|"),
	   "sysusers.d");
}

static void test_dkms(void)
{
	struct rows r;
	const char *text;

	text = rows_of_text(&r, PARSER_DKMS, -1,
			    "PACKAGE_NAME=\"vm-mon\"\nPACKAGE_VERSION='17.5' # x\n"
			    "BUILT_MODULE_NAME[0]=\"${PACKAGE_NAME}\"\n"
			    "BUILT_MODULE_NAME[1]=$PACKAGE_NAME-$(uname)\nAUTOINSTALL=yes\n");
	ok(!strcmp(text, "1: 1=vm-mon 2=17.5 4=#1 3=vm-mon 3=vm-mon-$(uname)|"),
	   "a dkms.conf is read and not run");
	text = rows_of_text(&r, PARSER_DKMS, -1, "PACKAGE_NAME=x\n");
	ok(!strcmp(text, "1: 1=x 4=#0 3=x|"), "one module needs no name of its own");
	ok(!*rows_of_text(&r, PARSER_DKMS, -1, "x\n=\n$PACKAGE_NAME=\n") && !r.err,
	   "without a name it is no package");
}

int main(void)
{
	test_kinds();
	test_hostile();
	test_passwd();
	test_dkms();
	return tap_done();
}
