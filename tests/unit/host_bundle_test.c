// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bundles: minisign's formats against what minisign 0.11 wrote, and all that a
 * liar might send instead; the archive and the manifest, byte by byte.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "bundle/base64.h"
#include "bundle/bundle.h"
#include "bundle/keyring.h"
#include "tap.h"

static const char data[] = "a dam in a river\n";
static const char public_key[] =
	"untrusted comment: minisign public key E9C0BDA1AFF665F1\n"
	"RWTxZfavob3A6U1t8n6NfE8VbWEgQf96YUVK0G3vn8N4PyW50AKUm2R0\n";
static const char secret_key[] =
	"untrusted comment: minisign encrypted secret key\n"
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8WX2r6G9"
	"wOm3BLrVTEKQs0lD4OpZjFgXUl5OD9PYrA/Qk3jgGMfxSU1t8n6NfE8VbWEgQf96YUVK0G3vn8N4PyW5"
	"0AKUm2R0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char prehashed[] =
	"untrusted comment: signature from minisign secret key\n"
	"RUTxZfavob3A6UdwyBS9iOGRqsWfAHwSKs+ZU8s39QfVLqL3tEpvKoTheQNE91ehT6YUaORseVW6q+3C"
	"zMGXTICLIis0ftrCBws=\n"
	"trusted comment: serial=41 expires=2031-01-31 scope=db-*\n"
	"y/h30jHRwfEUJfLWBGoI90K5jPxghZisiBIXkCmL85SuqdFqYQuUa9G1e1jmv+Sn66+g5KwJ4WX8wU+Q"
	"HDnyCQ==\n";
static const char legacy[] =
	"untrusted comment: signature from minisign secret key\n"
	"RWTxZfavob3A6XKDI3VrXFbW7U/SRhKkcB4cSBlyFB3ypMrVq4jR69rJ1J/BAo8wBEyaeXxtUw+wUTlQ"
	"vwc3C1Fbvt03Bxmahwg=\n"
	"trusted comment: serial=41 expires=2031-01-31\n"
	"CT0kBCgT8Iwb3ZoGTLjEeHUuL5SvdyI6WuMU5f9Q/kZM+YTF33KZbxJDez60ZAfBbgvg+mQhkG2vflfg"
	"Ed+UDw==\n";

#define DATA (sizeof(data) - 1)

static struct minisign_key key;

static int verify(const char *signature, size_t len, const char *over)
{
	struct minisign_signature s;
	const char *why = NULL;
	int err = minisign_read_signature(signature, len, &s, &why);

	return err ? err : minisign_verify(&key, &s, over, strlen(over));
}

static void test_minisign(void)
{
	const char *why = NULL;
	struct minisign_key other;
	struct minisign_signature s;
	char text[sizeof(prehashed)];
	int taken = 0, crept = 0;

	ok(!minisign_read_key(public_key, strlen(public_key), &key, &why), "a public key is read");
	ok(!verify(prehashed, strlen(prehashed), data), "minisign's signature is right");
	ok(!verify(legacy, strlen(legacy), data), "so is one of the old kind");
	ok(verify(prehashed, strlen(prehashed), "a dam in a rivet\n") == -EBADMSG &&
	   verify(legacy, strlen(legacy), "a dam in a rivet\n") == -EBADMSG,
	   "of other data it is wrong");
	other = key;
	other.id[0] ^= 1;
	minisign_read_signature(prehashed, strlen(prehashed), &s, &why);
	ok(minisign_verify(&other, &s, data, DATA) == -ENOKEY, "another key's is told apart");
	s.is_prehashed = false;
	ok(minisign_verify(&key, &s, data, DATA) == -EBADMSG, "the kinds cannot be exchanged");
	/* Without the newline at the end it is whole, and not before. */
	for (size_t i = 0; i < strlen(prehashed) - 1; i++)
		taken += !verify(prehashed, i, data);
	ok(!taken, "cut anywhere it is refused");
	for (size_t i = strlen("untrusted comment: "); i < strlen(prehashed) - 1; i++) {
		memcpy(text, prehashed, sizeof(text));
		text[i] ^= 1;
		crept += !verify(text, strlen(text), data) && i > strcspn(prehashed, "\n");
	}
	ok(!crept, "no bit of what is signed may differ");
}

static void test_secret(void)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct minisign_secret secret;
	const char *why = NULL;
	char bent[sizeof(secret_key)];

	ok(!minisign_read_secret(secret_key, strlen(secret_key), &secret, &why) &&
	   !memcmp(&secret.key, &key, sizeof(key)), "a secret key without a passphrase is read");
	ok(!minisign_sign(&secret, data, DATA, "serial=1", &out) &&
	   !verify(buf_str(&out), out.len, data), "what is signed with it is right");
	memcpy(bent, secret_key, sizeof(bent));
	bent[strlen(bent) - 60] ^= 1;
	ok(minisign_read_secret(bent, strlen(bent), &secret, &why) == -EINVAL,
	   "a secret key that is damaged is refused");
	ok(minisign_read_key(secret_key, strlen(secret_key), &key, &why) == -EINVAL,
	   "a secret key is no public one");
	minisign_read_key(public_key, strlen(public_key), &key, &why);
}

static void test_base64(void)
{
	static const char *const bad[] = { "YWI", "YWJ=", "YW=I", "Y===", "YWI=\n", "YW I=", "\0\0\0=" };
	uint8_t out[3];
	char text[8];
	int taken = 0;

	ok(!base64_decode("YWI=", 4, out, 2) && !memcmp(out, "ab", 2) &&
	   !base64_decode("YQ==", 4, out, 1) && *out == 'a' &&
	   !base64_decode("YWJj", 4, out, 3) && !memcmp(out, "abc", 3), "base64 is read");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		taken += !base64_decode(bad[i], i == 6 ? 4 : strlen(bad[i]), out, 2);
	ok(!taken, "in one spelling only");
	base64_encode((const uint8_t *)"ab", 2, text);
	ok(!strcmp(text, "YWI="), "and written in that");
}

/* --- archives --- */

static void pack(struct buf *out)
{
	archive_add(out, "bundle.yaml", "x\n", 2, 5);
	archive_add(out, "policy.yaml", "", 0, 5);
	archive_end(out);
}

static int read_archive(const char *bytes, size_t len)
{
	struct archive a = { 0 };
	const char *why = NULL;
	int err = archive_read(bytes, len, &a, &why);

	archive_exit(&a);
	return err == -EINVAL && !why ? -EIO : err;
}

static void test_archive(void)
{
	CLEANUP(buf_free) struct buf out = { 0 }, wrong = { 0 };
	int taken = 0;

	pack(&out);
	ok(out.len == 5 * 512 && !read_archive(out.data, out.len), "an archive is read again");
	for (size_t i = 0; i < out.len; i++)
		taken += !read_archive(out.data, i);
	ok(!taken, "cut anywhere it is refused");
	taken = 0;
	for (size_t i = 0; i < out.len; i++) {
		if (i >= 512 && i < 514)
			continue; /* what is in a file is the file's business */
		out.data[i] ^= 0x40;
		taken += !read_archive(out.data, out.len);
		out.data[i] ^= 0x40;
	}
	ok(!taken, "no byte of headers, gaps and end may differ");
	archive_add(&wrong, "b", "", 0, 0);
	archive_add(&wrong, "a", "", 0, 0);
	archive_end(&wrong);
	ok(read_archive(wrong.data, wrong.len) == -EINVAL, "files stand in their order");
	buf_clear(&wrong);
	archive_add(&wrong, "a", "", 0, 0);
	archive_add(&wrong, "a", "", 0, 0);
	archive_end(&wrong);
	ok(read_archive(wrong.data, wrong.len) == -EINVAL, "and each once");
}

/* --- manifests and terms --- */

#define HEAD "bundle: b\nkind: policy\nserial: 3\ncreated: 2031-01-01\n"

static int manifest(const char *text, struct bundle_manifest *m)
{
	struct diag d = { .text = "" };

	*m = (struct bundle_manifest){ 0 };
	return bundle_manifest_read("m", text, strlen(text), m, &d);
}

static void test_manifest(void)
{
	static const char *const bad[] = {
		HEAD,
		HEAD "expires: 2030-12-31\n",
		HEAD "expires: 2032-01-01\nscope: []\n",
		HEAD "expires: 2032-01-01\nscope: ['a,b']\n",
		HEAD "expires: 2032-01-01\nscope: ['a b']\n",
		HEAD "expires: 2032-01-01\ncatalog: 3\n",
		HEAD "expires: 2032-01-01\nhold: yes\n",
		HEAD "expires: 2032-01-01\nholt: true\n",
		"bundle: b\nkind: catalog\nserial: 3\ncreated: 2031-01-01\nexpires: 2032-01-01\n",
		"bundle: b\nkind: none\nserial: 3\ncreated: 2031-01-01\nexpires: 2032-01-01\n",
		"bundle: b\nkind: policy\nserial: 0\ncreated: 2031-01-01\nexpires: 2032-01-01\n",
	};
	CLEANUP(buf_free) struct buf text = { 0 };
	struct bundle_manifest m;
	struct terms terms;
	char why[160];

	ok(!manifest(HEAD "expires: 2031-01-31\nscope: ['db-*', web-?]\nhold: true\n", &m) &&
	   m.expires == 1927670400 && m.created == 1924992000 &&
	   bundle_manifest_covers(&m, "web-1") && !bundle_manifest_covers(&m, "web-12") &&
	   !bundle_manifest_covers(&m, ""), "a manifest is read; its last day counts whole");
	bundle_manifest_format_terms(&m, &text);
	ok(!strcmp(buf_str(&text),
		   "bundle=b serial=3 expires=2031-01-31 scope=db-*,web-? hold=true") &&
	   !terms_read(buf_str(&text), &terms, why, sizeof(why)) && !terms_differ(&terms, &m),
	   "its terms are those that it is signed with");
	terms.hold = false;
	ok(terms_differ(&terms, &m), "a hold that was left out is a difference");
	bundle_manifest_exit(&m);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!ok(manifest(bad[i], &m) == -EINVAL, "a bad manifest is refused (%zu)", i))
			bundle_manifest_exit(&m);
}

/* --- keyrings --- */

static int judge(const struct keyring *k, const char *signature, int64_t now_s)
{
	char copy[2 * sizeof(prehashed)];
	struct signature_file f = { .name = "minisig", .text = copy, .len = strlen(signature) };
	struct signature_file twice[] = { f, f };
	struct signers s = { .cnt = 0 };
	struct diag d = { .text = "" };
	int err;

	memcpy(copy, signature, strlen(signature) + 1);
	err = keyring_verify(k, "f", data, DATA, twice, 2, now_s, &s, &d);
	return err ? err : (int)s.cnt;
}

static void test_keyring(void)
{
	static const char dated[] =
		"need: 1\nkeys: [{key: release, from: 2031-01-01, until: 2031-12-31, for: [policy]}]\n";
	struct signers s = { .cnt = 1 };
	struct keyring k;
	struct diag d = { .text = "" };

	keyring_init(&k);
	ok(!keyring_add(&k, "f", "release", public_key, strlen(public_key), &d) &&
	   keyring_add(&k, "f", "again", public_key, strlen(public_key), &d) == -EINVAL,
	   "a key is there once");
	ok(judge(&k, prehashed, 0) == 1, "a key counts once, however often it signs");
	k.need = 2;
	ok(judge(&k, prehashed, 0) == -EINVAL, "and not for two");
	k.need = 1;
	ok(!keyring_read_rules(&k, "t", dated, strlen(dated), &d) &&
	   judge(&k, prehashed, 1924991999) == -EINVAL && judge(&k, prehashed, 1924992000) == 1 &&
	   judge(&k, prehashed, 1956527999) == 1 && judge(&k, prehashed, 1956528000) == -EINVAL,
	   "a key counts from its first day to its last");
	s.by[0] = &k.key[0];
	ok(!keyring_allows(&k, &s, "f", BUNDLE_POLICY, &d) &&
	   keyring_allows(&k, &s, "f", BUNDLE_POLICY | BUNDLE_CATALOG, &d) == -EINVAL,
	   "and for what it is there");
}

int main(void)
{
	test_minisign();
	test_secret();
	test_base64();
	test_archive();
	test_manifest();
	test_keyring();
	return tap_done();
}
