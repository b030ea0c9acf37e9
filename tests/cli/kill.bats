load common

# kill -9 at many moments: afterwards the store opens and holds whole files only, and a GeoTIFF is
# there whole or not at all. Moments are spread over the length of an undisturbed run.

make_many() {
    python3 - "$1" "$2" <<'PY'
import sys
seed, n = int(sys.argv[1]), int(sys.argv[2])
x = seed
with open(f"many{seed}.csv", "w") as f:
    f.write("id,date,category,easting,northing\n")
    for i in range(n):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        f.write(f"{seed}-{i},2024-01-{1 + x % 28:02d},C{x % 7},{450000 + (x >> 20) % 9000},{300000 + (x >> 40) % 9000}\n")
PY
}

# kill_after SECONDS ARGS...
kill_after() {
    local delay=$1
    shift
    "$KERB" "$@" > /dev/null 2>&1 & local pid=$!
    sleep "$delay"
    kill -9 "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
}

# The length of an undisturbed run in milliseconds.
length_ms() {
    local start end
    start=$(date +%s%N)
    "$KERB" "$@" > /dev/null 2>&1
    end=$(date +%s%N)
    echo $(((end - start) / 1000000))
}

@test "kill -9 during a first import leaves no store or a whole one" {
    make_many 1 60000
    total=$(length_ms import many1.csv whole.sqlite)
    for i in $(seq 1 12); do
        rm -f s.sqlite
        kill_after "$(python3 -c "print($total * $i / 12 / 1000)")" import many1.csv s.sqlite
        if [ -e s.sqlite ]; then
            kerb 0 info s.sqlite --json
            json 'd["n_incidents"] == 60000'
            [ "$(sqlite3 s.sqlite 'pragma integrity_check')" = ok ]
        fi
    done
    kerb 0 import many1.csv last.sqlite
    ls -A
    [ -z "$(ls -A | grep 's.sqlite.*journal')" ]
}

@test "kill -9 during an append keeps the old rows and adds all or none" {
    make_many 1 20000
    make_many 2 60000
    kerb 0 import many1.csv base.sqlite
    cp base.sqlite t.sqlite
    total=$(length_ms import many2.csv t.sqlite)
    for i in $(seq 1 12); do
        cp base.sqlite s.sqlite
        rm -f s.sqlite-journal
        kill_after "$(python3 -c "print($total * $i / 12 / 1000)")" import many2.csv s.sqlite
        kerb 0 info s.sqlite --json
        json 'd["n_incidents"] in (20000, 80000)'
        [ "$(sqlite3 s.sqlite 'pragma integrity_check')" = ok ]
    done
}

@test "kill -9 during an extract leaves the records of the one before or of this one" {
    make_many 1 40000
    sed 's/,C3,/,C4,/' many1.csv | head -n 30001 > later.csv
    kerb 0 import many1.csv base.sqlite --source P --as-at 2024-02-03 --replace-period 2024-01:2024-02
    kerb 0 info base.sqlite --digest
    before=$output
    cp base.sqlite whole.sqlite
    arguments=(--source P --as-at 2024-03-03 --replace-period 2024-01:2024-02)
    total=$(length_ms import later.csv whole.sqlite "${arguments[@]}")
    kerb 0 info whole.sqlite --digest
    after=$output
    [ "$before" != "$after" ]
    for nth in $(seq 1 10); do
        cp base.sqlite s.sqlite
        rm -f s.sqlite-journal
        kill_after "$(python3 -c "print($total * $nth / 10 / 1000)")" import later.csv s.sqlite "${arguments[@]}"
        kerb 0 info s.sqlite --digest
        [ "$output" = "$before" ] || [ "$output" = "$after" ]
        [ "$(sqlite3 s.sqlite 'pragma integrity_check')" = ok ]
    done
}

@test "kill -9 during forgetting leaves all of the records or none, and the store can be written to" {
    make_many 1 40000
    kerb 0 import many1.csv base.sqlite
    cp base.sqlite whole.sqlite
    total=$(length_ms forget whole.sqlite --before 2024-01-15)
    kerb 0 info whole.sqlite --json
    left=$(printf '%s' "$output" | python3 -c 'import json, sys; print(json.load(sys.stdin)["n_incidents"])')
    [ "$left" -gt 0 ] && [ "$left" -lt 40000 ]
    for nth in $(seq 1 10); do
        cp base.sqlite s.sqlite
        rm -f s.sqlite-journal
        kill_after "$(python3 -c "print($total * $nth / 10 / 1000)")" forget s.sqlite --before 2024-01-15
        kerb 0 info s.sqlite --json
        json "d['n_incidents'] in (40000, $left)"
        [ "$(sqlite3 s.sqlite 'pragma integrity_check')" = ok ]
        kerb 0 forget s.sqlite --before 2024-01-15
        kerb 0 info s.sqlite --json
        json "d['n_incidents'] == $left"
        [ ! -e s.sqlite-journal ]
    done
}

@test "kill -9 during a COG write leaves a whole file or none, and the next run cleans up" {
    make_many 1 20000
    total=$(length_ms density many1.csv whole.tif --cell 4m --bandwidth 400m)
    for i in $(seq 1 12); do
        rm -f out.tif out.qml
        kill_after "$(python3 -c "print($total * $i / 12 / 1000)")" density many1.csv out.tif --cell 4m --bandwidth 400m
        if [ -e out.tif ]; then
            cmp out.tif whole.tif
        fi
    done
    kerb 0 density many1.csv out.tif --cell 4m --bandwidth 400m --overwrite
    cmp out.tif whole.tif
    only many1.csv out.tif out.qml whole.tif whole.qml
}
