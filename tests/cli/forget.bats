load common

# What is erased leaves no bytes: names and places that occur nowhere else are looked for in the raw file.

# raw TEXT: is the text in the bytes of the store or anything beside it?
raw() {
    grep -qaF -- "$1" s.sqlite ./s.sqlite-* ./.s.sqlite* 2> /dev/null
}

# raw_place X Y: are the coordinates there, as doubles of a geometry or as float32 of the index?
raw_place() {
    python3 - "$1" "$2" <<'PY'
import struct, sys
data = open("s.sqlite", "rb").read()
forms = [struct.pack(f, float(v)) for v in sys.argv[1:] for f in ("<d", ">f")]
sys.exit(0 if any(form in data for form in forms) else 1)
PY
}

# `! command` in the middle of a test cannot fail it
gone() {
    if raw "$1"; then
        echo "'$1' is still there"
        return 1
    fi
}

no_place() {
    if raw_place "$@"; then
        echo "the place $* is still there"
        return 1
    fi
}

make_store() {
    cat > old.csv <<'CSV'
id,date,category,easting,northing,Location,source
SECRET-REF-1,2019-05-05,Burglary,443211.125,312345.375,Hidden Lane 7,P
KEEP-REF-2,2024-01-10,Burglary,450020,300010,Open Street,P
SECRET-REF-1,2019-05-06,Burglary,450020,300010,Repeated Row,P
SECRET-REF-1,2019-05-66,Burglary,450020,300010,Bad Row,P
KEEP-REF-3,2024-01-10,Burglary,450020,300010,Open Street,P
,2019-05,ASB,447777.125,301111.375,Hidden Close,P
CSV
    sed 's/Burglary,443211.125/Robbery,443211.625/; s/Hidden Lane 7/Hidden Lane 8/' old.csv > new.csv
    kerb 0 import old.csv s.sqlite --as-at 2024-02-01 --replace-period 2019:2025
    kerb 0 import new.csv s.sqlite --as-at 2024-03-01 --replace-period 2019:2025 --json
    json 'd["changes"]["changed"] == 1'
}

@test "forget by reference: record, versions, rejects, street and place are gone from the bytes" {
    make_store
    for trace in SECRET-REF-1 "Hidden Lane 7" "Hidden Lane 8"; do
        raw "$trace"
    done
    raw_place 443211.125 312345.375
    raw_place 443211.625 312345.375
    kerb 0 forget s.sqlite --key SECRET-REF-1 --json
    # now and as it was; of each import the repeated row and the bad row
    json 'd["forgotten"] == {"incidents": 1, "versions": 1, "rejects": 4, "linked": 0}'
    [[ "$output$stderr" != *SECRET* ]]
    for trace in SECRET-REF-1 SECRET "Hidden Lane" 443211 312345; do
        gone "$trace"
    done
    no_place 443211.125 312345.375
    no_place 443211.625 312345.375
    raw KEEP-REF-2
    raw "Hidden Close"
    only old.csv new.csv s.sqlite
    [ "$(sqlite3 s.sqlite 'PRAGMA integrity_check')" = ok ]
    [ "$(sqlite3 s.sqlite "SELECT rtreecheck('idx_incident_geom')")" = ok ]
    [ "$(sqlite3 s.sqlite 'PRAGMA journal_mode')" = delete ]
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 3' 'd["forgotten"] == {"incidents": 1, "versions": 1, "rejects": 4, "linked": 0}' \
        'all(f["read"] == f["loaded"] + f["rejected"] for i in d["imports"] for f in i["files"])'
    # what is logged is counts, and the version of kerb
    [ "$(sqlite3 s.sqlite 'SELECT n_incidents, n_versions, n_rejects, n_linked FROM forget_log')" = "1|1|4|0" ]
    [ "$(sqlite3 s.sqlite "SELECT count(*) FROM pragma_table_info('forget_log')")" = 6 ]
}

@test "forget by date: records that lie wholly before it, and nothing else" {
    cat > months.csv <<'CSV'
id,date,category,easting,northing
a,2023-12,Burglary,450010,300010
b,2024-01,Burglary,450010,300010
c,2024-01-14,Burglary,450010,300010
d,2024-01-15,Burglary,450010,300010
e,2024-01-14 23:59,Burglary,450010,300010
f,,Burglary,450010,300010
CSV
    kerb 0 import months.csv s.sqlite
    kerb 0 forget s.sqlite --before 2024-01-15 --dry-run --json
    json 'd["forgotten"]["incidents"] == 3' 'd["without_date"] == 1' 'd["outputs"] == []'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 6' 'd["forgotten"]["incidents"] == 0'
    kerb 0 forget s.sqlite --before 2024-01-15
    # January as a whole may lie after the 14th: it stays
    [ "$(sqlite3 s.sqlite "SELECT group_concat(reference, '') FROM (SELECT reference FROM incident ORDER BY 1)")" = bdf ]
    kerb 0 forget s.sqlite --before 2024-01-15 --json
    json 'd["forgotten"]["incidents"] == 0'
    [ "$(sqlite3 s.sqlite 'SELECT count(*) FROM forget_log')" = 1 ]
}

@test "forget by date blanks rejected rows of files that reach back so far" {
    printf 'id,date,category,easting,northing\na,2019-02-05,Burglary,450010,300010\nRAW-OLD,2019-02-66,Burglary,450010,300010\n' > a.csv
    printf 'id,date,category,easting,northing\nb,2024-02-05,Burglary,450010,300010\nRAW-NEW,2024-02-66,Burglary,450010,300010\n' > b.csv
    printf 'id,date,category,easting,northing\nRAW-NONE,2024-02-66,Burglary,450010,300010\n' > c.csv
    kerb 0 import a.csv b.csv c.csv s.sqlite
    raw RAW-OLD
    kerb 0 forget s.sqlite --before 2020-01-01 --json
    json 'd["forgotten"] == {"incidents": 1, "versions": 0, "rejects": 2, "linked": 0}'
    gone RAW-OLD
    gone RAW-NONE
    raw RAW-NEW
    # the row is still counted, with file, line and reason
    [ "$(sqlite3 s.sqlite "SELECT count(*) FROM reject WHERE reason = 'bad_date' AND line > 0")" = 3 ]
}

@test "a withdrawn record can be forgotten" {
    printf 'id,date,category,easting,northing\ngone,2024-01-05,Burglary,443211.125,312345.375\nstays,2024-01-05,Burglary,450010,300010\n' > a.csv
    printf 'id,date,category,easting,northing\nstays,2024-01-05,Burglary,450010,300010\n' > b.csv
    kerb 0 import a.csv s.sqlite --source P --as-at 2024-02-01 --replace-period 2024-01:2024-02
    kerb 0 import b.csv s.sqlite --source P --as-at 2024-03-01 --replace-period 2024-01:2024-02
    raw_place 443211.125 312345.375
    kerb 0 forget s.sqlite --key gone --json
    json 'd["forgotten"] == {"incidents": 0, "versions": 1, "rejects": 0, "linked": 0}'
    gone gone
    no_place 443211.125 312345.375
}

@test "several references, one source, and what is not there" {
    printf 'id,date,category,easting,northing,source\n1,2024-01-05,A,450010,300010,P\n1,2024-01-05,A,450010,300010,Q\n2,2024-01-05,A,450010,300010,P\n"x,y",2024-01-05,A,450010,300010,P\n' > a.csv
    kerb 0 import a.csv s.sqlite
    kerb 1 forget s.sqlite --key 2 --key 3
    one_line
    says "'3'" "nothing was erased"
    kerb 1 forget s.sqlite --key 2 --source Q
    one_line
    says "'2' of Q"
    kerb 1 forget s.sqlite --key 1 --source R
    one_line
    says "no source 'R'"
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 4'
    kerb 0 forget s.sqlite --key 1 --key 'x\,y' --source P
    [ "$(sqlite3 s.sqlite "SELECT group_concat(i.reference || s.name, ' ') FROM (SELECT * FROM incident ORDER BY reference) i JOIN source s ON s.id = i.source_id")" = "1Q 2P" ]
}

@test "forget takes a store, and one way of naming records" {
    printf 'id,date,x,y\n1,2024-01-05,450010,300010\n' > a.csv
    kerb 0 import a.csv s.sqlite
    kerb 2 forget s.sqlite
    one_line
    kerb 2 forget s.sqlite --key 1 --before 2024-01-01
    one_line
    kerb 2 forget s.sqlite --before 2024
    one_line
    says --before
    kerb 1 forget a.csv --key 1
    one_line
    kerb 1 forget nowhere.sqlite --key 1
    one_line
    says "no such file"
    only a.csv s.sqlite
}

@test "all of a store can be forgotten" {
    make_store
    kerb 0 forget s.sqlite --before 2030-01-01
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 0' 'd["n_versions"] == 0'
    for trace in SECRET KEEP-REF Hidden Open; do
        gone "$trace"
    done
    [ "$(sqlite3 s.sqlite "SELECT rtreecheck('idx_incident_geom')")" = ok ]
    # and it can be filled again
    kerb 0 import old.csv s.sqlite --again
    kerb 0 density s.sqlite x.tif --pool all
}

@test "the same bytes are not loaded again after forgetting, unless asked" {
    printf 'id,date,x,y\n1,2024-01-05,450010,300010\n2,2024-01-05,450010,300010\n' > a.csv
    kerb 0 import a.csv s.sqlite
    kerb 0 forget s.sqlite --key 1
    kerb 1 import a.csv s.sqlite
    says already
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 1'
}
