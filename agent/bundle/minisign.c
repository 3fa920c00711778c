// SPDX-License-Identifier: GPL-2.0-only
#include "bundle/minisign.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bundle/base64.h"

#define ALGORITHM 2
#define HASH 64
#define KEY_BLOB (ALGORITHM + MINISIGN_ID + 32)
#define SIGNATURE_BLOB (ALGORITHM + MINISIGN_ID + MINISIGN_SIGNATURE)

/* Algorithms of signature, derivation and checksum; salt and two limits; key, checksum. */
#define SECRET_HEAD (3 * ALGORITHM + 32 + 8 + 8)
#define SECRET_BLOB (SECRET_HEAD + MINISIGN_ID + 64 + 32)

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "

/* What is left of a file, line by line. */
struct lines {
	const char *at, *end;
};

static int fail(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

/* The last line may lack its newline. false: there is none left. */
static bool next_line(struct lines *l, const char **ret, size_t *ret_len)
{
	const char *end;

	if (l->at == l->end)
		return false;
	end = memchr(l->at, '\n', (size_t)(l->end - l->at));
	*ret = l->at;
	*ret_len = (size_t)((end ? end : l->end) - l->at);
	l->at = end ? end + 1 : l->end;
	return true;
}

static bool begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(line, with, strlen(with));
}

static int read_comment(struct lines *l, const char **why)
{
	const char *line;
	size_t len;

	if (!next_line(l, &line, &len) || !begins(line, len, UNTRUSTED))
		return fail(why, "it does not begin with \"" UNTRUSTED "\"");
	return 0;
}

static int read_blob(struct lines *l, uint8_t *out, size_t size, const char **why)
{
	const char *line;
	size_t len;

	if (!next_line(l, &line, &len) || base64_decode(line, len, out, size))
		return fail(why, "a line of base64 is cut, damaged or of another kind of file");
	return 0;
}

int minisign_read_key(const char *text, size_t len, struct minisign_key *ret, const char **why)
{
	struct lines l = { text, text + len };
	uint8_t blob[KEY_BLOB];
	int err = read_comment(&l, why);

	if (!err)
		err = read_blob(&l, blob, sizeof(blob), why);
	if (err)
		return err;
	if (l.at != l.end)
		return fail(why, "something follows the key");
	if (memcmp(blob, "Ed", ALGORITHM) != 0)
		return fail(why, "it is no Ed25519 key");
	memcpy(ret->id, blob + ALGORITHM, MINISIGN_ID);
	memcpy(ret->public, blob + ALGORITHM + MINISIGN_ID, sizeof(ret->public));
	return 0;
}

/* A tab may be there: minisign's own default comment has some. */
static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

static int read_trusted(struct lines *l, struct minisign_signature *s, const char **why)
{
	const char *line;
	size_t len;

	if (!next_line(l, &line, &len) || !begins(line, len, TRUSTED))
		return fail(why, "it has no trusted comment");
	line += strlen(TRUSTED);
	len -= strlen(TRUSTED);
	if (len >= sizeof(s->comment))
		return fail(why, "its trusted comment is longer than 2,047 bytes");
	if (!is_printable(line, len))
		return fail(why, "its trusted comment has control characters");
	memcpy(s->comment, line, len);
	s->comment[len] = '\0';
	return 0;
}

int minisign_read_signature(const char *text, size_t len, struct minisign_signature *ret,
			    const char **why)
{
	struct lines l = { text, text + len };
	uint8_t blob[SIGNATURE_BLOB];
	int err = read_comment(&l, why);

	if (!err)
		err = read_blob(&l, blob, sizeof(blob), why);
	if (err)
		return err;
	ret->is_prehashed = !memcmp(blob, "ED", ALGORITHM);
	if (!ret->is_prehashed && memcmp(blob, "Ed", ALGORITHM) != 0)
		return fail(why, "it is no Ed25519 signature");
	memcpy(ret->id, blob + ALGORITHM, MINISIGN_ID);
	memcpy(ret->data, blob + ALGORITHM + MINISIGN_ID, sizeof(ret->data));
	err = read_trusted(&l, ret, why);
	if (!err)
		err = read_blob(&l, ret->global, sizeof(ret->global), why);
	if (!err && l.at != l.end)
		return fail(why, "something follows the signature");
	return err;
}

static void pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void context_freep(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

/*
 * minisign's checksum of a key is a BLAKE2b of 32 bytes, which libcrypto has
 * only lately. That the public half follows from the secret one says more.
 */
static int check_halves(const struct minisign_secret *s, const char **why)
{
	CLEANUP(pkey_freep) EVP_PKEY *key =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, sizeof(s->seed));
	uint8_t public[32];
	size_t len = sizeof(public);

	if (!key || EVP_PKEY_get_raw_public_key(key, public, &len) != 1 ||
	    memcmp(public, s->key.public, sizeof(public)) != 0)
		return fail(why, "its halves do not belong together");
	return 0;
}

static int take_secret(const uint8_t *blob, struct minisign_secret *ret, const char **why)
{
	static const uint8_t none[ALGORITHM] = { 0 };
	const uint8_t *key = blob + SECRET_HEAD;

	if (memcmp(blob, "Ed", ALGORITHM) != 0 || memcmp(blob + 2 * ALGORITHM, "B2", 2) != 0)
		return fail(why, "it is no Ed25519 key");
	if (memcmp(blob + ALGORITHM, none, ALGORITHM) != 0)
		return fail(why, "it has a passphrase, which only minisign asks for: "
				 "leave out --key and sign with the command that is printed");
	memcpy(ret->key.id, key, MINISIGN_ID);
	memcpy(ret->seed, key + MINISIGN_ID, sizeof(ret->seed));
	memcpy(ret->key.public, key + MINISIGN_ID + 32, sizeof(ret->key.public));
	return check_halves(ret, why);
}

int minisign_read_secret(const char *text, size_t len, struct minisign_secret *ret,
			 const char **why)
{
	struct lines l = { text, text + len };
	uint8_t blob[SECRET_BLOB];
	int err = read_comment(&l, why);

	if (!err)
		err = read_blob(&l, blob, sizeof(blob), why);
	if (!err && l.at != l.end)
		err = fail(why, "something follows the key");
	if (!err)
		err = take_secret(blob, ret, why);
	OPENSSL_cleanse(blob, sizeof(blob));
	return err;
}

static int hash(const void *data, size_t len, uint8_t out[HASH])
{
	unsigned int size = 0;

	if (EVP_Digest(data, len, out, &size, EVP_blake2b512(), NULL) != 1 || size != HASH)
		return -ENOTSUP;
	return 0;
}

static int check(const struct minisign_key *key, const uint8_t *signature, const void *data,
		 size_t len)
{
	CLEANUP(pkey_freep) EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, key->public, sizeof(key->public));
	CLEANUP(context_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx)
		return -ENOMEM;
	if (!pkey || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) != 1)
		return -ENOTSUP;
	return EVP_DigestVerify(ctx, signature, MINISIGN_SIGNATURE, data, len) == 1 ? 0 : -EBADMSG;
}

/* What the second signature is over: the first one and the comment. */
struct sealed {
	uint8_t bytes[MINISIGN_SIGNATURE + MINISIGN_COMMENT_MAX];
	size_t len;
};

static void seal(struct sealed *s, const uint8_t *signature, const char *comment)
{
	size_t len = strlen(comment);

	memcpy(s->bytes, signature, MINISIGN_SIGNATURE);
	memcpy(s->bytes + MINISIGN_SIGNATURE, comment, len);
	s->len = MINISIGN_SIGNATURE + len;
}

int minisign_verify(const struct minisign_key *key, const struct minisign_signature *s,
		    const void *data, size_t len)
{
	struct sealed sealed;
	uint8_t digest[HASH];
	int err = 0;

	if (memcmp(key->id, s->id, sizeof(key->id)) != 0)
		return -ENOKEY;
	if (s->is_prehashed) {
		err = hash(data, len, digest);
		data = digest;
		len = sizeof(digest);
	}
	if (!err)
		err = check(key, s->data, data, len);
	if (err)
		return err;
	seal(&sealed, s->data, s->comment);
	return check(key, s->global, sealed.bytes, sealed.len);
}

static int sign(EVP_PKEY *key, const void *data, size_t len, uint8_t out[MINISIGN_SIGNATURE])
{
	CLEANUP(context_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = MINISIGN_SIGNATURE;

	if (!ctx)
		return -ENOMEM;
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, out, &size, data, len) != 1 || size != MINISIGN_SIGNATURE)
		return -ENOTSUP;
	return 0;
}

static void add_base64(struct buf *out, const uint8_t *bytes, size_t len)
{
	char text[4 * ((SIGNATURE_BLOB + 2) / 3) + 1];

	base64_encode(bytes, len, text);
	buf_add_str(out, text);
	buf_add_char(out, '\n');
}

int minisign_sign(const struct minisign_secret *secret, const void *data, size_t len,
		  const char *comment, struct buf *out)
{
	CLEANUP(pkey_freep) EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, secret->seed, sizeof(secret->seed));
	uint8_t digest[HASH], blob[SIGNATURE_BLOB] = "ED", global[MINISIGN_SIGNATURE];
	uint8_t *signature = blob + ALGORITHM + MINISIGN_ID;
	struct sealed sealed;
	int err = key ? hash(data, len, digest) : -ENOTSUP;

	if (strlen(comment) >= MINISIGN_COMMENT_MAX)
		return -E2BIG;
	memcpy(blob + ALGORITHM, secret->key.id, MINISIGN_ID);
	if (!err)
		err = sign(key, digest, sizeof(digest), signature);
	if (err)
		return err;
	seal(&sealed, signature, comment);
	err = sign(key, sealed.bytes, sealed.len, global);
	if (err)
		return err;
	buf_add_str(out, UNTRUSTED "signature of a weir bundle\n");
	add_base64(out, blob, sizeof(blob));
	buf_addf(out, TRUSTED "%s\n", comment);
	add_base64(out, global, sizeof(global));
	return out->err;
}

/* A little-endian number, in capitals. */
void minisign_format_id(const uint8_t id[MINISIGN_ID], char out[MINISIGN_ID_TEXT])
{
	for (int i = 0; i < MINISIGN_ID; i++)
		snprintf(out + 2 * i, 3, "%02X", id[MINISIGN_ID - 1 - i]);
}
