/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files in which a host says how people log in, read for the programs
 * and libraries that they name.
 *
 * Their own readers are stricter or laxer than we are; where in doubt a name
 * is taken, as a superfluous member only makes the guard larger. Service
 * accounts' shells are not taken: a vendor's account with a vendor's shell
 * must not shield the vendor's software.
 */
#ifndef WEIR_INVENTORY_LOGIN_H
#define WEIR_INVENTORY_LOGIN_H

#include "inventory/members.h"

int login_members(int root_fd, member_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_LOGIN_H */
