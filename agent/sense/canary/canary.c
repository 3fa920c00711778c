// SPDX-License-Identifier: GPL-2.0-only
/*
 * The canary: the file that proves the gates. It says on descriptor 1 that it
 * ran, which is what a gate that works prevents.
 */
#include <unistd.h>

int main(void)
{
	return write(1, "R", 1) == 1 ? 0 : 1;
}
