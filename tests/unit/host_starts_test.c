// SPDX-License-Identifier: GPL-2.0-only
/* Jobs, accounts, certificates, images and DKMS of a tree. */
#include "cell_hook.h"
#include "own_certificate.h"
#include "bolt_image.h"
#include "survey.h"
#include "tap.h"
#include "tree.h"

static const char vendor[] =
	"vendor: examplewall\n"
	"name: Examplewall Inc.\n"
	"products:\n"
	"  - product: agent\n"
	"    name: Agent\n"
	"    class: vendor_product\n"
	"    indicators:\n"
	"      - {kind: dir, value: /opt/examplewall/, confidence: high}\n"
	"      - {kind: path, value: /usr/bin/ewctl, confidence: high}\n"
	"      - {kind: path, value: /usr/lib/x86_64-linux-gnu/security/pam_ew.so}\n"
	"      - {kind: path, value: /usr/lib/x86_64-linux-gnu/libnss_ew.so.2}\n"
	"      - {kind: path, value: /usr/lib/libew.so}\n"
	"      - {kind: path, value: /usr/lib/udev/ew-probe}\n"
	"      - {kind: config, value: /etc/cron.d/ew}\n"
	"      - {kind: module, value: ew_filter, confidence: high}\n"
	"      - {kind: user, value: ewuser}\n"
	"      - {kind: user, value: ewhomeless}\n"
	"      - {kind: data-dir, value: /var/lib/ew/}\n"
	"      - {kind: container-image, value: cyber/ew, sufficient: true}\n"
	"      - {kind: ca-certificate, value: ew_ca.crt}\n"
	"      - {kind: ca-certificate, value: 'O=Example, Inc.', sufficient: true}\n"
	"      - {kind: ca-certificate, value: 'C=US, O=Other, CN=Whole', sufficient: true}\n"
	"      - {kind: ca-certificate, value: 'issuer CN=Nobody', sufficient: true}\n";

static void plant_jobs(const struct tree *t)
{
	tree_text(t, "/etc/crontab", "MAILTO=x\n\n17 * * * * root /opt/examplewall/run --all\n"
				     "* * * * * root ewctl\n* * * * * root /bin/true\n");
	tree_text(t, "/etc/cron.d/ew", "* * * * * nobody /bin/true\n");
	tree_text(t, "/etc/cron.d/aside.dpkg-old", "* * * * * root /usr/bin/ewctl\n");
	tree_text(t, "/var/spool/cron/crontabs/ann", "@reboot /usr/local/bin/tool\n");
	tree_link(t, "/opt/examplewall/bin/tool", "/usr/local/bin/tool");
	tree_text(t, "/opt/examplewall/bin/tool", "x");
	tree_text(t, "/usr/bin/ewctl", "x");
	tree_text(t, "/etc/cron.daily/clean", "#!/bin/sh\n\nrm /opt/examplewall/absent\newctl\n"
					      "/usr/bin/ewctl clean\n");
	tree_text(t, "/var/spool/cron/atjobs/a0001", "#!/bin/sh\n/usr/bin/ewctl\n");
	tree_text(t, "/etc/ld.so.preload", "libew.so\n");
	tree_text(t, "/usr/lib/libew.so", "x");
	tree_text(t, "/etc/pam.d/login", "auth required pam_unix.so\nauth required pam_ew.so\n");
	tree_text(t, "/usr/lib/x86_64-linux-gnu/security/pam_ew.so", "x");
	tree_text(t, "/etc/nsswitch.conf", "passwd: files ew\n");
	tree_text(t, "/usr/lib/x86_64-linux-gnu/libnss_ew.so.2", "x");
	tree_link(t, "usr/lib", "/lib");
	tree_text(t, "/etc/udev/rules.d/1.rules", "PROGRAM=\"ew-probe %k\"\n");
	tree_text(t, "/etc/modules-load.d/ew.conf", "# x\new-filter\n");
	tree_text(t, "/etc/xdg/autostart/ew.desktop", "[Desktop Entry]\nExec=ewctl tray\n");
	tree_text(t, "/home/ann/.config/autostart/a.desktop",
		  "[Desktop Entry]\nExec=/opt/examplewall/tray\nHidden=true\n");
	tree_text(t, "/usr/share/dbus-1/system-services/x.service",
		  "[D-BUS Service]\nExec=/opt/examplewall/bus\n");
	tree_text(t, "/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n"
				    "ewuser:x:999:999::/var/lib/ew:/bin/false\n"
				    "ewhomeless:x:998:998::/nonexistent:/bin/false\n");
	tree_text(t, "/etc/group", "ewuser:x:999:\nusers:x:100:\n");
	tree_text(t, "/usr/lib/sysusers.d/ew.conf", "u ewuser - \"x\" /var/lib/ew\n");
}

static const struct seen *job(const struct survey_test *t, const char *where)
{
	return survey_test_find(t, TRACE_JOB, where);
}

static bool is_of(const struct seen *s, const char *path)
{
	return s && s->path && !strcmp(s->path, path) && seen_is(s, "examplewall/agent");
}

static const uint32_t again = TRACE_ENABLED | TRACE_RESTARTS;

static void test_cron(struct survey_test *t, const struct tree *tree)
{
	const struct seen *s;
	char path[128];

	snprintf(path, sizeof(path), "%s/etc/cron.d/fifo", tree->base);
	tree_must(!mkfifo(path, 0600), path);
	tree_link(tree, "loop", "/etc/cron.d/loop");
	ok(!survey_test_run(t, "cron"), "jobs are collected");
	s = job(t, "/etc/crontab:3");
	ok(is_of(s, "/opt/examplewall/run") && s->flags == again && !strcmp(s->user, "root") &&
		   !strcmp(s->detail, "at 17 * * * *") && !strcmp(s->started_by, "/etc/crontab:3"),
	   "a line of the crontab is told with its number, user and time");
	ok(is_of(job(t, "/etc/crontab:4"), "/usr/bin/ewctl"), "a bare name is looked up");
	ok(!job(t, "/etc/crontab:5"), "another line is nobody's");
	s = job(t, "/etc/cron.d/ew");
	ok(s && !s->product && s->families, "a listed file counts whatever it says, and weakly");
	s = job(t, "/etc/cron.d/aside.dpkg-old:1");
	ok(is_of(s, "/usr/bin/ewctl") && !s->flags, "what was put aside does not run");
	s = job(t, "/var/spool/cron/crontabs/ann:1");
	ok(is_of(s, "/opt/examplewall/bin/tool") && !strcmp(s->user, "ann"),
	   "a user's line is told with its user, and a link followed");
	s = job(t, "/etc/cron.daily/clean");
	ok(is_of(s, "/usr/bin/ewctl") && s->flags == again, "a daily script is one thing");
	ok(is_of(job(t, "/var/spool/cron/atjobs/a0001"), "/usr/bin/ewctl"), "an at job too");
	ok(is_of(job(t, "/etc/ld.so.preload:1"), "/usr/lib/libew.so"),
	   "a preloaded library is found where it lies");
	ok(is_of(job(t, "/etc/pam.d/login:2"), "/usr/lib/x86_64-linux-gnu/security/pam_ew.so") &&
		   !job(t, "/etc/pam.d/login:1"),
	   "a PAM module is");
	ok(is_of(job(t, "/etc/nsswitch.conf:1"), "/usr/lib/x86_64-linux-gnu/libnss_ew.so.2"),
	   "an NSS module is");
	ok(is_of(job(t, "/etc/udev/rules.d/1.rules:1"), "/usr/lib/udev/ew-probe"),
	   "udev's own programs are");
	s = job(t, "/etc/modules-load.d/ew.conf:2");
	ok(seen_is(s, "examplewall/agent") && seen_has(s, IND_MODULE, "ew_filter"),
	   "a kernel module loaded at boot is, as the kernel spells it");
	ok(!survey_test_is_unread(t, "fifo"), "a FIFO among crontabs is passed over");
}

static void test_autostart(struct survey_test *t)
{
	const struct seen *s;

	ok(!survey_test_run(t, "autostart"), "what sessions start is collected");
	s = job(t, "/etc/xdg/autostart/ew.desktop");
	ok(is_of(s, "/usr/bin/ewctl") && s->flags == TRACE_ENABLED, "an entry of the system's");
	s = job(t, "/home/ann/.config/autostart/a.desktop");
	ok(is_of(s, "/opt/examplewall/tray") && !s->flags && !strcmp(s->user, "ann"),
	   "a user's, which is hidden and does not start");
	s = job(t, "/usr/share/dbus-1/system-services/x.service");
	ok(is_of(s, "/opt/examplewall/bus") && s->flags == again, "what D-Bus starts");
}

static void test_users(struct survey_test *t)
{
	const struct seen *s;
	unsigned int cnt = 0;

	ok(!survey_test_run(t, "users"), "accounts are collected");
	s = survey_test_find(t, TRACE_USER, "ewuser");
	ok(is_of(s, "/var/lib/ew/") && strstr(s->detail, "account in /etc/passwd"),
	   "an account and its home make one finding together");
	s = survey_test_find(t, TRACE_USER, "ewhomeless");
	ok(s && !s->product && s->families, "a name alone does not");
	for (size_t i = 0; i < t->seen_cnt; i++)
		cnt += t->seen[i].kind == TRACE_USER && !strcmp(t->seen[i].where, "ewuser");
	ok(cnt == 3 && !survey_test_find(t, TRACE_USER, "ann") &&
		   !survey_test_find(t, TRACE_USER, "users"),
	   "groups and sysusers.d are read, and others left out");
}

static void plant_certificate(const struct tree *t, const char *path, const char *const *fields)
{
	X509 *x = own_certificate(fields);
	unsigned char *pem;
	size_t len;

	pem = certificate_bytes(x, true, &len);
	tree_bytes(t, path, pem, len);
	free(pem);
	X509_free(x);
}

static void plant_certificates(const struct tree *t)
{
	static const char *const listed[] = { "C", "CN", "O", "Example, Inc.", "CN", "x", NULL };
	static const char *const near[] = { "O", "Example, Inc. of Elsewhere", "CN",
					    "Example, Inc.", NULL };
	static const char *const whole[] = { "C", "US", "O", "Other", "CN", "Whole", NULL };
	static const char *const more[] = { "C", "US", "O", "Other", "OU", "x", "CN", "Whole",
					    NULL };

	plant_certificate(t, "/usr/local/share/ca-certificates/listed.crt", listed);
	plant_certificate(t, "/usr/local/share/ca-certificates/near.crt", near);
	plant_certificate(t, "/usr/local/share/ca-certificates/sub/whole.crt", whole);
	plant_certificate(t, "/etc/pki/ca-trust/source/anchors/more.pem", more);
	plant_certificate(t, "/etc/ssl/certs/ew_ca.crt", near);
	tree_link(t, "/usr/local/share/ca-certificates/listed.crt", "/etc/ssl/certs/12ab34cd.0");
	tree_link(t, "/nowhere", "/etc/ssl/certs/dangling.0");
	tree_text(t, "/etc/ssl/certs/broken.pem", "no certificate\n");
}

static void test_certificates(struct survey_test *t)
{
	static const char listed[] = "/usr/local/share/ca-certificates/listed.crt#1";
	const struct seen *s;
	unsigned int cnt = 0;

	ok(!survey_test_run(t, "certificates"), "certificates are collected");
	s = survey_test_find(t, TRACE_CERTIFICATE, listed);
	ok(seen_is(s, "examplewall/agent") &&
		   !strcmp(s->detail, "C=CN, O=Example, Inc., CN=x; valid until 2099-12-31"),
	   "one whose organisation is listed is told, with its subject");
	ok(seen_is(survey_test_find(t, TRACE_CERTIFICATE,
				    "/usr/local/share/ca-certificates/sub/whole.crt#1"),
		   "examplewall/agent"),
	   "one whose whole subject is");
	s = survey_test_find(t, TRACE_CERTIFICATE, "/etc/ssl/certs/ew_ca.crt");
	ok(s && !s->product && s->families, "the name of a file counts, and weakly");
	for (size_t i = 0; i < t->seen_cnt; i++)
		cnt += t->seen[i].kind == TRACE_CERTIFICATE;
	ok(cnt == 3, "no part of a field, no field of another kind, no other whole, no link again");
	ok(survey_test_is_unread(t, "broken.pem") && !survey_test_is_unread(t, "dangling"),
	   "one that is broken is told as unread");
}

static void plant_images(const struct tree *t)
{
	static unsigned char db[8 * BOLT_PAGE];
	unsigned char spaces[16], images[16], version[512], one[32];
	struct bolt_item item;

	bolt_meta(db, 3);
	item = (struct bolt_item){ "mirror.test:5000/cyber/ew:7", one, bolt_inline(one, NULL, 0),
				   1 };
	bolt_leaf(db + 5 * BOLT_PAGE, 5, &item, 1);
	bolt_bucket(images, 5);
	item = (struct bolt_item){ "images", images, 16, 1 };
	bolt_leaf(db + 4 * BOLT_PAGE, 4, &item, 1);
	bolt_bucket(spaces, 4);
	item = (struct bolt_item){ "k8s.io", spaces, 16, 1 };
	item = (struct bolt_item){ "v1", version, bolt_inline(version, &item, 1), 1 };
	bolt_leaf(db + 3 * BOLT_PAGE, 3, &item, 1);
	tree_bytes(t, "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db", db, sizeof(db));
	tree_text(t, "/var/lib/docker/image/overlay2/repositories.json",
		  "{\"Repositories\":{\"cyber/ew\":{\"cyber/ew:1\":\"sha256:ab\"},"
		  "\"alpine\":{\"alpine:3\":\"sha256:cd\"}}}");
	tree_text(t, "/var/lib/docker/containers/c0ffee/config.v2.json",
		  "{\"ID\":\"c0ffee\",\"Name\":\"/web\",\"Config\":{\"Image\":\"cyber/ew\"}}");
	tree_text(t, "/home/ann/.local/share/containers/storage/overlay-images/images.json",
		  "[{\"id\":\"ab\",\"names\":[\"docker.io/cyber/ew:2\"]}]");
	tree_text(t, "/opt/images/ours/index.json",
		  "{\"manifests\":[{\"digest\":\"sha256:ef\",\"annotations\":"
		  "{\"org.opencontainers.image.ref.name\":\"cyber/ew:9\"}}]}");
	tree_text(t, "/var/lib/containers/storage/overlay-images/images.json", "{{{");
	tree_text(t, "/usr/src/ew-1.5/dkms.conf",
		  "PACKAGE_NAME=ew\nPACKAGE_VERSION=1.5\nBUILT_MODULE_NAME[0]=ew-filter\n"
		  "AUTOINSTALL=yes\n");
	tree_text(t, "/usr/src/other-1/dkms.conf", "PACKAGE_NAME=other\n");
}

static void test_images(struct survey_test *t, const struct tree *tree)
{
	static const char *const names[] = {
		"cyber/ew:1", "cyber/ew", "docker.io/cyber/ew:2", "mirror.test:5000/cyber/ew:7",
		"cyber/ew:9",
	};
	const struct seen *s;

	ok(!survey_test_run(t, "images"), "images are collected");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ok(seen_is(survey_test_find(t, TRACE_IMAGE, names[i]), "examplewall/agent"),
		   "image %s", names[i]);
	s = survey_test_find(t, TRACE_IMAGE, "cyber/ew");
	ok(s && strstr(s->detail, "container web in /var/lib/docker/"), "a container by its name");
	ok(!survey_test_find(t, TRACE_IMAGE, "alpine:3"), "another image is nobody's");
	ok(survey_test_is_unread(t, "/var/lib/containers/storage"), "a broken index is told");
	ok(!survey_test_run(t, "dkms"), "sources of modules are collected");
	s = survey_test_find(t, TRACE_MODULE, "/usr/src/ew-1.5/");
	ok(seen_is(s, "examplewall/agent") && s->flags == (TRACE_SOURCE | TRACE_ENABLED) &&
		   !strcmp(s->version, "1.5"),
	   "a module that DKMS would build is told, as the kernel spells it");
	ok(!survey_test_find(t, TRACE_MODULE, "/usr/src/other-1/"), "another is nobody's");
	tree_text(tree, "/var/lib/dkms/ew/1.5/6.1.0-1-amd64/x86_64/module/ew-filter.ko", "x");
	survey_test_forget(t);
	survey_test_run(t, "dkms");
	s = survey_test_find(t, TRACE_MODULE, "/usr/src/ew-1.5/");
	ok(s && s->flags == TRACE_ENABLED, "one that was built is more than a source");
}

int main(void)
{
	struct survey_test t;
	struct tree tree;

	tree_init(&tree);
	plant_jobs(&tree);
	plant_certificates(&tree);
	plant_images(&tree);
	survey_test_init(&t, tree.fd, vendor, NULL);
	test_cron(&t, &tree);
	test_autostart(&t);
	test_users(&t);
	test_certificates(&t);
	test_images(&t, &tree);
	if (tap_failed)
		survey_test_print(&t);
	survey_test_exit(&t);
	tree_exit(&tree);
	return tap_done();
}
