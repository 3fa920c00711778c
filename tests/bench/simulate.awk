# SPDX-License-Identifier: GPL-2.0-only
# From one recorded exec (the last line read) to -v events=N of them: other times,
# processes, users, units and files. One in ten is of unlisted software, one in a
# hundred thousand is damaged.

{ template = $0 }

# What changes is put between pieces that stay: formatting is all there is per line.
END {
	gsub(/%/, "%%", template)
	sub(/"sequence":[0-9]+/, "\"sequence\":%d", template)
	sub(/"time":[0-9]+/, "\"time\":%.0f", template)
	gsub(/"uid":"1000"/, "\"uid\":\"1000\"", template)
	sub(/"actor":\{"process":\{"pid":812/, "\"actor\":{\"process\":{\"pid\":%d", template)
	sub(/},"user":{"uid":"1000"}},"launch/, "},\"user\":{\"uid\":\"%d\"}},\"launch", template)
	sub(/"path":"\/opt\/examplewall\/agent"/, "\"path\":\"/opt/examplewall/tool%d\"", template)
	sub(/"cgroup":/, "\"unit\":\"ew-%d.service\",\"cgroup\":", template)
	unlisted = template
	sub(/"product":"examplewall\/agent","vendor":"examplewall",/, "", unlisted)
	for (i = 0; i < events; i++) {
		line = sprintf(i % 10 == 3 ? unlisted : template, i, 1795000000000 + i * 700,
			       1000 + i % 30000, 1000 + i % 7, i % 40, i % 20)
		print i % 100000 == 99999 ? substr(line, 1, 700) : line
	}
}
