// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the exec loops start: a static program that ends at once. The room makes
 * its size one that no fixture has, for a file whose size is listed is hashed.
 */
static const volatile char room[54321] = { 1 };

int main(void)
{
	return room[1];
}
