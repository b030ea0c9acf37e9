load common

# Road collisions, vehicles and casualties, as the Department for Transport and councils publish them.

make_tables() {
    mkdir -p t
    cat > t/vehicles.csv <<'CSV'
"accident_index","vehicle_reference","vehicle_type"
"2020010",1,"Car"
"2020010",2,1
"020010",1,19
CSV
    cat > t/casualties.csv <<'CSV'
"accident_index","vehicle_reference","casualty_reference","casualty_class","age_of_casualty","casualty_severity","casualty_type"
"2020010",1,1,"Driver or rider",35,"Serious","Car occupant"
"2020010",2,2,3,-1,3,0
"020010",1,1,1,15,1,19
CSV
    cat > t/collisions.csv <<'CSV'
"accident_index","location_easting_osgr","location_northing_osgr","accident_severity","number_of_vehicles","number_of_casualties","date","time"
"2020010",535650,186680,"Serious",2,2,2020-03-09,"14:46"
"020010",,,1,1,1,2020-03-10,"01:05"
CSV
}

@test "linked tables load in any order, as one folder, as a zip, and without a store" {
    make_tables
    kerb 0 import t/vehicles.csv t/casualties.csv t/collisions.csv s.sqlite --json
    json 'd["read"] == 8' 'd["loaded"] == 8' 'd["rejected"] == 0' \
        'd["records"] == {"collisions": 2, "vehicles": 3, "casualties": 3}' \
        'd["stated"] == {"collisions": 2, "vehicles": 3, "casualties": 3}' \
        'all(f["read"] == f["loaded"] + f["rejected"] for f in d["files"])' \
        '[f["records"]["vehicles"] for f in d["files"]] == [3, 0, 0]' 'd["without_geometry"] == 1'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 2' 'd["records"] == {"collisions": 2, "vehicles": 3, "casualties": 3}'
    kerb 0 info s.sqlite
    [[ "$output" == *"2 of them road collisions, with 3 vehicles and 3 casualties"* ]]
    (cd t && zip -q ../t.zip ./*)
    kerb 0 import t.zip z.sqlite --json
    json 'd["records"] == {"collisions": 2, "vehicles": 3, "casualties": 3}'
    kerb 0 density t out.tif --json
    json 'd["read"] == 8' 'd["loaded"] == 8' 'd["events_read"] == 2' \
        'd["records"] == {"collisions": 2, "vehicles": 3, "casualties": 3}'
}

@test "what is kept of vehicles and casualties is in words, and unknown is NULL" {
    make_tables
    kerb 0 import t s.sqlite
    run python3 - <<'PY'
import sqlite3
db = sqlite3.connect("s.sqlite")
print(db.execute("SELECT i.reference, c.class, c.severity, c.age, c.type FROM casualty AS c JOIN incident AS i "
                 "ON i.id = c.incident_id ORDER BY c.id").fetchall())
print(db.execute("SELECT i.reference, v.vehicle_type FROM vehicle AS v JOIN incident AS i "
                 "ON i.id = v.incident_id ORDER BY v.id").fetchall())
PY
    [ "${lines[0]}" = "[('2020010', 'driver', 'serious', 35, 'Car occupant'), ('2020010', 'pedestrian', 'slight', None, 'Pedestrian'), ('020010', 'driver', 'fatal', 15, 'Van / Goods vehicle (3.5 tonnes mgw or under) occupant')]" ]
    [ "${lines[1]}" = "[('2020010', 'Car'), ('2020010', 'Pedal cycle'), ('020010', 'Van / Goods 3.5 tonnes mgw or under')]" ]
}

@test "vehicles and casualties find collisions of an earlier import, once" {
    make_tables
    kerb 0 import t/collisions.csv s.sqlite
    kerb 0 import t/casualties.csv s.sqlite --json
    json 'd["records"] == {"collisions": 0, "vehicles": 0, "casualties": 3}' 'd["rejected"] == 0' \
        'd["other_number_of_casualties"] == 0'
    kerb 0 import t/casualties.csv s.sqlite --again --json
    json 'd["loaded"] == 0' 'd["by_reason"] == {"repeated_reference": 3}' 'd["duplicates"] == 3'
    kerb 0 import t/vehicles.csv s.sqlite --json
    json 'd["records"]["vehicles"] == 3' 'd["other_number_of_vehicles"] == 0'
    kerb 0 info s.sqlite --json
    json 'd["records"] == {"collisions": 2, "vehicles": 3, "casualties": 3}'
}

@test "one import or three, in any order: the same store" {
    make_tables
    kerb 0 import t/casualties.csv t/vehicles.csv t/collisions.csv a.sqlite
    kerb 0 import t b.sqlite
    for table in collisions vehicles casualties; do
        kerb 0 import "t/$table.csv" c.sqlite
    done
    for store in a b c; do
        kerb 0 info "$store.sqlite" --digest --json
        printf '%s\n' "$output" | python3 -c 'import json, sys; print(json.load(sys.stdin)["digest"])' >> digests
    done
    [ "$(sort -u digests | wc -l)" -eq 1 ]
    [ "$(wc -c < digests)" -eq 195 ]
}

@test "a row without its collision is refused with file, line and number" {
    make_tables
    kerb 0 import t/casualties.csv s.sqlite --json
    json 'd["by_reason"] == {"no_such_collision": 3}' 'd["read"] == 3' 'd["loaded"] == 0'
    says "casualties.csv:2: no_such_collision, column 'accident_index' has '2020010'"
}

@test "a number of vehicles that is not stated so is told with figures" {
    make_tables
    sed -i 's/,"Serious",2,2/,"Serious",3,2/' t/collisions.csv
    kerb 0 import t s.sqlite --json
    json 'd["other_number_of_vehicles"] == 1' 'd["other_number_of_casualties"] == 0' 'd["rejected"] == 0'
    says "1 of 2 collisions state another number of vehicles" "4 stated in all, 3 linked"
}

@test "the same collisions in a later month take the place of the others, records and all" {
    make_tables
    mv t/collisions.csv 2020-03-collisions.csv
    kerb 0 import 2020-03-collisions.csv t s.sqlite
    sed 's/2020-03-09/2020-03-08/' 2020-03-collisions.csv > 2020-04-collisions.csv
    kerb 0 import 2020-04-collisions.csv s.sqlite --json
    json 'd["superseded"] == 2' 'd["loaded"] == 2'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 2' 'd["records"] == {"collisions": 2, "vehicles": 0, "casualties": 0}' \
        'd["rejects"] == {"collision_replaced": 6, "repeated_reference": 2}' \
        'all(f["read"] == f["loaded"] + f["rejected"] for i in d["imports"] for f in i["files"])'
}

@test "a dated extract: what hangs on a collision follows it" {
    make_tables
    kerb 0 import t s.sqlite --as-at 2021-01-01 --replace-period 2020-01-01:2021-01-01
    sed -i '/"020010"/d; s/35,"Serious"/35,"Slight"/' t/casualties.csv
    sed -i '/"020010"/d' t/vehicles.csv t/collisions.csv
    kerb 0 import t s.sqlite --as-at 2021-06-01 --replace-period 2020-01-01:2021-01-01 --json
    json 'd["rejected"] == 0' 'd["changes"]["withdrawn"] == 1'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 1' 'd["records"] == {"collisions": 1, "vehicles": 2, "casualties": 2}'
    kerb 0 forget s.sqlite --key 2020010
    kerb 0 info s.sqlite --json
    json 'd["records"] == {"collisions": 0, "vehicles": 0, "casualties": 0}'
}

@test "hostile tables: formulas, control characters, very long numbers" {
    mkdir t
    printf 'accident_index,location_easting_osgr,location_northing_osgr,accident_severity,date,time\n' > t/c.csv
    printf '"=cmd|1",535650,186680,1,2020-03-09,14:46\n"a\x01b",535650,186680,1,2020-03-09,14:46\n' >> t/c.csv
    python3 -c 'print("9" * 200000 + ",535650,186680,1,2020-03-09,14:46")' >> t/c.csv
    printf 'accident_index,vehicle_reference,vehicle_type\n"=cmd|1",1,"=HYPERLINK(1)"\n"a\x01b",1,9\n' > t/v.csv
    python3 -c 'print("9" * 200000 + "," + "9" * 400 + ",9"); print("9" * 200000 + ",1,9")' >> t/v.csv
    kerb 0 import t s.sqlite --json
    json 'd["records"]["collisions"] == 3' 'd["records"]["vehicles"] == 3' 'd["by_reason"] == {"bad_vehicle_reference": 1}'
    [[ "$stderr" != *$'\x01'* ]]
}

@test "Waltham Forest: 3,449 collisions, 6,277 vehicles, 4,245 casualties" {
    needs_shared
    kerb 0 import "$KERB_SHARED/data/collisions/waltham_forest" s.sqlite --json
    json 'd["records"] == {"collisions": 3449, "vehicles": 6277, "casualties": 4245}' 'd["read"] == 13971' \
        'd["loaded"] == 13971' 'd["stated"] == {"collisions": 3449, "vehicles": 6277, "casualties": 4245}' \
        'd["other_number_of_vehicles"] == 0' 'd["other_number_of_casualties"] == 0'
    # by the csv module, which knows nothing of kerb
    run python3 - "$KERB_SHARED/data/collisions/waltham_forest" <<'PY'
import collections, csv, sqlite3, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/casualties_wf.csv")))
db = sqlite3.connect("s.sqlite")
want = collections.Counter(r["casualty_severity"].lower() for r in rows)
assert dict(db.execute("SELECT severity, count(*) FROM casualty GROUP BY 1")) == dict(want), want
children = sum(r["age_of_casualty"] not in ("", "-1") and int(r["age_of_casualty"]) < 16 for r in rows)
assert db.execute("SELECT sum(age <= 15), sum(age IS NULL) FROM casualty").fetchone() == (
    children, sum(r["age_of_casualty"] == "-1" for r in rows))
linked = collections.Counter(r["accident_index"] for r in rows)
assert dict(db.execute("SELECT reference, count(*) FROM casualty AS c JOIN incident AS i ON i.id = c.incident_id "
                       "GROUP BY 1")) == dict(linked)
PY
    [ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "Leeds: five years with a row per casualty, no mapping and no options" {
    needs_shared
    mkdir leeds
    cp "$KERB_SHARED"/data/collisions/leeds/leeds_20*.csv leeds
    kerb 0 import leeds s.sqlite --json
    json 'd["rejected"] == 0' 'd["read"] == 12237' 'd["loaded"] == 12237' 'd["without_date"] == 0' \
        'd["records"] == {"collisions": 9160, "vehicles": 0, "casualties": 12237}' 'd["disagreeing_rows"] == 0'
    says "leeds_2017-8.csv: dates are read as month/day/year: line 2 has '3/17/2017'"
    run python3 - <<'PY'
import collections, csv, datetime, glob, os, sqlite3
words = {"1": "fatal", "2": "serious", "3": "slight"}
forms = {"2009": "%d-%b-%y", "2013": "%d-%b-%y", "2016": "%d/%m/%Y", "2017": "%m/%d/%Y", "2018": "%d/%m/%Y"}
rank = ["fatal", "serious", "slight"]
db = sqlite3.connect("s.sqlite")
for path in sorted(glob.glob("leeds/*.csv")):
    text = open(path, encoding="cp1252").read()
    head, *rows = csv.reader(text.splitlines())
    at = {name: i for i, name in reversed(list(enumerate(head)))}
    number = next(i for i, name in enumerate(head) if "Reference" in name)
    severity = [words.get(r[at["Casualty Severity"]], r[at["Casualty Severity"]].lower()) for r in rows]
    stem = os.path.basename(path)[:-4]
    of = (" FROM casualty AS c JOIN incident AS i ON i.id = c.incident_id JOIN source AS s ON s.id = i.source_id "
          "WHERE s.name = ?")
    ask = lambda sql: db.execute(sql, (stem,)).fetchall()
    assert dict(ask("SELECT severity, count(*)" + of + " GROUP BY 1")) == collections.Counter(severity), stem
    assert ask("SELECT count(*), count(DISTINCT incident_id)" + of) == [(len(rows), len({r[number] for r in rows}))]
    worst, vehicles, times = {}, {}, {}
    for r, s in zip(rows, severity):
        worst[r[number]] = min(worst.get(r[number], "slight"), s, key=rank.index)
        vehicles[r[number]] = max(vehicles.get(r[number], 0), int(r[at["Number of Vehicles"]]))
        clock = r[at["Time (24hr)"]].zfill(4)
        year = next(y for y in forms if y in stem)
        day = datetime.datetime.strptime(r[at["Accident Date"]], forms[year])
        times.setdefault(r[number], day + datetime.timedelta(hours=int(clock[:2]), minutes=int(clock[2:])))
    from_incident = (" FROM incident AS i JOIN source AS s ON s.id = i.source_id JOIN category AS k "
                     "ON k.id = i.category_id JOIN collision AS c ON c.incident_id = i.id WHERE s.name = ?")
    got = ask("SELECT i.reference, lower(k.name), c.n_vehicles, i.start" + from_incident)
    assert len(got) == len(worst), stem
    for reference, name, n, start in got:
        assert worst[reference] == name and vehicles[reference] == n, (stem, reference)
        assert datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=start) == times[reference], (stem, reference)
PY
    [ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "samples of STATS19 in old and middle names, codes and labels" {
    needs_shared
    kerb 0 import "$KERB_SHARED/data/collisions/gb_sample/ac_sample1000.csv" s.sqlite --json
    json 'd["records"]["collisions"] == 1000' 'd["loaded"] == 1000'
    kerb 0 import "$KERB_SHARED"/data/collisions/schema/*_raw.csv r.sqlite --json
    json 'd["records"] == {"collisions": 3, "vehicles": 0, "casualties": 0}' 'd["by_reason"] == {"no_such_collision": 6}' \
        'd["loaded"] == 3'
}

@test "casualties as points: at their collision's place, under names of their own" {
    make_tables
    kerb 0 import t s.sqlite --format stats19-casualties --json
    json 'd["records"] == {"collisions": 0, "vehicles": 0, "casualties": 3}' 'd["read"] == 3' 'd["loaded"] == 3' \
        'sorted(f["skipped"] for f in d["files"] if "skipped" in f) == ["collisions, read for their places", "vehicles, which were not asked for"]'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 3' \
        '[(c["name"], c["n"]) for c in d["categories"]] == [("Fatal casualty", 1), ("Serious casualty", 1), ("Slight casualty", 1)]'
    # the collisions themselves may still be loaded beside them, and the casualties not twice
    kerb 0 import t s.sqlite --json
    json 'd["records"]["collisions"] == 2'
    kerb 1 import t s.sqlite --format stats19-casualties
    one_line
    says "nothing new"
    kerb 1 import t/casualties.csv c.sqlite --format stats19-casualties
    one_line
    says "name the table of their collisions too"
}

@test "Waltham Forest: 358 casualties killed or seriously injured, in 341 collisions" {
    needs_shared
    kerb 0 density "$KERB_SHARED/data/collisions/waltham_forest" k.tif --format stats19-casualties \
        --category 'Fatal casualty,Serious casualty' --pool KSI --json
    json 'd["events_used"] == 358'
    kerb 0 density "$KERB_SHARED/data/collisions/waltham_forest" c.tif --category Fatal,Serious --pool KSI --json
    json 'd["events_used"] == 341'
}
