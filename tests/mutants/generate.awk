# generate.awk FILE... - every mutant of some C files laid out by our clang-format, a line each:
#
#	KEY FILE FIRST LAST FUNCTION OPERATOR OLD NEW		(fields parted by tabs)
#
# OLD is the statement (or the head of a block) on lines FIRST to LAST, its blanks squeezed; NEW takes its place.
# KEY orders the mutants by chance: it depends on -v seed=N and on the mutant's own text, so that a change
# elsewhere in the file does not draw another sample.
#
# Left alone: what judges and is not judged (KIN__CHECK, and the functions in `checks`), texts for people,
# declarations without a value, the preprocessor.  And changes that never change anything: the bound of a counter that
# stops at UINT32_MAX, the bound in `if (a > b) b = a` and in `a > b ? a : b`, one element more of room, a `break` behind
# which the switch ends.

BEGIN {
	FS = "\n"
	for (i = 32; i < 127; i++)
		code[sprintf("%c", i)] = i
	split("check_all check_queue kin__producer_check kin__state_check kin__settled_sound kin__spool_sound", list, " ")
	for (i in list)
		checks[list[i]] = 1
}

function key(text,   i, h)
{
	h = seed % 2147483647 + 1
	for (i = 1; i <= length(text); i++)
		h = (h * 16807 + code[substr(text, i, 1)]) % 2147483647
	return h
}

# Comments and texts become blanks: what is left at a place is code.
function mask(text,   out, i, c, two, inside)
{
	out = ""
	inside = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		two = substr(text, i, 2)
		if (comment) {
			if (two == "*/") {
				comment = 0
				out = out " "
				i++
			}
			out = out " "
		} else if (inside != "") {
			if (c == "\\") {
				out = out " "
				i++
			} else if (c == inside)
				inside = ""
			out = out (inside == "" ? c : " ")
		} else if (two == "/*") {
			comment = 1
			out = out "  "
			i++
		} else {
			if (c == "\"" || c == "'")
				inside = c
			out = out c
		}
	}
	return out
}

function count(text, c)
{
	return gsub("[" c "]", "", text)
}

function emit(operator, new,   text)
{
	if (new == old)
		return
	text = file "\t" function_name "\t" operator "\t" old "\t" new
	if (operator == "bound" && old ~ /^if \([^ ]+ [<>] [^ ]+\)$/) {
		bound = sprintf("%010d\t%s\t%d\t%d\t%s\t%s\t%s\t%s", key(text), file, first, last, function_name, operator, old, new)
		bound_of = old
		return
	}
	made = sprintf("%010d\t%s\t%d\t%d\t%s\t%s\t%s\t%s", key(text), file, first, last, function_name, operator, old, new)
	if (old == "break;")
		broken = made
	else
		print made
}

# The bound of the `if` before this statement: of no use when the statement makes both sides the same.
function flush_bound(   side)
{
	if (bound == "")
		return
	split(bound_of, side, /^if \(| [<>] |\)$/)
	if (old != side[3] " = " side[2] ";" && old != side[2] " = " side[3] ";")
		print bound
	bound = ""
}

# Is the `<` or `>` at `at` the one of a maximum or minimum, `a > b ? a : b`?  With both the same either is right.
function is_choice(at,   left, right, word)
{
	left = substr(code_of, 1, at - 1)
	right = substr(code_of, at + 3)
	gsub(/ +/, " ", right)
	sub(/.*[ (]/, "", left)
	if (!match(right, /^[^ ]+ \? /))
		return 0
	split(right, word, " ")
	sub(/[;,)].*/, "", word[5])
	return word[4] == ":" && ((word[3] == left && word[5] == word[1]) || (word[3] == word[1] && word[5] == left))
}

# A `break` that was held back: of use unless the switch ends behind it, at once or by way of `default: break;`.
function flush_break()
{
	if (code_of == "default:" && broken != "")
		return
	if (broken != "" && !(code_of == "}" && (depth in switches)) && !(code_of == "break;" && before == "default:"))
		print broken
	broken = ""
}

# The statement with `n` characters at `at` replaced.
function changed(at, n, by)
{
	return substr(old, 1, at - 1) by substr(old, at + n)
}

# Where the bracket opened at `at` is closed.
function closes(at,   depth, c)
{
	for (depth = 0; at <= length(code_of); at++) {
		c = substr(code_of, at, 1)
		depth += c == "("
		depth -= c == ")"
		if (depth == 0)
			return at
	}
	return 0
}

function token(at, n, by, operator)
{
	emit(operator, changed(at, n, by))
}

function tokens(   i, c, two, three, before, n, number)
{
	for (i = 1; i <= length(code_of); i++) {
		c = substr(code_of, i, 1)
		two = substr(code_of, i, 2)
		three = substr(code_of, i, 3)
		before = i > 1 ? substr(code_of, i - 1, 1) : " "
		if (two in swap) {
			token(i, 2, swap[two], "operator")
			i++
		} else if (three == " < " || three == " > ") {
			if (substr(code_of, i + 3) !~ /^UINT(32|64)_MAX/ && !is_choice(i))
				token(i, 3, three == " < " ? " <= " : " >= ", "bound")
			token(i, 3, three == " < " ? " >= " : " <= ", "condition")
		} else if (three == " + " || three == " - ")
			token(i, 3, three == " + " ? " - " : " + ", "operator")
		else if (three == " * " || three == " / " || three == " % ")
			token(i, 3, three == " / " ? " * " : " / ", "operator")
		else if (three == " | " || three == " & ")
			token(i, 3, three == " | " ? " & " : " | ", "operator")
		else if (three == " ? ")
			token(i, 3, " == 0 ? ", "condition")
		else if (c == "!" && two != "!=")
			token(i, 1, "", "condition")
		else if (c ~ /[A-Za-z_]/) {
			match(substr(code_of, i), /^[A-Za-z0-9_]+/)
			n = RLENGTH
			if (substr(code_of, i, n) == "true" || substr(code_of, i, n) == "false")
				token(i, n, substr(code_of, i, n) == "true" ? "false" : "true", "value")
			i += n - 1
		} else if (c ~ /[0-9]/) {
			match(substr(code_of, i), /^[0-9A-Za-z_]+/)
			n = RLENGTH
			number = substr(code_of, i, n)
			if (number ~ /^[0-9]+$/ && substr(code_of, i - 2, n + 4) !~ /^{ 0 }/) {
				if (code_of !~ /kin__mem_room\(/ || substr(code_of, i - 3, 3) != " + ")
					token(i, n, number + 1, "value")
				if (number > 0)
					token(i, n, number - 1, "value")
			}
			i += n - 1
		}
	}
}

# A call or an assignment that stands alone, a jump.
function drops()
{
	if (old ~ /^(return|break|continue);$/)
		emit("dropped", ";")
	else if (old ~ /^[*(+-]*[a-z_][A-Za-z0-9_]*(\(|->|\.|\[| [-+*|&^]?= |\+\+|--|;)/ && old ~ /;$/ && code_of !~ /^[a-z_]+ \(/)
		emit("dropped", ";")
}

function heads(   at, end)
{
	if (!match(code_of, /^(} else )?(if|while) \(/) && !match(code_of, /^else if \(/))
		return
	at = RLENGTH
	end = closes(at)
	if (!end)
		return
	if (code_of ~ /while \(/)
		emit("condition", substr(old, 1, at) "0 && (" substr(old, at + 1, end - at - 1) ")" substr(old, end))
	else
		emit("condition", substr(old, 1, at) "!(" substr(old, at + 1, end - at - 1) ")" substr(old, end))
}

# A move taken out of a table of states.
function moves(   rest, at, from)
{
	from = 1
	while (match(substr(code_of, from), /TO\([A-Z_]+\)( \|)?/)) {
		at = from + RSTART - 1
		rest = substr(code_of, at, RLENGTH)
		token(at, RLENGTH, rest ~ /\|$/ ? "" : "0", "move")
		from = at + RLENGTH
	}
}

function statement()
{
	if (code_of ~ /^ *$/ || code_of ~ /KIN__CHECK\(/ || function_name in checks)
		return
	if (function_name == "") {
		if (code_of ~ /TO\([A-Z_]+\)/ && code_of !~ /^#/)
			moves()
		else if (code_of ~ /^enum {/)
			tokens()
		return
	}
	if (old ~ /^case |^default:/)
		return
	heads()
	drops()
	tokens()
}

FNR == 1 {
	file = FILENAME
	comment = depth = held = 0
	function_name = ""
	swap["&&"] = "||"; swap["||"] = "&&"; swap["=="] = "!="; swap["!="] = "=="
	swap["<="] = "<"; swap[">="] = ">"; swap["+="] = "-="; swap["-="] = "+="
	swap["|="] = "&="; swap["&="] = "|="; swap["++"] = "--"; swap["--"] = "++"
	swap["<<"] = ">>"; swap[">>"] = "<<"; swap["->"] = "->" # the last is no operator of ours, nor is its '>'
}

{
	line = $0
	sub(/[ \t]+$/, "", line)
	clean = mask(line)
	if (clean ~ /^#/)
		next
	# A function begins in column one, and so does its brace.
	if (depth == 0 && clean ~ /^[a-z].*[a-z0-9_]\(/) {
		name = clean
		sub(/\(.*/, "", name)
		sub(/.*[^A-Za-z0-9_]/, "", name)
		pending = name
	}
	if (clean == "{" && depth == 0)
		function_name = pending
	if (!held) {
		first = FNR
		old = code_of = ""
	}
	if (held) {
		sub(/^[ \t]+/, "", line)
		sub(/^[ \t]+/, "", clean)
		old = old " "
		code_of = code_of " "
	} else {
		match(clean, /^[ \t]*/)
		line = substr(line, RLENGTH + 1)
		clean = substr(clean, RLENGTH + 1)
	}
	old = old line
	code_of = code_of clean
	sub(/[ \t]+$/, "", code_of)
	old = substr(old, 1, length(code_of))
	last = FNR
	depth += count(clean, "{") - count(clean, "}")
	# Not over before its brackets and the braces of an initializer are closed; outside of functions each line is alone.
	held = function_name != "" && code_of != "" && (count(code_of, "(") > count(code_of, ")") ||
		(code_of ~ /= {|\){/ && count(code_of, "{") > count(code_of, "}")) || code_of !~ /([;{}:)]|else|do)$/)
	if (held)
		next
	gsub(/\t/, " ", old)
	gsub(/\t/, " ", code_of)
	if (code_of != "") {
		flush_bound()
		flush_break()
	}
	if (code_of ~ /^switch \(/)
		switches[depth - 1] = 1
	statement()
	if (code_of == "}")
		delete switches[depth]
	before = code_of
	if (depth == 0)
		function_name = ""
}
