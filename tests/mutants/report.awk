# report.awk JUDGED RESULTS - what became of the mutants.  JUDGED holds blocks of four lines:
#
#	FILE FUNCTION
#	- the statement as it is
#	+ the mutant
#	= why no test could tell them apart
#
# Survivors are printed as such blocks, without the reason.

BEGIN { FS = "\t" }

FILENAME == ARGV[1] {
	if ($0 ~ /^#/ || $0 == "")
		next
	if ($0 ~ /^- /)
		old = substr($0, 3)
	else if ($0 ~ /^\+ /)
		new = substr($0, 3)
	else if ($0 ~ /^= /)
		judged[where "\t" old "\t" new] = 1
	else
		where = $0
	next
}

{
	text = $2 " " $5 "\t" $7 "\t" $8
	n[$9]++
	if ($9 == "not compiling")
		next
	if ($9 != "survived") {
		killed++
		if (text in judged)
			printf "judged the same, and killed all the same: %s %s: %s\n", $2, $5, $8
	} else if (text in judged)
		same++
	else {
		survived++
		printf "%s %s\n- %s\n+ %s\n\n", $2, $5, $7, $8
	}
}

END {
	for (how in n)
		printf "  %5d %s\n", n[how], how
	if (killed + survived == 0) {
		print "mutants: nothing was counted"
		exit 1
	}
	rate = 100 * killed / (killed + survived)
	printf "mutants: %d killed, %d survived, %d judged the same, %d not compiling: %.1f %% killed\n", killed,
		survived, same, n["not compiling"], rate
	if (rate < 90) {
		print "mutants: at least 90 % must be killed"
		exit 1
	}
}
