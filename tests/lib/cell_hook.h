/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a test that asks a cell, itself or through what it tests: the cell's
 * child is the program that is running, so it is this test once more. To be
 * included by the one file that has main().
 */
#ifndef WEIR_TESTS_CELL_HOOK_H
#define WEIR_TESTS_CELL_HOOK_H

#include <string.h>

#include "parse/cell.h"

__attribute__((constructor)) static void be_the_child(int argc, char **argv)
{
	if (argc && !strcmp(argv[0], CELL_ARGV0))
		cell_main();
}

#endif /* WEIR_TESTS_CELL_HOOK_H */
