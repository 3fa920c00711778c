// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammars of values. Each answers with the end of a sentence that
 * begins with the value, so that a message needs no second table.
 */
#include "catalog/value.h"

#include <stddef.h>
#include <string.h>

#include "base/prefix.h"
#include "base/scalar.h"
#include "catalog/place.h"
#include "catalog/ports.h"

#define EMPTY_SHA256 \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool is_alnum(char c)
{
	return is_one_of(c, lower) || is_one_of(c, upper) ||
	       is_one_of(c, digits);
}

/* Nothing but letters, digits and @extra? */
static bool is_made_of(const char *value, const char *extra)
{
	for (; *value; value++)
		if (!is_alnum(*value) && !is_one_of(*value, extra))
			return false;
	return true;
}

static void to_lower(char *value)
{
	for (; *value; value++)
		if (*value >= 'A' && *value <= 'Z')
			*value = (char)(*value - 'A' + 'a');
}

static bool is_hex(char *value)
{
	to_lower(value);
	return strspn(value, "0123456789abcdef") == strlen(value);
}

static const char *check_sha256(char *value)
{
	if (strlen(value) != 64 || !is_hex(value))
		return "is not 64 hexadecimal digits";
	if (!strcmp(value, EMPTY_SHA256))
		return "is the hash of the empty file";
	return NULL;
}

static const char *check_build_id(char *value)
{
	size_t len = strlen(value);

	if (len < 16 || len > 128 || len % 2 || !is_hex(value))
		return "is not 16 to 128 hexadecimal digits, an even number";
	if (strspn(value, "0") == len)
		return "is all zeros";
	return NULL;
}

static const char *check_dir(char *value)
{
	const char *why = place_complaint(value);

	if (!why && value[strlen(value) - 1] != '/')
		why = "does not end in /, as a dir must";
	return why ? why : place_scope_complaint(value);
}

static const char *check_path(char *value)
{
	const char *why = place_complaint(value);

	if (!why)
		why = place_scope_complaint(value);
	if (!why && value[strlen(value) - 1] == '/')
		why = "ends in /; that would be a dir";
	return why;
}

/* Evidence only, never a key: the form is enough. */
static const char *check_place(char *value)
{
	return place_complaint(value);
}

static const char *check_socket(char *value)
{
	/* "@" is how the abstract ones are written. */
	return *value == '@' ? NULL : place_complaint(value);
}

static const char *check_soname(char *value)
{
	if (strlen(value) > 255 || !is_made_of(value, "._+-"))
		return "is not a file name of a library";
	if (!strstr(value, ".so"))
		return "has no .so in it";
	return NULL;
}

static const char *check_elf_string(char *value)
{
	/* Shorter ones are found by chance in any large binary. */
	return strlen(value) < 8 ? "is shorter than 8 bytes" : NULL;
}

static const char *check_deb(char *value)
{
	if (strlen(value) < 2 || strlen(value) > 128 ||
	    !(is_one_of(*value, lower) || is_one_of(*value, digits)) ||
	    strpbrk(value, upper) || !is_made_of(value, "+.-"))
		return "is not a Debian package name";
	return NULL;
}

static const char *check_rpm(char *value)
{
	if (strlen(value) > 128 || !(is_alnum(*value) || *value == '_') ||
	    !is_made_of(value, "._+-"))
		return "is not an RPM package name";
	return NULL;
}

static const char *check_unit(char *value)
{
	static const char *const suffixes[] = {
		".service", ".socket", ".target",  ".timer",  ".path",	".mount",
		".automount", ".slice", ".scope", ".device", ".swap",
	};
	size_t i, len = strlen(value);

	if (len > 255 || !is_made_of(value, ":-_.\\@"))
		return "is not a systemd unit name";
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t tail = strlen(suffixes[i]);

		if (len > tail && !strcmp(value + len - tail, suffixes[i]))
			return NULL;
	}
	return "has no suffix of a systemd unit, such as .service";
}

/* The kernel shows "_" whatever the file is called. */
static const char *check_module(char *value)
{
	/* MODULE_NAME_LEN is 64 less a long, with its NUL. */
	if (strlen(value) > 55 || !is_made_of(value, "_-*"))
		return "is not the name of a kernel module";
	/* Some vendors put a version into the name; never only that. */
	if (strcspn(value, "*") < 4 && strchr(value, '*'))
		return "has a * before its fifth letter: too wide";
	for (; *value; value++)
		if (*value == '-')
			*value = '_';
	return NULL;
}

/* Known wherever it lies, so it must be no common word with a star. */
static const char *check_file_name(char *value)
{
	if (strlen(value) > 255 || strchr(value, '/'))
		return "is not the name of a file";
	if (strcspn(value, "*") < 4 && strchr(value, '*'))
		return "has a * before its fifth letter: too wide";
	return NULL;
}

/* The repository alone: an image has as many tags as it has builds. */
static const char *check_image(char *value)
{
	const char *tag = strrchr(value, ':');

	if (!is_made_of(value, "._/:*-") || strlen(value) > 255)
		return "is not the name of a container image";
	if (tag && !strchr(tag, '/'))
		return "has a tag; it means every build of the image without one";
	if (strlen(value) < 4)
		return "is shorter than 4 bytes";
	return NULL;
}

static const char *check_cidr(char *value)
{
	const char *why = NULL;
	struct prefix p;

	return prefix_parse(value, &p, &why) ? why : NULL;
}

static const char *label_complaint(const char *label, size_t len)
{
	if (!len || len > 63)
		return "has a label that is empty or longer than 63";
	if (label[0] == '-' || label[len - 1] == '-')
		return "has a label that begins or ends with -";
	return NULL;
}

static const char *check_domain(char *value)
{
	const char *p = value, *why = NULL;

	to_lower(value);
	if (strchr(value, '*'))
		return "holds *; a domain means the name and all below it";
	if (!is_made_of(value, "-."))
		return "is not letters, digits and hyphens (IDN as xn--)";
	if (strlen(value) > 253)
		return "is longer than 253 bytes";
	if (!strchr(value, '.'))
		return "has only one label";
	for (; !why; p++) {
		size_t len = strcspn(p, ".");

		why = label_complaint(p, len);
		if (!p[len])
			break;
		p += len;
	}
	if (!why && strspn(p, digits) == strlen(p))
		return "ends in a number: an address is a cidr";
	return why;
}

static const char *check_comm(char *value)
{
	return strlen(value) > 15 ? "is longer than the kernel's 15 bytes" :
				    NULL;
}

static const char *check_port(char *value)
{
	struct port_range range;

	return port_range_parse(value, &range) ? "is not like tcp/443" : NULL;
}

static const char *check_asn(char *value)
{
	size_t len = strlen(value);

	if (len < 3 || len > 12 || strncmp(value, "AS", 2) != 0 ||
	    strspn(value + 2, digits) != len - 2)
		return "is not like AS64500";
	return NULL;
}

/* What has no line here is any text. */
static const char *(*const checks[IND_KIND_MAX])(char *value) = {
	[IND_DIR] = check_dir,
	[IND_PATH] = check_path,
	[IND_SHA256] = check_sha256,
	[IND_BUILD_ID] = check_build_id,
	[IND_SONAME] = check_soname,
	[IND_NEEDED] = check_soname,
	[IND_ELF_STRING] = check_elf_string,
	[IND_DEB] = check_deb,
	[IND_RPM] = check_rpm,
	[IND_UNIT] = check_unit,
	[IND_MODULE] = check_module,
	[IND_CIDR] = check_cidr,
	[IND_DOMAIN] = check_domain,
	[IND_COMM] = check_comm,
	[IND_CONFIG] = check_place,
	[IND_LOG] = check_place,
	[IND_DATA_DIR] = check_place,
	[IND_PORT] = check_port,
	[IND_LISTEN] = check_port,
	[IND_ASN] = check_asn,
	[IND_SYSV_INIT] = check_place,
	[IND_UNIX_SOCKET] = check_socket,
	[IND_DEVICE] = check_place,
	[IND_CONTAINER_IMAGE] = check_image,
	[IND_FILE_NAME] = check_file_name,
};

const char *value_complaint(enum indicator_kind kind, char *value)
{
	if (kind != IND_PATH && kind != IND_DIR &&
	    strlen(value) > SCALAR_TEXT_MAX)
		return "is longer than 1024 bytes";
	return checks[kind] ? checks[kind](value) : NULL;
}
