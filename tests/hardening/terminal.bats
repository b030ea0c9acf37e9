load ../cli/common

# What a person at a terminal sees, and Ctrl-C. The terminal is a pseudo-terminal of script(1).

make_many() {
    python3 - "$1" <<'PY'
import sys
x = 7
with open("many.csv", "w") as f:
    f.write("id,date,category,easting,northing\n")
    for i in range(int(sys.argv[1])):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        f.write(f"m{i},2024-01-{1 + x % 28:02d},C{x % 7},{450000 + (x >> 20) % 9000},{300000 + (x >> 40) % 9000}\n")
PY
}

needs_script() {
    script -qec true /dev/null < /dev/null > /dev/null 2>&1 || skip "no script(1) that makes a terminal"
}

# on_terminal COMMAND: run by a shell on a terminal; file `seen` is what it showed.
on_terminal() {
    script -qec "$1" seen.typescript < /dev/null > seen 2>&1 && code=0 || code=$?
    rm seen.typescript
}

# looks EXPRESSION: Python over `raw`, what was sent, and `lines`, what stands there at the end
looks() {
    python3 - "$1" <<'PY'
import re, sys
raw = open("seen", "rb").read().decode()
lines, line = [], ""
for part in re.split("(\r\n|\r|\033\\[K|\n)", raw):
    if part in ("\r\n", "\n"):
        lines.append(line)
        line = ""
    elif part == "\033[K":
        line = ""
    elif part == "\r":
        pass  # in this command always followed by an erasing
    else:
        line += part
lines.append(line)
if not eval(sys.argv[1]):
    sys.exit("false: %s\nlines: %r\nraw: %r" % (sys.argv[1], lines, raw))
PY
}

@test "a bar moves on a terminal and is gone at the end" {
    needs_script
    make_many 30000
    on_terminal "'$KERB' density many.csv out.tif --cell 20m --pool all"
    [ "$code" -eq 0 ]
    looks '"[====" in raw and "100 %" in raw'
    looks 'not any("%" in l and "[" in l for l in lines) and lines[-1] == ""'
    looks 'any(l.endswith("wrote out.tif") for l in lines)'
}

@test "an error on a terminal stands on a line of its own" {
    needs_script
    make_many 30000
    on_terminal "ulimit -f 200; '$KERB' density many.csv out.tif --cell 20m --pool all"
    [ "$code" -eq 1 ]
    looks '"[====" in raw and [l for l in lines if l] == ["kerb: cannot write out.tif: File too large"]'
    only many.csv seen
}

@test "a reader of a store on a terminal leaves nothing of its progress" {
    needs_script
    make_points
    kerb 0 import points.csv s.sqlite
    on_terminal "'$KERB' beats s.sqlite out.csv --set none"
    [ "$code" -eq 1 ]
    looks 'all(l == "" or l.startswith("kerb: ") for l in lines)'
    on_terminal "'$KERB' density s.sqlite out.tif --cell 20m"
    looks 'not any("reading the store" in l for l in lines)'
}

@test "a log holds no bar and no control characters" {
    make_many 30000
    "$KERB" density many.csv out.tif --cell 20m --pool all > log 2>&1
    [ -s log ]
    [ -z "$(grep $'[\r\033]' log)" ]
    ! grep -q '%' log
    needs_script
    # results on the terminal, the rest in a file: still no bar
    on_terminal "'$KERB' density many.csv out.tif --cell 20m --pool all --overwrite 2> log"
    [ ! -s log ] || ! grep -q $'[\r\033]' log
    looks '"[==" not in raw'
}

@test "-q shows no bar on a terminal" {
    needs_script
    make_many 30000
    on_terminal "'$KERB' density many.csv out.tif --cell 20m --pool all -q"
    [ "$code" -eq 0 ]
    looks 'raw == ""'
}

# interrupt SIGNAL SECONDS ARGS...: start, wait, send; $code is the exit code. A shell without a terminal has its
# background jobs ignore SIGINT; here they are as a person's.
interrupt() {
    local name=$1 delay=$2
    shift 2
    env --default-signal=INT "$KERB" "$@" > said 2>&1 & local pid=$!
    sleep "$delay"
    kill "-$name" "$pid" 2> /dev/null || true
    wait "$pid" && code=0 || code=$?
}

needs_signals() {
    env --default-signal=INT true 2> /dev/null || skip "env cannot give a signal back"
}

# Before kerb listens the signal ends it without a word; afterwards it says so.
was_stopped() {
    [ "$code" -eq 130 ] && { [ ! -s said ] || [ "$(cat said)" = "kerb: stopped on request" ]; }
}

@test "Ctrl-C during an import ends with 130 and no store" {
    needs_signals
    make_many 300000
    n_said=0
    for delay in 0.02 0.05 0.1 0.15 0.2 0.3; do
        interrupt INT "$delay" import many.csv s.sqlite
        was_stopped
        only many.csv said
        [ ! -s said ] || n_said=$((n_said + 1))
    done
    [ "$n_said" -gt 0 ]
    interrupt TERM 0.2 import many.csv s.sqlite
    [ "$code" -eq 130 ] || [ "$code" -eq 143 ]
    only many.csv said
}

@test "Ctrl-C during an append leaves the store as it was" {
    needs_signals
    make_points
    make_many 300000
    kerb 0 import points.csv s.sqlite
    kerb 0 info s.sqlite --digest
    before=$output
    for delay in 0.06 0.1 0.2 0.3; do
        interrupt INT "$delay" import many.csv s.sqlite
        was_stopped
        only many.csv points.csv s.sqlite said
        kerb 0 info s.sqlite --digest
        [ "$output" = "$before" ]
    done
}

@test "Ctrl-C during a map ends with 130 and no file" {
    needs_signals
    make_many 20000
    n_said=0
    # most of this surface is computing, with threads
    for delay in 0.05 0.15 0.3 0.4 0.5; do
        interrupt INT "$delay" density many.csv out.tif --cell 4m --bandwidth 800m --pool all
        was_stopped
        only many.csv said
        [ ! -s said ] || n_said=$((n_said + 1))
    done
    [ "$n_said" -gt 0 ]
}

@test "a second Ctrl-C ends at once, and what it leaves is removed by the next run" {
    needs_signals
    make_many 300000
    env --default-signal=INT "$KERB" import many.csv s.sqlite > said 2>&1 & pid=$!
    sleep 0.1
    kill -STOP "$pid"
    kill -INT "$pid"
    kill -CONT "$pid"
    kill -INT "$pid"
    wait "$pid" && code=0 || code=$?
    [ "$code" -eq 130 ]
    [ ! -e s.sqlite ]
    kerb 0 import many.csv s.sqlite
    only many.csv s.sqlite said
}
