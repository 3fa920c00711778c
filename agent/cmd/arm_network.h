/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before an arm: would it cut the network that this host, or whoever arms it,
 * depends on? Asked of the list that the agent keeps, with the agent stopped
 * as well.
 */
#ifndef WEIR_CMD_ARM_NETWORK_H
#define WEIR_CMD_ARM_NETWORK_H

/*
 * @product: NULL for all; @catalog: NULL for the default. EXIT_FINE, or
 * EXIT_CANNOT having said why and what to do. What is only not known is warned
 * of.
 */
int arm_network_check(const char *product, const char *catalog);

#endif /* WEIR_CMD_ARM_NETWORK_H */
