// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the catalogue, by number and by name.
 */
#include "catalog/kind.h"

#include <string.h>


const char *const kind_names[IND_KIND_MAX] = {
	[IND_DIR] = "dir",
	[IND_PATH] = "path",
	[IND_SHA256] = "sha256",
	[IND_BUILD_ID] = "build-id",
	[IND_SONAME] = "soname",
	[IND_NEEDED] = "needed",
	[IND_ELF_STRING] = "elf-string",
	[IND_DEB] = "deb",
	[IND_RPM] = "rpm",
	[IND_UNIT] = "unit",
	[IND_MODULE] = "module",
	[IND_CIDR] = "cidr",
	[IND_DOMAIN] = "domain",
	[IND_COMM] = "comm",
	[IND_CONFIG] = "config",
	[IND_LOG] = "log",
	[IND_DATA_DIR] = "data-dir",
	[IND_INSTALLER] = "installer",
	[IND_CONTAINER_IMAGE] = "container-image",
	[IND_INTERFACE] = "interface",
	[IND_USER] = "user",
	[IND_PORT] = "port",
	[IND_LISTEN] = "listen",
	[IND_ASN] = "asn",
	[IND_SYMBOL] = "symbol",
	[IND_SYSV_INIT] = "sysv-init",
	[IND_UNIX_SOCKET] = "unix-socket",
	[IND_DEVICE] = "device",
	[IND_ENV] = "env",
	[IND_ARGV] = "argv",
	[IND_CA_CERTIFICATE] = "ca-certificate",
	[IND_PACKAGE_VENDOR] = "package-vendor",
	[IND_K8S_OBJECT] = "k8s-object",
	[IND_FILE_NAME] = "file-name",
};

/* FAMILY_NAME is 0: what has no line here is a name. */
static const uint8_t families[IND_KIND_MAX] = {
	[IND_DIR] = FAMILY_PLACE,	    [IND_PATH] = FAMILY_PLACE,
	[IND_CONFIG] = FAMILY_PLACE,	    [IND_LOG] = FAMILY_PLACE,
	[IND_DATA_DIR] = FAMILY_PLACE,	    [IND_UNIX_SOCKET] = FAMILY_PLACE,
	[IND_DEVICE] = FAMILY_PLACE,	    [IND_SHA256] = FAMILY_CONTENT,
	[IND_BUILD_ID] = FAMILY_CONTENT,    [IND_SONAME] = FAMILY_CONTENT,
	[IND_NEEDED] = FAMILY_CONTENT,	    [IND_ELF_STRING] = FAMILY_CONTENT,
	[IND_SYMBOL] = FAMILY_CONTENT,	    [IND_CA_CERTIFICATE] = FAMILY_CONTENT,
	[IND_CIDR] = FAMILY_NETWORK,	    [IND_DOMAIN] = FAMILY_NETWORK,
	[IND_PORT] = FAMILY_NETWORK,	    [IND_LISTEN] = FAMILY_NETWORK,
	[IND_ASN] = FAMILY_NETWORK,	    [IND_INTERFACE] = FAMILY_NETWORK,
};

const char *const class_names[CLASS_MAX] = {
	[CLASS_VENDOR_PRODUCT] = "vendor_product",
	[CLASS_VENDOR_OSS_IN_DISTRO] = "vendor_oss_in_distro",
	[CLASS_KERNEL_MAINLINE_CONTRIB] = "kernel_mainline_contrib",
	[CLASS_THIRD_PARTY_CLIENT] = "third_party_client",
	[CLASS_THIRD_PARTY_PARSER] = "third_party_parser",
	[CLASS_VENDOR_SDK_IN_APP] = "vendor_sdk_in_app",
	[CLASS_FORMER_VENDOR_PRODUCT] = "former_vendor_product",
	[CLASS_OEM_EMBEDDED] = "oem_embedded",
	[CLASS_DESTINATION_ONLY] = "destination_only",
	[CLASS_SHARED_INFRASTRUCTURE] = "shared_infrastructure",
	[CLASS_INVENTORY_SHIM] = "inventory_shim",
	[CLASS_NAME_COLLISION] = "name_collision",
};

const char *indicator_kind_name(enum indicator_kind kind)
{
	return kind_names[kind];
}

enum indicator_family indicator_family_of(enum indicator_kind kind)
{
	return families[kind];
}

const char *product_class_name(enum product_class class)
{
	return class_names[class];
}

bool product_class_find(const char *name, enum product_class *ret)
{
	unsigned int i;

	for (i = 0; i < CLASS_MAX; i++) {
		if (strcmp(class_names[i], name) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}
