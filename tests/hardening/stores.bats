load ../cli/common

# Stores and outputs under bad conditions, as tables: who else holds the file, a full disk, a folder that cannot be
# written, tables and rows that kerb did not make. One clear line, the right exit code, nothing lost, nothing left.

make_store() {
    make_points
    make_wards
    "$KERB" import points.csv good.sqlite -q
    "$KERB" areas wards.geojson good.sqlite --set w --id code --population people -q
}

make_many() {
    python3 - "$1" "$2" <<'PY'
import sys
name, n = sys.argv[1], int(sys.argv[2])
with open(name + ".csv", "w") as f:
    f.write("id,date,category,easting,northing\n")
    for i in range(n):
        f.write(f"{name}{i},2024-01-{1 + i % 28:02d},C{i % 4},{450000 + i * 7919 % 3000},{300000 + i * 104729 % 2500}\n")
PY
}

# spoil SQL: s.sqlite is good.sqlite with this done to it, past triggers, checks and all
spoil() {
    cp good.sqlite s.sqlite
    sqlite3 s.sqlite '.dbconfig enable_trigger off' 'pragma ignore_check_constraints = on; pragma foreign_keys = off' "$1" > sql.out || return 1
    rm sql.out
    cp s.sqlite spoilt.sqlite
}

# expect CODE REGEX ARGS...: exit code, one line that fits, and s.sqlite as it was
expect() {
    local code=$1 pattern=$2
    shift 2
    kerb "$code" "$@" || return 1
    one_line || return 1
    if ! [[ "$stderr" =~ $pattern ]]; then
        echo "expected a line like '$pattern', got: $stderr"
        return 1
    fi
    cmp s.sqlite spoilt.sqlite
}

@test "table: what acts by itself or is missing is refused by name, by readers and writers" {
    make_store
    while IFS='|' read -r sql pattern; do
        spoil "" && sqlite3 s.sqlite "$sql" && cp s.sqlite spoilt.sqlite
        for command in "density s.sqlite o.tif --cell 50m" "import points.csv s.sqlite --again"; do
            # shellcheck disable=SC2086
            expect 1 "s.sqlite.*$pattern" $command || { echo "after: $sql, $command"; return 1; }
        done
    done <<'TABLE'
create trigger t after insert on incident begin delete from incident; end|foreign trigger 't'
create trigger "t'" before update on file begin select load_extension('x'); end|foreign trigger
create view v as select * from incident|foreign view 'v'
create virtual table vt using fts5(x)|foreign virtual table 'vt'
create virtual table vt using rtree(id, a, b)|foreign virtual table 'vt'
drop trigger ggi_incident_geom|trigger 'ggi_incident_geom' is missing
drop view incident_view|view 'incident_view' is missing
drop view incident_view; create view incident_view as select 1 as id|view 'incident_view' was changed
drop table category; create view category as select 1 as id, 'x' as name|foreign view 'category'
alter table incident rename to crime|was changed|missing
alter table incident rename column start to begin_s|'incident' was changed
drop table reject|table 'reject' is missing
drop table idx_incident_geom|table 'idx_incident_geom' is missing
drop table kerb_store|no table kerb_store
delete from kerb_store|does not say its version
update kerb_store set schema_version = 0|does not say its version
update kerb_store set schema_version = 'x'|does not say its version
update kerb_store set crs = 'nonsense'|reference system
update kerb_store set crs = 'EPSG:4326'|do not agree
update kerb_store set srid = 4326|do not agree
TABLE
    only good.sqlite points.csv s.sqlite spoilt.sqlite wards.geojson
}

@test "table: rows that make no sense are refused by number" {
    make_store
    while IFS='@' read -r change pattern; do
        # at the place of x and y
        if [[ "$change" == BODY* ]]; then
            change="geom = cast(substr(geom, 1, 43) || x'${change#BODY }' || x'FE' as blob)"
        fi
        spoil "update incident set $change where id = 5" || { echo "SQL: $change"; return 1; }
        expect 1 "s.sqlite, incident 5: $pattern" density s.sqlite o.tif --cell 50m || { echo "after: $change"; return 1; }
    done <<'TABLE'
geom = x'00'@its geometry is no point
geom = zeroblob(60)@its geometry is no point
geom = zeroblob(5000000)@its geometry is no point
geom = 'POINT(1 2)'@its geometry is no point
geom = 7@its geometry is no point
geom = cast(substr(geom, 1, 59) as blob)@its geometry is no point
geom = cast(x'0001E6100000' || substr(geom, 7) as blob)@its geometry is no point in the store's reference system
BODY 000000000000F07F000000000000F07F@its geometry is no point
BODY 000000000000F87F000000000000F87F@its geometry is no point
source_id = 'x'@a name that it points to is missing
category_id = 99999@a name that it points to is missing
label_id = -1@a name that it points to is missing
precision = 9@its precision is 9
precision = 'x'@its precision is 0
start = -9000000000000000000@its time is no time
start = x'00'@its time is no time
weight = -1@its weight
weight = 1e999@its weight
weight = 'heavy'@its weight
TABLE
    # a set of areas likewise
    while IFS='|' read -r sql pattern; do
        spoil "$sql"
        expect 1 "s.sqlite.*$pattern" beats s.sqlite o.csv --set w || { echo "after: $sql"; return 1; }
    done <<'TABLE'
update area set geom = x'00'|area 'W1': its geometry is no polygon
update area set geom = zeroblob(200)|area 'W1': its geometry is no polygon
update area set geom = (select geom from incident)|area 'W1': its geometry is no polygon
update area_population set population = -1|area 'W1': its population
update area_population set population = 'many'|area 'W1': its population
update area_population set population = 1e999|area 'W1': its population
delete from area_set|no set of areas 'w'
TABLE
    only good.sqlite points.csv s.sqlite spoilt.sqlite wards.geojson
}

@test "table: odd rows that change no result are read, and what is printed of them is harmless" {
    make_store
    while read -r sql; do
        spoil "$sql"
        for command in "info s.sqlite --json" "beats s.sqlite o.csv --set w --json --overwrite"; do
            # shellcheck disable=SC2086
            kerb 0 $command || { echo "after: $sql"; return 1; }
            json 'True'
        done
        kerb 0 info s.sqlite
        if [[ "$output$stderr" == *[$'\033\007\x7f']* ]]; then
            echo "a terminal would obey: $sql"
            return 1
        fi
        kerb 0 beats s.sqlite o.csv --set w --overwrite
        [[ "$output$stderr" != *[$'\033\007\x7f']* ]]
    done <<'TABLE'
update category set name = cast(x'ff1b5b33316d07' as text) where id = 1
update source set name = cast(x'41ff1b5b324ac29b317f' as text)
update category set name = zeroblob(3000000) where id = 1
update category set name = replace(hex(zeroblob(500000)), '0', 'long') where id = 1
update file set n_read = -1, n_loaded = 9223372036854775807, sha256 = zeroblob(100)
update file set name = cast(x'1b5d303b68c29d07' as text), month = 'soon'
update file_reason set n = -3
update incident set reference = x'00ff00' where id = 5
update incident set id = -5 where id = 5
update area set name = cast(x'ff1b' as text)
update area_set set role = cast(x'1b5b316d' as text)
TABLE
}

@test "what is read from a file is no command to a terminal either" {
    printf 'date,category,label,source,easting,northing\n' > e.csv
    for i in 1 2 3 4 5 6 7 8; do
        printf '2024-01-01,a long category \033[31mred,a long street \033[2Jname,a long source \033]0;x\302\233,45000%d,300000\n' "$i" >> e.csv
    done
    for command in "import e.csv s.sqlite" "info s.sqlite" "density s.sqlite o.tif --cell 50m" \
        "hotspots e.csv o.geojson --bandwidth 200m --cell 20m --level 3xmean-all -v" "density e.csv p.tif --category none"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$KERB" $command
        [[ "$output$stderr" != *$'\033'* && "$output$stderr" != *$'\302\233'* ]]
    done
}

# ---------------------------------------------------------------- who else has it

@test "a second writer waits for the first; readers go on with what was there" {
    make_store
    make_many more 20
    cp good.sqlite s.sqlite
    python3 - <<'PY' &
import sqlite3, time
db = sqlite3.connect("s.sqlite", isolation_level=None)
db.execute("begin immediate")
db.execute("insert into category (name) values ('not yet')")
open("locked", "w").close()
time.sleep(2)
db.execute("rollback")
PY
    while [ ! -e locked ]; do sleep 0.05; done
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 10'
    kerb 0 density s.sqlite o.tif --cell 50m
    kerb 0 import more.csv s.sqlite
    wait
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 30'
}

@test "table: who finds the store locked for longer says so after 5 s in one line and changes nothing" {
    make_store
    make_many more 20
    cp good.sqlite s.sqlite
    cp good.sqlite spoilt.sqlite
    for kind in immediate exclusive; do
        rm -f locked done
        python3 - "$kind" <<'PY' &
import os, sqlite3, sys, time
db = sqlite3.connect("s.sqlite", isolation_level=None)
db.execute("begin " + sys.argv[1])
open("locked", "w").close()
for _ in range(600):
    time.sleep(0.05)
    if os.path.exists("done"):
        break
db.execute("rollback")
PY
        while [ ! -e locked ]; do sleep 0.05; done
        began=$(date +%s)
        expect 1 "^kerb: s.sqlite is locked by another program \(waited 5 s" import more.csv s.sqlite
        [ $(($(date +%s) - began)) -ge 4 ]
        if [ "$kind" = exclusive ]; then
            expect 1 "^kerb: s.sqlite is locked by another program" density s.sqlite o.tif --cell 50m
        fi
        touch done
        wait
    done
    only done good.sqlite locked more.csv points.csv s.sqlite spoilt.sqlite wards.geojson
}

@test "two imports at once both come in whole" {
    make_many a 6000
    make_many b 6000
    make_many c 100
    kerb 0 import c.csv s.sqlite
    "$KERB" import a.csv s.sqlite -q & one=$!
    "$KERB" import b.csv s.sqlite -q & two=$!
    wait $one
    wait $two
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 12100'
    [ "$(sqlite3 s.sqlite 'pragma integrity_check')" = ok ]
}

@test "two new stores of one name at once: one is made, the other comes in or is refused" {
    make_many a 3000
    make_many b 3000
    "$KERB" import a.csv s.sqlite -q 2> one & first=$!
    "$KERB" import b.csv s.sqlite -q 2> two & second=$!
    wait $first && code1=0 || code1=$?
    wait $second && code2=0 || code2=$?
    [ $((code1 + code2)) -le 1 ]
    kerb 0 info s.sqlite --json
    json "d['n_incidents'] == 3000 * (2 - $code1 - $code2)"
    only a.csv b.csv one s.sqlite two
}

# ------------------------------------------------------------------- no room

# no_room KIB ARGS...: the command, whose files may not be larger, ends with 0, or with 1 and one line
no_room() {
    # shellcheck disable=SC2016
    run --separate-stderr bash -c 'ulimit -f "$1"; shift; exec "$@"' limited "$1" "$KERB" "${@:2}"
    if [ "$status" -eq 1 ]; then
        one_line || return 1
    elif [ "$status" -ne 0 ]; then
        echo "kerb $* ended with $status: $stderr"
        return 1
    fi
}

COMMANDS='import a.csv new.sqlite
import a.csv s.sqlite --again
areas wards.geojson s.sqlite --set v --id code
density a.csv o.tif --cell 10m --pool all
hotspots a.csv o.gpkg --bandwidth 200m --cell 20m --level 3xmean --pool all
hotspots a.csv o.geojson --bandwidth 200m --cell 20m --level 3xmean --pool all
beats a.csv o.csv --areas wards.geojson --id code --pool all
run study.yaml'

make_little() {
    make_many a 4000
    make_store
    cat > study.yaml <<'YAML'
name: Little
import: [{input: a.csv}]
areas: [{input: wards.geojson, set: w, id: code}]
density: [{name: all, bandwidth: 300m, cell: 20m}]
beats: [{set: w}]
output: {folder: out, formats: [tif, geojson, gpkg, csv]}
YAML
    digest=$("$KERB" info good.sqlite --digest)
}

# check_after_no_room CODE: a store is what it was or has all; nothing hidden is left; a failed command left nothing
check_after_no_room() {
    kerb 0 info s.sqlite --digest || return 1
    if [ "$1" -eq 1 ] && [ "$output" != "$digest" ]; then
        echo "the store is another one"
        return 1
    fi
    [ "$(sqlite3 s.sqlite 'pragma integrity_check')" = ok ] || return 1
    if [ -n "$(find . -name '.*kerb*' -o -name '*-journal' | head -1)" ]; then
        find . -name '.*kerb*' -o -name '*-journal'
        return 1
    fi
    if [ "$1" -eq 1 ] && [ -n "$(ls -A ./o.* new.sqlite out 2> /dev/null)" ]; then
        echo "left behind by a failed command:"
        ls -A ./o.* new.sqlite out
        return 1
    fi
}

@test "table: a file that may not grow, by command and limit" {
    make_little
    n_failed=0
    while read -r command; do
        for limit in 4 60 400 700 900; do # KiB
            rm -rf ./o.* new.sqlite out
            cp good.sqlite s.sqlite
            # shellcheck disable=SC2086
            no_room "$limit" $command || { echo "$command with $limit KiB"; return 1; }
            code=$status
            n_failed=$((n_failed + code))
            check_after_no_room "$code" || { echo "$command with $limit KiB"; return 1; }
        done
    done <<< "$COMMANDS"
    [ "$n_failed" -ge 16 ]
}

@test "table: a full disk, by command and what is left of it" {
    make_little
    mkdir disk
    mount -t tmpfs -o size=64k none disk 2> /dev/null || skip "no file system can be mounted here"
    umount disk
    n_failed=0
    while read -r command; do
        for size in 16 128 600; do # KiB beside what must be there
            mount -t tmpfs -o size=$((size + 1300))k none disk
            cp a.csv points.csv wards.geojson study.yaml disk/
            cp good.sqlite disk/s.sqlite
            (
                cd disk
                room=$(df --output=avail -k . | tail -1)
                [ "$room" -le "$size" ] || head -c $(((room - size) * 1024)) /dev/zero > filler
                # shellcheck disable=SC2086
                no_room unlimited $command || exit 9
                code=$status
                check_after_no_room "$code" || exit 9
                exit "$code"
            ) && code=0 || code=$?
            umount disk
            [ "$code" -le 1 ] || { echo "$command with $size KiB left"; return 1; }
            n_failed=$((n_failed + code))
        done
    done <<< "$COMMANDS"
    echo "$n_failed of the commands failed"
    [ "$n_failed" -ge 8 ]
}

teardown() {
    umount "$BATS_TEST_TMPDIR/here/disk" 2> /dev/null || true
}

# --------------------------------------------------------------- cannot be written

# Runs kerb as somebody who may read and not write; root may always.
as_reader() {
    if [ "$(id -u)" -eq 0 ]; then
        run --separate-stderr setpriv --reuid=65534 --clear-groups "$KERB" "$@"
    else
        run --separate-stderr "$KERB" "$@"
    fi
}

@test "table: a folder that can only be read serves every reader and refuses every writer" {
    make_little
    mkdir ro free
    cp good.sqlite ro/s.sqlite
    cp a.csv points.csv wards.geojson study.yaml ro/
    chmod 777 free
    chmod -R a-w ro
    if [ "$(id -u)" -eq 0 ]; then
        chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" .
        setpriv --reuid=65534 --clear-groups test -r ro/s.sqlite && setpriv --reuid=65534 --clear-groups test -x "$KERB" || skip "no other user can reach this folder"
    fi
    for command in "info ro/s.sqlite --digest" "density ro/s.sqlite free/o.tif --cell 50m" "beats ro/s.sqlite free/o.csv --set w" \
        "hotspots ro/s.sqlite free/o.geojson --bandwidth 200m --level 3xmean" "import ro/a.csv free/s.sqlite"; do
        # shellcheck disable=SC2086
        as_reader $command
        [ "$status" -eq 0 ] || { echo "$command: $stderr"; return 1; }
    done
    for command in "import ro/a.csv ro/s.sqlite" "import ro/a.csv ro/new.sqlite" "areas ro/wards.geojson ro/s.sqlite --set v --id code" \
        "density ro/a.csv ro/o.tif --cell 50m" "beats ro/a.csv ro/o.csv --areas ro/wards.geojson --id code" \
        "hotspots ro/a.csv ro/o.gpkg --bandwidth 200m --level 3xmean" "run ro/study.yaml"; do
        # shellcheck disable=SC2086
        as_reader $command
        [ "$status" -eq 1 ] || { echo "$command ended with $status: $stderr"; return 1; }
        one_line
        says ro
    done
    chmod -R u+w ro
    cmp ro/s.sqlite good.sqlite
    [ "$(ls -A ro | wc -l)" -eq 5 ]
}

@test "table: a store's name that is something else" {
    make_store
    mkdir folder
    mkfifo fifo
    ln -s nowhere broken
    ln -s good.sqlite link
    printf 'SQLite format 3\000rubbish' > head.sqlite
    cp /dev/null empty.sqlite
    cp points.csv s.sqlite
    long=$(printf 'n%.0s' $(seq 300)).sqlite
    # a pipe must not be waited for
    while IFS='|' read -r name pattern; do
        for command in "info $name" "import points.csv $name" "areas wards.geojson $name --set w --id code"; do
            # shellcheck disable=SC2086
            run --separate-stderr timeout 20 "$KERB" $command
            [ "$status" -eq 1 ] || { echo "$command ended with $status: $stderr"; return 1; }
            one_line
            [[ "$stderr" =~ $pattern ]] || { echo "$command: $stderr"; return 1; }
        done
    done <<TABLE
folder|folder
fifo|fifo
/dev/null|/dev/null
head.sqlite|head.sqlite
empty.sqlite|empty
s.sqlite|not a store
$long|too long|File name
TABLE
    [ -p fifo ]
    # a link to a store is the store
    kerb 0 info link
    sed 's/^/x/; 1s/^x//' points.csv > more.csv
    kerb 0 import more.csv link
    [ -L link ]
    kerb 0 info good.sqlite --json
    json 'd["n_incidents"] == 20'
    # a link that leads nowhere is no place for a store
    kerb 1 import points.csv broken
    one_line
    [ ! -e nowhere ]
}

@test "table: an output's name that is something else, or an input" {
    make_little
    mkdir folder
    mkfifo fifo.csv
    ln -s nowhere broken.csv
    ln -s a.csv link.csv
    sums=$(md5sum a.csv wards.geojson good.sqlite)
    while IFS='|' read -r code name pattern; do
        run --separate-stderr timeout 20 "$KERB" beats a.csv "$name" --areas wards.geojson --id code --overwrite
        [ "$status" -eq "$code" ] || { echo "$name ended with $status: $stderr"; return 1; }
        one_line
        [[ "$stderr" =~ $pattern ]] || { echo "$name: $stderr"; return 1; }
    done <<TABLE
2|folder/|written as
1|none/o.csv|the folder none does not exist
1|a.csv/o.csv|not a folder|Not a directory
1|fifo.csv|no ordinary file
1|broken.csv|leads nowhere
2|a.csv|is an input
2|link.csv|is an input
2|./wards.geojson|is an input
1|$(printf 'n%.0s' $(seq 300)).csv|too long
TABLE
    [ "$(md5sum a.csv wards.geojson good.sqlite)" = "$sums" ]
    [ -p fifo.csv ] && [ ! -e nowhere ]
}

@test "a journal beside the store: of an interrupted change it is undone, a foreign one does no harm" {
    make_store
    kerb 0 info good.sqlite --digest
    digest=$output
    # a hot journal as a killed writer leaves it: the pages are written, the commit is not
    cp good.sqlite s.sqlite
    python3 - <<'PY'
import os, signal, sqlite3, time
pid = os.fork()
if pid == 0:
    db = sqlite3.connect("s.sqlite", isolation_level=None)
    db.execute("pragma cache_size = 1")
    db.execute("pragma cache_spill = 1")
    db.execute("begin immediate")
    for i in range(2000):
        db.execute("insert into label (name) values (?)", ("x" * 500 + str(i),))
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(pid, 0)
PY
    [ -s s.sqlite-journal ]
    [ "$(stat -c %s s.sqlite)" -gt "$(stat -c %s good.sqlite)" ]
    kerb 0 info s.sqlite --digest
    [ "$output" = "$digest" ]
    [ ! -e s.sqlite-journal ]
    for junk in "" "rubbish" "$(head -c 3000 good.sqlite | base64)"; do
        cp good.sqlite s.sqlite
        printf '%s' "$junk" > s.sqlite-journal
        kerb 0 info s.sqlite --digest
        [ "$output" = "$digest" ]
        kerb 0 import points.csv s.sqlite --again
    done
}
