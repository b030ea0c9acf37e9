load common

# One clear line with file (and row and value where there is one), the right exit code, nothing
# lost, nothing left behind. Each test is one class of bad input.

# refused CODE FILE TEXT...: density of FILE ends with CODE and one line that contains each text.
refused() {
    local code=$1 file=$2
    shift 2
    kerb "$code" density "$file" out.tif --cell 50m
    one_line || return 1
    says "$@" || return 1
    if [ -e out.tif ] || [ -e out.qml ]; then
        echo "something was left behind"
        return 1
    fi
}

# loads FILE EXPRESSION...: import succeeds and its JSON satisfies the expressions.
loads() {
    local file=$1
    shift
    rm -f s.sqlite
    kerb 0 import "$file" s.sqlite --json || return 1
    json 'd["read"] == d["loaded"] + d["rejected"]' "$@"
}

@test "files without rows: missing, empty, header only, binary, a folder with nothing readable" {
    refused 1 missing.csv missing.csv
    : > empty.csv
    refused 1 empty.csv empty.csv
    printf 'id,date,x,y\n' > header.csv
    refused 1 header.csv header.csv
    head -c 5000 /dev/urandom > binary.csv
    printf '\000\001' | dd of=binary.csv conv=notrunc status=none
    refused 1 binary.csv binary.csv
    mkdir folder
    kerb 1 density folder out.tif
    says folder
    printf '\211PNG\r\n' > folder/picture.png
    kerb 1 density folder out.tif
    says folder
    [ ! -e out.tif ]
}

@test "encodings and line ends: UTF-16, latin-1, BOM, CRLF, CR" {
    local rows='date,category,x,y\n2024-01-05,Caf\xe9,450000,300000\n2024-01-06,Caf\xe9,450010,300000\n'
    printf "$rows" > latin1.csv
    iconv -f latin1 -t UTF-8 latin1.csv > utf8.csv
    iconv -f UTF-8 -t UTF-16 utf8.csv > utf16.csv
    iconv -f UTF-8 -t UTF-16BE utf8.csv > body
    (printf '\xfe\xff'; cat body) > utf16be.csv
    (printf '\xef\xbb\xbf'; cat utf8.csv) > bom.csv
    sed 's/$/\r/' utf8.csv > crlf.csv
    tr '\n' '\r' < utf8.csv > cr.csv
    for file in latin1 utf8 utf16 utf16be bom crlf cr; do
        loads $file.csv 'd["loaded"] == 2' 'd["rejected"] == 0'
        kerb 0 info s.sqlite --json
        json 'd["categories"][0]["name"] == "Café"'
    done
}

@test "quotes: an unclosed quote loses no later row, a quoted newline is one row" {
    printf 'date,category,x,y\n2024-01-05,"Theft,450000,300000\n2024-01-06,Theft,450010,300000\n2024-01-07,Theft,450020,300000\n' > open.csv
    loads open.csv 'd["read"] == 3' 'd["loaded"] == 2' 'd["by_reason"] == {"unclosed_quote": 1}'
    says "open.csv:2"
    printf 'date,category,x,y\n2024-01-05,"Theft\nfrom shop",450000,300000\n2024-01-06,Theft,450010,300000\n' > newline.csv
    loads newline.csv 'd["read"] == 2' 'd["loaded"] == 2'
}

@test "ragged rows are rejected by line" {
    printf 'date,category,x,y\n2024-01-05,Theft,450000\n2024-01-06,Theft,450010,300000,extra\n2024-01-07,Theft,450020,300000\n' > ragged.csv
    loads ragged.csv 'd["read"] == 3' 'd["loaded"] == 1' 'd["by_reason"] == {"wrong_number_of_fields": 2}'
    says "ragged.csv:2" "ragged.csv:3"
}

@test "a field of 100 MB is rejected in bounded memory and the next row is read" {
    python3 - <<'PY'
with open("huge.csv", "w") as f:
    f.write("date,category,x,y\n2024-01-05,")
    for i in range(100):
        f.write("x" * 1000000)
    f.write(",450000,300000\n2024-01-06,Theft,450010,300000\n")
PY
    loads huge.csv 'd["read"] == 2' 'd["loaded"] == 1' 'd["by_reason"] == {"field_too_long": 1}' 'd["peak_memory_bytes"] < 150e6'
    says "huge.csv:2"
}

@test "coordinates that are no numbers are rejected with value, those that are missing are counted" {
    cat > c.csv <<'CSV'
date,x,y
2024-01-01,NaN,300000
2024-01-01,inf,300000
2024-01-01,1e999,300000
2024-01-01,0,0
2024-01-01,,
2024-01-01,450000,300000
2024-01-01,450001,300000
2024-01-01,450002,300000
CSV
    loads c.csv 'd["read"] == 8' 'd["loaded"] == 5' 'd["without_geometry"] == 2' 'd["by_reason"]["bad_coordinate"] == 3' \
        'd["by_reason"]["zero_coordinates"] == 1' 'd["by_reason"]["no_coordinates"] == 1'
    says "c.csv:2" NaN "c.csv:3" inf
}

@test "degrees under x and y are refused with what to say" {
    printf 'date,x,y\n2024-01-01,-1.2,52.6\n2024-01-01,-1.3,52.7\n' > degrees.csv
    refused 1 degrees.csv degrees.csv "these look like degrees: say --input-crs EPSG:4326"
    kerb 0 density degrees.csv out.tif --input-crs EPSG:4326 --cell 50m
}

@test "swapped coordinates fall outside and are refused" {
    printf 'date,longitude,latitude\n2024-01-01,52.6,-1.2\n2024-01-01,52.7,-1.3\n' > swapped.csv
    refused 1 swapped.csv swapped.csv
}

@test "a grid reference with odd digits is rejected with its value" {
    printf 'date,gridref\n2024-01-01,SK 123\n2024-01-01,SK 1234\n' > g.csv
    loads g.csv 'd["loaded"] == 1' 'd["by_reason"] == {"bad_grid_reference": 1}'
    says "g.csv:2" "SK 123"
}

@test "31 February is no day" {
    printf 'date,x,y\n31/02/2024,450000,300000\n29/02/2024,450000,300000\n' > d.csv
    loads d.csv 'd["loaded"] == 1' 'd["by_reason"] == {"bad_date": 1}'
    says "d.csv:2" "31/02/2024"
}

@test "hostile categories come through every output unharmed" {
    python3 - <<'PY'
names = ["Robert'); DROP TABLE incident;--", '<script>alert(1)</script>', 'a,b"c""d', '=HYPERLINK("x")', "new\nline", "\u202eevil", "</kml>&amp;", "x" * 3000]
import csv
with open("h.csv", "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f)
    w.writerow(["date", "category", "label", "x", "y"])
    for i, n in enumerate(names):
        for k in range(6):
            w.writerow(["2024-01-01", n, n, 450000 + i * 3000 + k * 20, 300000])
PY
    loads h.csv 'd["loaded"] == 48'
    kerb 0 hotspots s.sqlite h.geojson --bandwidth 200m --cell 20m --level 3xmean-all
    kerb 0 hotspots s.sqlite h.gpkg --bandwidth 200m --cell 20m --level 3xmean-all
    kerb 0 hotspots s.sqlite h_out.csv --bandwidth 200m --cell 20m --level 3xmean-all
    python3 - <<'PY'
import json, csv, sqlite3
d = json.load(open("h.geojson"))
got = {f["properties"]["category"] for f in d["features"]}
want = {r["category"] for r in csv.DictReader(open("h.csv", newline="", encoding="utf-8"))}
assert got <= want and len(got) == 8, got ^ want
rows = list(csv.DictReader(open("h_out.csv", newline="", encoding="utf-8-sig")))
assert len(rows) == len(d["features"])
assert not any(v[:1] in "=+-@" and v for r in rows for k, v in r.items() if k in ("category", "name")), rows
db = sqlite3.connect("h.gpkg")
assert {r[0] for r in db.execute("select category from hotspots")} == got
PY
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 48'
}

@test "a NUL in a row is rejected with its line, the rest is loaded" {
    printf 'date,category,x,y\n2024-01-05,The\000ft,450000,300000\n2024-01-06,Theft,450010,300000\n' > nul.csv
    loads nul.csv 'd["read"] == 2' 'd["loaded"] == 1' 'd["rejected"] == 1'
    says "nul.csv:2"
}

@test "a terminal is never sent what a file says" {
    printf 'date,x,y\n\033[31mred\007,450000,300000\n2024-01-01,450000,300000\n' > esc.csv
    kerb 0 import esc.csv s.sqlite
    says 'esc.csv:2'
    [[ "$stderr$output" != *$'\033'* && "$stderr$output" != *$'\007'* ]]
}

@test "stores that are none, truncated, newer" {
    make_points
    kerb 0 import points.csv good.sqlite
    echo 'not a database' > text.sqlite
    kerb 1 import points.csv text.sqlite
    one_line
    says text.sqlite
    [ "$(cat text.sqlite)" = 'not a database' ]
    sqlite3 other.sqlite 'create table t(a)'
    kerb 1 info other.sqlite
    one_line
    says other.sqlite
    for size in 100 5000 40000; do
        head -c "$size" good.sqlite > cut.sqlite
        kerb 1 info cut.sqlite
        one_line
        says cut.sqlite
    done
    cp good.sqlite newer.sqlite
    column=$(sqlite3 newer.sqlite 'pragma table_info(kerb_store)' | cut -d'|' -f2 | grep -m1 -i version)
    sqlite3 newer.sqlite "update kerb_store set $column = 9999"
    run --separate-stderr "$KERB" info newer.sqlite
    [ "$status" -eq 1 ] || [ "$status" -eq 2 ]
    one_line
    says newer.sqlite newer
}

@test "a locked store is waited for and then named" {
    make_points
    kerb 0 import points.csv s.sqlite
    sed 's/^/x/; 1s/^x//' points.csv > more.csv
    python3 - <<'PY' &
import sqlite3, time
db = sqlite3.connect("s.sqlite", isolation_level=None)
db.execute("begin immediate")
open("locked", "w").close()
time.sleep(9)
db.execute("rollback")
PY
    while [ ! -e locked ]; do sleep 0.05; done
    kerb 1 import more.csv s.sqlite
    one_line
    says s.sqlite
    wait
    kerb 0 import more.csv s.sqlite
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 20'
}

@test "a read-only store can be mapped and not be changed" {
    make_points
    kerb 0 import points.csv s.sqlite
    sed 's/^/x/; 1s/^x//' points.csv > more.csv
    mkdir ro && cp s.sqlite more.csv ro/ && chmod 444 ro/s.sqlite && chmod 555 ro
    as_other=()
    if [ "$(id -u)" -eq 0 ]; then
        # SQLite looks at every folder of the path
        chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" .
        setpriv --reuid=65534 --clear-groups test -r ro/s.sqlite && setpriv --reuid=65534 --clear-groups test -x "$KERB" || skip "no other user can reach this folder"
        as_other=(setpriv --reuid=65534 --clear-groups)
    fi
    mkdir out && chmod 777 out
    run --separate-stderr "${as_other[@]}" "$KERB" density ro/s.sqlite out/out.tif --cell 50m
    [ "$status" -eq 0 ]
    run --separate-stderr "${as_other[@]}" "$KERB" import ro/more.csv ro/s.sqlite
    [ "$status" -eq 1 ]
    one_line
    says s.sqlite
    chmod 755 ro
}

@test "a mapping with an unknown key is refused with line and column" {
    make_points
    printf 'columns:\n  x: easting\n  y: northing\n  wat: z\n' > m.yaml
    kerb 1 import points.csv s.sqlite --format m.yaml
    one_line
    says "m.yaml:4:3" wat
    only points.csv m.yaml
}

@test "a mapping that names a column the file has not is refused with the columns it has" {
    make_points
    printf 'columns:\n  x: ost\n  y: northing\n' > m.yaml
    kerb 1 import points.csv s.sqlite --format m.yaml
    one_line
    says ost easting
    only points.csv m.yaml
}

@test "an input is never overwritten, whatever it is called" {
    make_points
    make_wards
    mkdir in && cp points.csv in/ && cp points.csv p.qml && ln -s points.csv link.csv
    sums=$(md5sum points.csv wards.geojson in/points.csv p.qml)
    kerb 2 beats points.csv ./points.csv --areas wards.geojson --id code --overwrite
    says points.csv input
    kerb 2 beats points.csv link.csv --areas wards.geojson --id code --overwrite
    kerb 2 beats points.csv wards.geojson --areas wards.geojson --id code --overwrite
    one_line
    says wards.geojson input
    kerb 2 beats in in/points.csv --areas wards.geojson --id code --overwrite
    one_line
    kerb 2 density p.qml p.tif --cell 50m --overwrite
    one_line
    kerb 2 hotspots points.csv wards.geojson --exclude wards.geojson --bandwidth 200m --level 3xmean-all --overwrite
    [ "$(md5sum points.csv wards.geojson in/points.csv p.qml)" = "$sums" ]
    # an earlier output among the inputs is none of them
    kerb 0 density in in/out.tif --cell 50m
    kerb 0 density in in/out.tif --cell 50m --overwrite
    only in link.csv p.qml points.csv wards.geojson
}

@test "a study does not overwrite its inputs" {
    make_points
    mv points.csv beats_w.csv
    make_wards
    cp beats_w.csv kept
    cat > study.yaml <<'YAML'
name: S
import:
  - input: beats_w.csv
areas:
  - {input: wards.geojson, set: w, id: code}
beats:
  - {set: w}
output: {folder: ., formats: [csv]}
YAML
    kerb 2 run study.yaml --overwrite
    says beats_w.csv input
    cmp beats_w.csv kept
    only beats_w.csv kept study.yaml wards.geojson
}

@test "an append that finds no room leaves the store as it was and no journal" {
    python3 - <<'PY'
for name in "ab":
    with open(name + ".csv", "w") as f:
        f.write("id,date,category,easting,northing\n")
        for i in range(20000):
            f.write(f"{name}{i},2024-01-{1 + i % 28:02d},C{i % 4},{450000 + i * 7919 % 3000},{300000 + i * 104729 % 2500}\n")
PY
    kerb 0 import a.csv s.sqlite
    cp s.sqlite before.sqlite
    (
        ulimit -f $((($(stat -c %s s.sqlite) + 100000) / 1024))
        kerb 1 import b.csv s.sqlite
        one_line
        says s.sqlite
    )
    only a.csv b.csv before.sqlite s.sqlite
    [ "$(sqlite3 s.sqlite 'select count(*) from incident')" = 20000 ]
    [ "$(stat -c %s s.sqlite)" = "$(stat -c %s before.sqlite)" ]
}

@test "a row of a store that makes no sense is refused by number, not read as something else" {
    make_points
    kerb 0 import points.csv good.sqlite
    for change in "start = 'soon'" "start = 9223372036854775807" "weight = 'heavy'" "start = 1.5"; do
        cp good.sqlite s.sqlite
        sqlite3 s.sqlite "pragma ignore_check_constraints = on; update incident set $change where id = 5"
        kerb 1 density s.sqlite out.tif --cell 50m
        one_line
        says "s.sqlite, incident 5"
        [ ! -e out.tif ]
    done
}

@test "a store whose pages are in a wrong order is damaged" {
    python3 - <<'PY'
with open("a.csv", "w") as f:
    f.write("id,date,category,easting,northing\n")
    for i in range(4000):
        f.write(f"a{i},2024-01-{1 + i % 28:02d},C,{450000 + i * 7919 % 3000},{300000 + i * 104729 % 2500}\n")
PY
    kerb 0 import a.csv s.sqlite
    python3 - <<'PY'
import sqlite3, struct
db = sqlite3.connect("s.sqlite")
root = db.execute("select rootpage from sqlite_schema where name = 'incident'").fetchone()[0]
size = db.execute("pragma page_size").fetchone()[0]
db.close()
with open("s.sqlite", "r+b") as f:
    f.seek((root - 1) * size)
    page = bytearray(f.read(size))
    assert page[0] == 5  # an interior page of a table: exchange its first two children
    one, two = struct.unpack(">HH", page[12:16])
    page[one:one + 4], page[two:two + 4] = page[two:two + 4], page[one:one + 4]
    f.seek((root - 1) * size)
    f.write(page)
PY
    kerb 1 density s.sqlite out.tif --cell 50m
    one_line
    says s.sqlite damaged
}

@test "two columns of one name, of which one is needed, are refused" {
    printf 'date,x,y,x\n2024-01-01,450000,300000,451000\n' > twice.csv
    refused 1 twice.csv twice.csv "columns 2 and 4 are both named 'x'"
    kerb 1 import twice.csv s.sqlite --x y --y y
    one_line
    says twice.csv "same column: 'y'"
    printf 'note,date,x,y,note\n1,2024-01-01,450000,300000,2\n' > notes.csv
    loads notes.csv 'd["loaded"] == 1'
}

@test "a file that changes while it is read is not loaded" {
    python3 -c '
with open("big.csv", "w") as f:
    f.write("date,x,y\n" + "2024-01-01,450000,300000\n" * 300000)'
    while :; do touch big.csv; done &
    toucher=$!
    run --separate-stderr "$KERB" import big.csv s.sqlite
    kill "$toucher"
    [ "$status" -eq 1 ]
    one_line
    says big.csv changed
    only big.csv
}

@test "a damaged member of an archive is named with its archive" {
    make_points
    python3 - <<'PY'
import zipfile
with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.write("points.csv", "m/points.csv")
data = bytearray(open("a.zip", "rb").read())
data[80] ^= 1
open("a.zip", "wb").write(data)
PY
    kerb 1 import a.zip s.sqlite
    one_line
    says a.zip/m/points.csv damaged
}
