/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object as the agent carries it, once for current kernels and once
 * for those before 5.17.
 */
	.section .rodata
	.macro object name, file
	.global weir_\name, weir_\name\()_end
	.balign 8
weir_\name:
	.incbin "\file"
weir_\name\()_end:
	.endm

	object object, "weir.bpf.o"
	object floor_object, "weir.floor.bpf.o"

	.section .note.GNU-stack, "", %progbits
