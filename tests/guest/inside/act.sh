#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs INSIDE the guest of 78-rehearsal.t: runs FILE so many times, or has it
# mapped into a program that is nobody's. What comes of it does not matter here.

what=$1 file=$2 times=$3
while [ "$times" -gt 0 ]; do
	times=$((times - 1))
	case $what in
	run) "$file" ;;
	map) LD_PRELOAD=$file jq -nM 1 ;;
	esac
done
