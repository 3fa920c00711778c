/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weir explain: which rule decides, and on which evidence.
 */
#ifndef WEIR_CMD_EXPLAIN_H
#define WEIR_CMD_EXPLAIN_H

/*
 * argv[0] is the verb. Returns the exit code: 0 nothing is known against it, 1
 * it is listed, 2 usage, policy or catalogue, 4 something could not be read.
 */
int cmd_explain(int argc, char **argv);

#endif /* WEIR_CMD_EXPLAIN_H */
