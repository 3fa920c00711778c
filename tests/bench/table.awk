# SPDX-License-Identifier: GPL-2.0-only
# Samples (name,unit,side,value) in, one line per name out. The ratio is the
# median of those of the pairs: what drifts, drifts in both.

function sort_into(prefix, cnt, to,    i, k, v)
{
	for (i = 1; i <= cnt; i++) {
		v = value[prefix, i]
		for (k = i - 1; k > 0 && to[k] > v; k--)
			to[k + 1] = to[k]
		to[k + 1] = v
	}
}

function at(sorted, cnt, part,    pos, low)
{
	pos = 1 + (cnt - 1) * part
	low = int(pos)
	return low >= cnt ? sorted[cnt] : sorted[low] + (pos - low) * (sorted[low + 1] - sorted[low])
}

function number(v)
{
	if (v == int(v))
		return sprintf("%d", v)
	return sprintf(v >= 100 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", v)
}

function bar_of(name,    i, stem)
{
	for (i = 1; i <= bar_cnt; i++) {
		stem = bar_name[i]
		if (sub(/\*$/, "", stem) ? index(name, stem) == 1 : name == stem)
			return i
	}
	return 0
}

# By the middle half: a bar that lies inside it cannot be told from noise.
function verdict_of(low, high, limit)
{
	return high <= limit ? "met" : low > limit ? "MISSED" : "within spread"
}

# Sets ratio_low and ratio_high as well.
function pair_ratio(name, cnt,    i)
{
	for (i = 1; i <= cnt; i++)
		value[name, "ratio", i] = value[name, "weir", i] / value[name, "base", i]
	split("", sorted)
	sort_into(name SUBSEP "ratio", cnt, sorted)
	ratio_low = at(sorted, cnt, 0.25)
	ratio_high = at(sorted, cnt, 0.75)
	return at(sorted, cnt, 0.5)
}

function print_row(name,    cnt, base_cnt, median, low, high, base, ratio, b, limit, verdict, words)
{
	cnt = count[name, "weir"]
	base_cnt = count[name, "base"]
	split("", sorted)
	sort_into(name SUBSEP "weir", cnt, sorted)
	median = at(sorted, cnt, 0.5)
	low = at(sorted, cnt, 0.25)
	high = at(sorted, cnt, 0.75)
	base = ratio = ""
	if (base_cnt) {
		split("", sorted)
		sort_into(name SUBSEP "base", base_cnt, sorted)
		base = number(at(sorted, base_cnt, 0.5))
		ratio = pair_ratio(name, cnt < base_cnt ? cnt : base_cnt)
	}
	b = bar_of(name)
	words = verdict = ""
	if (b) {
		words = bar_words[b]
		limit = bar_limit[b] + 0
		verdict = verdict_of(low, high, limit)
		if (bar_column[b] == "ratio")
			verdict = verdict_of(ratio_low, ratio_high, limit)
	}
	printf "%-52s %-7s %3d %9s %9s..%-9s %8s %6s  %-18s %s\n", name, unit[name], cnt,
	       number(median), number(low), number(high), base,
	       ratio == "" ? "" : sprintf("%.3f", ratio), words, verdict
}

BEGIN {
	FS = ","
	while ((getline line < bars) > 0) {
		if (line ~ /^#/ || split(line, part, "|") != 4)
			continue
		bar_cnt++
		bar_name[bar_cnt] = part[1]
		bar_column[bar_cnt] = part[2]
		bar_limit[bar_cnt] = part[3]
		bar_words[bar_cnt] = part[4]
	}
	printf "%-52s %-7s %3s %9s %9s..%-9s %8s %6s  %-18s %s\n", "name", "unit", "n", "median",
	       "p25", "p75", "base", "ratio", "bar", "met"
}

NF == 4 {
	if (!($1 in unit))
		order[++names] = $1
	unit[$1] = $2
	value[$1, $3, ++count[$1, $3]] = $4 + 0
}

END {
	for (i = 1; i <= names; i++)
		print_row(order[i])
}
