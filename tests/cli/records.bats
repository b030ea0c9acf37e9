load common

# Records change: three extracts of one source, each complete for January and February 2024. What
# becomes of each record is worked out by hand in the comments.

HEADER='id,date,category,easting,northing,source'

make_extracts() {
    # of 3 March: five records, three of them without a reference, two of those alike
    cat > e1.csv <<CSV
$HEADER
a,2024-01-05,Burglary,450010,300010,P
b,2024-01-10,Burglary,450020,300010,P
c,2024-02-03,Robbery,450030,300010,P
,2024-01,ASB,450040,300010,P
,2024-01,ASB,450040,300010,P
,2024-02,ASB,450050,300010,P
CSV
    # of 3 April: a is a robbery now, b as before, c is gone, d came late; one of the two alike is gone,
    # 450050 as before, 450060 came
    cat > e2.csv <<CSV
$HEADER
a,2024-01-05,Robbery,450010,300010,P
b,2024-01-10,Burglary,450020,300010,P
d,2024-02-13,Robbery,450030,300010,P
,2024-01,ASB,450040,300010,P
,2024-02,ASB,450050,300010,P
,2024-02,ASB,450060,300010,P
CSV
    # of 3 May: b moved to March (a change, although March is not replaced), c is back, z is of March and
    # was never here, the row of d cannot be read; 450060 stays, 450040 and 450050 go
    cat > e3.csv <<CSV
$HEADER
a,2024-01-05,Robbery,450010,300010,P
c,2024-02-03,Robbery,450030,300010,P
b,2024-03-01,Burglary,450020,300010,P
z,2024-03-02,Burglary,450020,300010,P
,2024-02,ASB,450060,300010,P
d,2024-02-33,Robbery,450030,300010,P
CSV
}

# take N: import extract N, taken on 3 March, 3 April, 3 May
take() {
    kerb 0 import "e$1.csv" s.sqlite --json --as-at "2024-0$(($1 + 2))-03" --replace-period 2024-01:2024-03
}

# records STORE [OPTIONS]: number and fingerprint of the records that an analysis reads
records() {
    "$KERB" density "$@" "$BATS_TEST_TMPDIR/d.tif" --overwrite --pool all --json -q |
        python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["events_read"], d["input_fingerprint"])'
}

@test "three extracts: what is new, changed, unchanged and withdrawn" {
    make_extracts
    take 1
    json 'd["changes"] == {"new": 3, "changed": 0, "unchanged": 0, "withdrawn": 0, "kept": 0, "without_key": {"new": 3, "unchanged": 0, "withdrawn": 0}}'
    take 2
    json 'd["changes"] == {"new": 1, "changed": 1, "unchanged": 1, "withdrawn": 1, "kept": 0, "without_key": {"new": 1, "unchanged": 2, "withdrawn": 1}}' \
        'd["read"] == d["loaded"] + d["rejected"] == 6'
    take 3
    json 'd["changes"] == {"new": 1, "changed": 1, "unchanged": 1, "withdrawn": 0, "kept": 1, "without_key": {"new": 0, "unchanged": 1, "withdrawn": 2}}' \
        'd["by_reason"] == {"bad_date": 1, "outside_replaced_period": 1}' 'd["read"] == d["loaded"] + d["rejected"]' \
        'd["parameters"]["as_at"] == "2024-05-03"' 'd["parameters"]["replace_from"] == "2024-01-01"' 'd["parameters"]["replace_to"] == "2024-03-01"'
    # a, b (March), c, d (kept), 450060
    [ "$(sqlite3 s.sqlite "SELECT group_concat(coalesce(reference, '-'), '') FROM (SELECT reference FROM incident ORDER BY reference)")" = "-abcd" ]
    [ "$(sqlite3 s.sqlite "SELECT group_concat(change || ':' || coalesce(reference, '-') || replaced_by, ' ') FROM (SELECT * FROM incident_version ORDER BY replaced_by, change, reference)")" = \
        "changed:a2 withdrawn:-2 withdrawn:c2 changed:b3 withdrawn:-3 withdrawn:-3" ]
    kerb 0 info s.sqlite --json
    json '[e["as_at"] for e in d["extracts"]] == ["2024-03-03", "2024-04-03", "2024-05-03"]' 'd["n_versions"] == 6' \
        'd["extracts"][1]["withdrawn"] == 1' 'd["extracts"][0]["sources"] == ["P"]' 'd["extracts"][0]["to"] == "2024-03-01"'
    kerb 0 info s.sqlite
    [[ "$output" == *"of 2024-04-03, 2024-01-01 to 2024-03-01: 1 new, 1 changed, 1 unchanged, 1 withdrawn"* ]]
}

@test "a record keeps its number while it changes" {
    make_extracts
    take 1
    before=$(sqlite3 s.sqlite "SELECT id FROM incident WHERE reference = 'a'")
    take 2
    take 3
    [ "$(sqlite3 s.sqlite "SELECT id FROM incident WHERE reference = 'a'")" = "$before" ]
    [ "$(sqlite3 s.sqlite "SELECT incident_id FROM incident_version WHERE reference = 'a'")" = "$before" ]
}

@test "read as at the day of an extract, the store holds what that extract alone holds" {
    make_extracts
    for nth in 1 2 3; do
        take $nth
    done
    for nth in 1 2; do
        kerb 0 import "e$nth.csv" "alone$nth.sqlite"
        [ "$(records s.sqlite --as-at "2024-0$((nth + 2))-03")" = "$(records "alone$nth.sqlite")" ]
        # and on every day until the next
        [ "$(records s.sqlite --as-at "2024-0$((nth + 2))-28")" = "$(records "alone$nth.sqlite")" ]
    done
    [ "$(records s.sqlite --as-at 2030-01-01)" = "$(records s.sqlite)" ]
    [ "$(records s.sqlite)" != "$(records alone2.sqlite)" ]
    kerb 1 density s.sqlite x.tif --as-at 2024-03-02
    one_line
    says 2024-03-02 "first is of 2024-03-03"
}

@test "an output says on which day its records stood" {
    make_extracts
    take 1
    kerb 0 density s.sqlite x.tif --as-at 2024-03-03 --pool all --json
    json 'd["parameters"]["as_at"] == "2024-03-03"'
    gdalinfo x.tif | grep -q "as the records stood on 2024-03-03"
    kerb 0 density s.sqlite y.tif --pool all --json
    json '"as_at" not in d["parameters"]'
    take 2
    kerb 0 check s.sqlite --json
    now=$output
    kerb 0 check s.sqlite --as-at 2024-03-03 --json
    json 'd["events_read"] == 6'
    [ "$output" != "$now" ]
}

@test "extracts come in the order of their dates, and one at a time" {
    make_extracts
    take 1
    take 3
    before=$(kerb 0 info s.sqlite --digest && echo "$output")
    kerb 1 import e2.csv s.sqlite --as-at 2024-04-03 --replace-period 2024-01:2024-03
    one_line
    says 2024-05-03 2024-04-03 "order of their dates"
    kerb 1 import e2.csv s.sqlite --as-at 2024-05-03 --replace-period 2024-02:2024-04
    one_line
    says 2024-05-03 "one import"
    kerb 1 import e2.csv s.sqlite --as-at 2024-04-03
    one_line
    says 2024-05-03 2024-04-03
    kerb 0 info s.sqlite --digest
    [ "$output" = "$before" ]
    # another period, or another source, has an order of its own
    printf '%s\nq,2024-07-05,Burglary,450010,300010,P\n' "$HEADER" > july.csv
    kerb 0 import july.csv s.sqlite --as-at 2024-04-03 --replace-period 2024-07:2024-08
    kerb 0 import e2.csv s.sqlite --as-at 2024-04-03 --replace-period 2024-01:2024-03 --source Q
}

@test "the same history makes the same store, and another order of other sources too" {
    make_extracts
    sed 's/,P$/,Q/' e1.csv > q1.csv
    sed 's/,P$/,Q/' e2.csv > q2.csv
    steps() {
        for step in "$@"; do
            kerb 0 import "${step%:*}.csv" "$store" --as-at "2024-0${step#*:}-03" --replace-period 2024-01:2024-03
        done
        kerb 0 info "$store" --digest
        echo "$output"
    }
    store=one.sqlite && one=$(steps e1:3 e2:4 q1:3 q2:4)
    store=two.sqlite && two=$(steps e1:3 e2:4 q1:3 q2:4)
    store=three.sqlite && three=$(steps q1:3 e1:3 q2:4 e2:4)
    store=four.sqlite && four=$(steps e1:3 e2:5 q1:3 q2:4)
    [ "$one" = "$two" ]
    [ "$one" = "$three" ]
    [ "$one" != "$four" ]
}

@test "an extract in which nothing changed is one all the same" {
    make_extracts
    take 1
    kerb 0 import e1.csv s.sqlite --json --as-at 2024-04-03 --replace-period 2024-01:2024-03
    json 'd["changes"] == {"new": 0, "changed": 0, "unchanged": 3, "withdrawn": 0, "kept": 0, "without_key": {"new": 0, "unchanged": 3, "withdrawn": 0}}'
    kerb 0 info s.sqlite --json
    json 'd["n_versions"] == 0' 'd["n_incidents"] == 6' 'len(d["extracts"]) == 2'
    kerb 1 import e1.csv s.sqlite
    one_line
    says "already"
}

@test "without a period nothing is withdrawn" {
    make_extracts
    kerb 0 import e1.csv s.sqlite --as-at 2024-03-03
    kerb 0 import e2.csv s.sqlite --json --as-at 2024-04-03
    # a changed, b as before, d new; c stays, and rows without a reference are not compared
    json 'd["changes"] == {"new": 1, "changed": 1, "unchanged": 1, "withdrawn": 0, "kept": 0, "without_key": {"new": 3, "unchanged": 0, "withdrawn": 0}}'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 10'
}

@test "records without a date of their extract are replaced too, and an undated file replaces no dated record" {
    make_extracts
    kerb 0 import e1.csv s.sqlite
    take 2
    json 'd["changes"]["changed"] == 1' 'd["changes"]["withdrawn"] == 1' 'd["changes"]["without_key"]["withdrawn"] == 1'
    printf '%s\na,2024-01-05,Arson,450010,300010,P\nn,2024-01-06,Arson,450010,300010,P\n' "$HEADER" > 2024-06-late.csv
    kerb 0 import 2024-06-late.csv s.sqlite --json
    json 'd["by_reason"] == {"repeated_reference": 1}' 'd["loaded"] == 1' '"changes" not in d'
    [ "$(sqlite3 s.sqlite "SELECT c.name FROM incident i JOIN category c ON c.id = i.category_id WHERE reference = 'a'")" = Robbery ]
}

@test "--key names the column of references" {
    printf 'id,case,date,category,easting,northing\n1,A/7,2024-01-05,Burglary,450010,300010\n2,A/8,2024-01-06,Burglary,450010,300010\n' > one.csv
    printf 'id,case,date,category,easting,northing\n9,A/7,2024-01-05,Robbery,450010,300010\n1,A/8,2024-01-06,Burglary,450010,300010\n' > two.csv
    kerb 0 import one.csv s.sqlite --source P --key case --as-at 2024-02-03 --replace-period 2024-01:2024-02
    kerb 0 import two.csv s.sqlite --source P --key case --as-at 2024-03-03 --replace-period 2024-01:2024-02 --json
    json 'd["changes"]["changed"] == 1' 'd["changes"]["unchanged"] == 1' 'd["parameters"]["key_column"] == "case"'
    kerb 1 import two.csv t.sqlite --key nocolumn
    one_line
    says --key nocolumn "'case'"
    kerb 2 import two.csv t.sqlite --key a,b
    one_line
}

@test "an extract of which nothing could be read replaces nothing" {
    make_extracts
    take 1
    printf '%s\na,someday,Burglary,450010,300010,P\n' "$HEADER" > broken.csv
    kerb 1 import broken.csv s.sqlite --as-at 2024-04-03 --replace-period 2024-01:2024-03
    one_line
    says "nothing was replaced"
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 6' 'd["n_versions"] == 0'
}

@test "dates and periods that cannot be read are refused by name" {
    make_extracts
    for wrong in 2024-02 yesterday 2024-02-30 2024-02-03T10:00; do
        kerb 2 import e1.csv s.sqlite --as-at "$wrong"
        one_line
        says --as-at "$wrong"
    done
    for wrong in 2024-01 2024-03:2024-01 2024-01:2024-01 a:b 2024-01..2024-03; do
        kerb 2 import e1.csv s.sqlite --as-at 2024-03-03 --replace-period "$wrong"
        one_line
        says --replace-period "$wrong"
    done
    kerb 2 import e1.csv s.sqlite --replace-period 2024-01:2024-03
    one_line
    says --as-at
    kerb 2 density e1.csv x.tif --as-at 2024-03-03
    one_line
    says "e1.csv is no store"
    kerb 0 import e1.csv s.sqlite
    kerb 1 density s.sqlite x.tif --as-at 2024-03-03
    one_line
    says "no dated extracts"
    only e1.csv e2.csv e3.csv s.sqlite
}

@test "the spatial index is whole after an extract" {
    make_extracts
    for nth in 1 2 3; do
        take $nth
    done
    [ "$(sqlite3 s.sqlite "SELECT rtreecheck('idx_incident_geom')")" = ok ]
    [ "$(sqlite3 s.sqlite "SELECT count(*) FROM idx_incident_geom")" = 5 ]
    [ "$(sqlite3 s.sqlite "PRAGMA integrity_check")" = ok ]
    # all of a source withdrawn but one
    printf '%s\nnew,2024-01-05,Burglary,,,P\n' "$HEADER" > last.csv
    kerb 0 import last.csv s.sqlite --as-at 2025-01-01 --replace-period 2024-01:2025-01
    [ "$(sqlite3 s.sqlite "SELECT count(*) FROM idx_incident_geom")" = 0 ]
    [ "$(sqlite3 s.sqlite "SELECT rtreecheck('idx_incident_geom')")" = ok ]
}

@test "a real month, edited as a later extract: figures as counted without kerb" {
    needs_shared
    mkdir first second
    cp "$KERB_SHARED/data/police/2020-03-leicestershire-street.csv" first/
    python3 - <<'PY' > expected.json
import collections, csv, glob, json, random
path = glob.glob("first/*.csv")[0]
rows = list(csv.reader(open(path, encoding="utf-8", newline="")))
header, rows = rows[0], rows[1:]
random.seed(7)
later = []
for row in rows:
    dice = random.random()
    if dice < 0.01:
        continue
    if row[0] and dice < 0.03:
        row = row[:9] + ["Robbery" if row[9] == "Other crime" else "Other crime"] + row[10:]
    later.append(row)
random.shuffle(later)
with open(path.replace("first", "second"), "w", encoding="utf-8", newline="") as file:
    csv.writer(file).writerows([header] + later)
def split(rows):
    # what kerb reads of a row: not the last outcome, the context and "Falls within"
    read = lambda row: tuple(row[i] for i in (0, 1, 2, 4, 5, 6, 7, 8, 9))
    return {row[0]: read(row) for row in rows if row[0]}, collections.Counter(read(row) for row in rows if not row[0])
(a, many_a), (b, many_b) = split(rows), split(later)
changed = sum(a[key] != b[key] for key in a if key in b)
json.dump({"new": len(b.keys() - a.keys()), "changed": changed, "unchanged": len(a.keys() & b.keys()) - changed,
           "withdrawn": len(a.keys() - b.keys()), "kept": 0,
           "without_key": {"new": (many_b - many_a).total(), "unchanged": (many_a & many_b).total(),
                           "withdrawn": (many_a - many_b).total()}}, __import__("sys").stdout)
PY
    kerb 0 import first s.sqlite --as-at 2020-05-03 --replace-period 2020-03:2020-04
    kerb 0 import second s.sqlite --json --as-at 2020-06-03 --replace-period 2020-03:2020-04
    json 'd["changes"] == json.load(open("expected.json"))' 'd["changes"]["changed"] > 50' 'd["changes"]["without_key"]["withdrawn"] > 0'
    [ "$(records s.sqlite --as-at 2020-05-03)" = "$(records first)" ]
    [ "$(records s.sqlite --as-at 2020-06-03)" = "$(records second)" ]
    [ "$(records s.sqlite)" = "$(records second)" ]
}

@test "records are compared within a source, and a file that names none is warned of" {
    printf 'id,date,x,y\n1,2024-01-05,450000,300000\n' > march.csv
    printf 'id,date,x,y\n1,2024-01-05,450000,300000\n' > april.csv
    kerb 0 import march.csv s.sqlite --as-at 2024-03-03 --replace-period 2024-01:2024-02
    says "'march'" "--source NAME"
    kerb 0 import april.csv s.sqlite --as-at 2024-04-03 --replace-period 2024-01:2024-02 --json
    json 'd["changes"]["new"] == 1'
    kerb 0 import march.csv t.sqlite --as-at 2024-03-03 --replace-period 2024-01:2024-02 --source P
    [ -z "$stderr" ]
    kerb 0 import april.csv t.sqlite --as-at 2024-04-03 --replace-period 2024-01:2024-02 --source P --json
    json 'd["changes"]["unchanged"] == 1'
}

@test "parameters tell what a mapping said" {
    printf 'columns: {easting: E, northing: N}\n' > m.yaml
    printf 'E,N\n450000,300000\n' > a.csv
    kerb 0 import a.csv s.sqlite --json --format m.yaml
    sum=$(sha256sum m.yaml | cut -d' ' -f1)
    json "d['parameters']['mapping_sha256'] == '$sum'"
    kerb 0 info s.sqlite --json
    json "d['imports'][0]['parameters']['mapping_sha256'] == '$sum'"
}

@test "a later extract brings its own casualties: those of a real year are replaced, not doubled" {
    needs_shared
    year=$KERB_SHARED/data/collisions/leeds/leeds_2009-9.csv
    [ -f "$year" ] || skip "the real year is not there"
    for date in 2024-10-01 2024-11-01; do
        kerb 0 import "$year" s.sqlite --source Leeds --as-at $date --replace-period 2000:2030 --json
    done
    json 'd["changes"]["new"] == d["changes"]["changed"] == d["changes"]["withdrawn"] == 0' \
        'd["changes"]["unchanged"] == d["records"]["collisions"]' 'd["records"]["casualties"] == d["loaded"]'
    loaded=$(printf '%s' "$output" | python3 -c 'import json, sys; print(json.load(sys.stdin)["loaded"])')
    [ "$(sqlite3 s.sqlite 'SELECT count(*) FROM casualty WHERE incident_id IN (SELECT id FROM incident)')" = "$loaded" ]
    [ "$(sqlite3 s.sqlite 'SELECT count(*) FROM casualty')" = "$loaded" ]
}
