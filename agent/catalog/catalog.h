/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The catalogue in memory: vendors, their products, their indicators, the
 * directives that name them and the confusables that must not match.
 *
 * Pure: it is built from bytes that the caller has read, and owns all it
 * points to (one arena). Order is file order; an indicator's index in
 * catalog.indicators is its "evidence" number in the kernel's tables, stable
 * for the life of one catalogue. A million indicators are a supported size:
 * one costs sizeof(struct indicator) and its text.
 */
#ifndef WEIR_CATALOG_CATALOG_H
#define WEIR_CATALOG_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum indicator_kind {
	IND_DIR,
	IND_PATH,
	IND_SHA256,
	IND_BUILD_ID,
	IND_SONAME,
	IND_NEEDED,
	IND_ELF_STRING,
	IND_DEB,
	IND_RPM,
	IND_UNIT,
	IND_MODULE,
	IND_CIDR,
	IND_DOMAIN,
	/* From here on not sufficient alone unless the file says so. */
	IND_COMM,
	IND_CONFIG,
	IND_LOG,
	IND_DATA_DIR,
	IND_INSTALLER,
	IND_CONTAINER_IMAGE,
	IND_INTERFACE,
	IND_USER,
	IND_PORT,
	IND_LISTEN,
	IND_ASN,
	IND_SYMBOL,
	IND_SYSV_INIT,
	IND_UNIX_SOCKET,
	IND_DEVICE,
	IND_ENV,
	IND_ARGV,
	IND_CA_CERTIFICATE,
	IND_PACKAGE_VENDOR,
	IND_K8S_OBJECT,
	IND_FILE_NAME,
	IND_KIND_MAX,
};

/* Insufficient indicators count by family; two families make a finding. */
enum indicator_family { FAMILY_NAME, FAMILY_PLACE, FAMILY_CONTENT, FAMILY_NETWORK, FAMILY_MAX };

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH, CONFIDENCE_MAX };

enum product_class {
	CLASS_VENDOR_PRODUCT,
	CLASS_VENDOR_OSS_IN_DISTRO,
	CLASS_KERNEL_MAINLINE_CONTRIB,
	CLASS_THIRD_PARTY_CLIENT,
	CLASS_THIRD_PARTY_PARSER,
	CLASS_VENDOR_SDK_IN_APP,
	CLASS_FORMER_VENDOR_PRODUCT,
	CLASS_OEM_EMBEDDED,
	CLASS_DESTINATION_ONLY,
	CLASS_SHARED_INFRASTRUCTURE,
	CLASS_INVENTORY_SHIM,
	CLASS_NAME_COLLISION,
	CLASS_MAX,
};

struct port_range {
	uint16_t first, last; /* host byte order */
	uint8_t protocol;     /* IPPROTO_TCP, _UDP, _SCTP */
};

struct indicator {
	const char *value; /* in its one spelling: hex and domains in lower case,
			      modules with "_", prefixes as inet_ntop() has it */
	const char *source, *note; /* NULL when absent */
	const struct port_range *ports; /* cidr only; NULL: any */
	uint64_t size;	  /* sha256 only; 0: unknown */
	uint32_t product; /* index in catalog.products */
	uint32_t line;	  /* in the product's vendor file */
	uint8_t kind;	  /* enum indicator_kind */
	uint8_t confidence;
	uint8_t port_cnt;
	bool sufficient;
	bool exact; /* domain: this name only */
	bool is_young; /* watched first: its confidence is lowered meanwhile */
	uint16_t col; /* of the value; beside line */
};

struct ownership {
	const char *name, *note;
	int64_t from, until; /* seconds since the epoch, INT64_MIN/MAX: open */
};

struct product {
	const char *id; /* "vendor/product"; of vendor-wide indicators the vendor's id */
	const char *name, *note;
	const char *remove_cmd, *remove_note, *risk_note;
	const char *const *remove_paths; /* NULL-terminated */
	const char *const *restarts;	 /* NULL-terminated */
	const char *const *confused_with; /* ids; of a confusable, else NULL */
	const char *source;		 /* of a confusable */
	struct ownership owner;
	uint32_t vendor; /* index in catalog.vendors */
	uint32_t first_indicator, indicator_cnt;
	uint8_t class;	 /* enum product_class */
	bool security_product;
	bool login_path;
	int8_t fails_closed; /* 1, 0, -1: unknown */
	bool confusable; /* a negative entry: says what it is not */
};

struct vendor {
	const char *id, *name, *note, *file;
	const char *const *aliases; /* NULL-terminated; NULL: none */
	struct ownership owner;
	bool confusables; /* no vendor: the file that holds confusables */
};

struct directive_vendor {
	const char *vendor; /* id */
	const char *note;
	uint32_t line, col;
	bool reported; /* observed, never enforced by the directive */
};

struct directive {
	const char *id, *title, *file, *note;
	const char *const *sources; /* NULL-terminated; NULL: none */
	int64_t issued;
	const struct directive_vendor *vendors;
	uint32_t vendor_cnt;
};

struct catalog {
	struct vendor *vendors;
	struct product *products; /* confusables are products too */
	struct indicator *indicators;
	struct directive *directives;
	uint32_t vendor_cnt, product_cnt, indicator_cnt, directive_cnt;
	struct catalog_store *store; /* private */
};

/*
 * What a file is, told by its first key. Of DOC_UNKNOWN, catalog_add() tells
 * what is wrong with it.
 */
enum doc_kind { DOC_UNKNOWN, DOC_VENDOR, DOC_DIRECTIVE, DOC_CONFUSABLES, DOC_POLICY };
enum doc_kind doc_kind_of(const char *text, size_t len);

/* On success the caller owns *ret, to be given to catalog_free(). */
int catalog_new(struct catalog **ret);
struct catalog *catalog_free(struct catalog *c); /* returns NULL; takes NULL */
void catalog_freep(struct catalog **c);

/*
 * Adds one vendor, directive or confusables file to @c. 0, or -EINVAL with @d
 * filled and @c as it was before, or -ENOMEM.
 */
int catalog_add(struct catalog *c, const char *file, const char *text,
		size_t len, struct diag *d);

/*
 * To be called once after the last catalog_add(): checks what only the whole
 * can show (shared sufficient indicators, directives naming an absent vendor).
 */
int catalog_seal(struct catalog *c, struct diag *d);

/*
 * NULL: not found. A product's @id is "vendor/product", or the vendor's id for
 * its vendor-wide indicators. Confusables are no vendors and not found.
 */
const struct product *catalog_product(const struct catalog *c, const char *id);
const struct vendor *catalog_vendor(const struct catalog *c, const char *id);
const struct directive *catalog_directive(const struct catalog *c, const char *id);

/* Nearest known id for "did you mean", or NULL when none is near. */
const char *catalog_suggest(const struct catalog *c, const char *id);

/* The file and line of an indicator, for messages. */
const char *indicator_file(const struct catalog *c, const struct indicator *ind);

const char *indicator_kind_name(enum indicator_kind kind);
enum indicator_family indicator_family_of(enum indicator_kind kind);
const char *product_class_name(enum product_class class);
bool product_class_find(const char *name, enum product_class *ret);

#endif /* WEIR_CATALOG_CATALOG_H */
