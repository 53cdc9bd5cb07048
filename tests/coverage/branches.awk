# branches.awk LEFT_OUT GCOV - GCOV: what `gcov -b -c -t` said of many objects.  A branch of an inline function of a
# header is taken when it is in one of them.

FILENAME == ARGV[1] {
	if ($0 !~ /^#/ && NF) {
		rule[++rules] = $1
		text = $0
		sub(/^[a-z]+[ \t]+/, "", text)
		regex[rules] = text
	}
	next
}
/^ *-: *0:Source:/ {
	file = $0
	sub(/.*Source:/, "", file)
	at = match(file, /lib\/[a-z]+\/[a-z0-9_]+\.[ch]$/)
	file = at ? substr(file, at) : ""
	next
}
/^ *[-0-9#=*]+: *[0-9]+:/ {
	split($0, part, ":")
	line = part[2] + 0
	text = $0
	sub(/^[^:]*:[^:]*:/, "", text)
	source[file, line] = text
	n = 0
	next
}
/^branch/ && file != "" {
	branch = file SUBSEP line SUBSEP n++
	if (!(branch in taken)) {
		order[++branches] = branch
		taken[branch] = 0
	}
	if ($0 ~ /taken [1-9]/)
		taken[branch] = 1
}
END {
	for (i = 1; i <= branches; i++) {
		split(order[i], part, SUBSEP)
		room = part[1]
		sub(/^lib\//, "", room)
		sub(/\/.*/, "", room)
		text = source[part[1], part[2]]
		why = ""
		for (r = 1; r <= rules && !taken[order[i]]; r++)
			if (why == "" && text ~ regex[r])
				why = rule[r]
		if (why != "") {
			out[room]++
			left[why]++
			continue
		}
		all[room]++
		hit[room] += taken[order[i]]
		if (!taken[order[i]] && list != "")
			print part[1] ":" part[2] ":" part[3] ":" text >list
	}
	for (i = split(rooms, name, " "); i > 0; i--)
		if (!(name[i] in all)) {
			print "coverage: nothing was seen of " name[i]
			bad = 1
		}
	for (i = 1; i in name; i++) {
		rate = all[name[i]] ? 100 * hit[name[i]] / all[name[i]] : 0
		printf "  %-9s %5.1f %%   %4d of %4d branches, %d left out\n", name[i], rate, hit[name[i]], all[name[i]], out[name[i]]
		bad += rate < 95
		total += all[name[i]]
		total_hit += hit[name[i]]
	}
	for (r = 1; r <= rules; r++)
		printf "  left out: %d, %s\n", left[rule[r]], rule[r]
	printf "coverage: %.1f %% of %d branches\n", total ? 100 * total_hit / total : 0, total
	if (bad)
		print "coverage: each room needs 95 %; LIST=FILE make coverage writes down what is missing"
	exit bad > 0
}
