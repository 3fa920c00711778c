/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of vendors, products, directives, policies and exemptions, and the
 * patterns that hosts are named by.
 */
#ifndef WEIR_BASE_NAME_H
#define WEIR_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* [a-z0-9][a-z0-9._-]{0,63} */
bool name_is_valid(const char *text, size_t len);

/* Two names with one "/" between them. */
bool name_is_product(const char *text, size_t len);

/*
 * A service as systemd names it, "ew@1.service", and nothing that a command could
 * take for anything else.
 */
bool name_is_service(const char *text, size_t len);

/* Does @text match @pattern, where "*" is any run and "?" any one character? */
bool name_matches(const char *pattern, const char *text);

#endif /* WEIR_BASE_NAME_H */
