load ../cli/common

# The sample county, data/sample: what was planted is found where it was planted. Every number comes
# from truth.json, which the generator counted from the rows it wrote.

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    local sample=$KERB_SOURCE/data/sample
    {
        "$KERB" import "$sample/police" all.sqlite --format "$sample/police.yaml" --json >police.json
        "$KERB" import "$sample/calls" all.sqlite --format "$sample/calls.yaml" --json >calls.json
        "$KERB" import "$sample/fire" all.sqlite --format "$sample/fire.yaml" --json >fire.json
        "$KERB" import "$sample/stats19" all.sqlite --json >stats19.json
        "$KERB" areas "$sample/areas/beats.geojson" all.sqlite --set beats --role beat --id BEAT --name BEAT_NAME
        "$KERB" areas "$sample/areas/district.geojson" all.sqlite --set district --role study --id DISTRICT
        "$KERB" areas "$sample/areas/venues.geojson" all.sqlite --set venues --role venue --id VENUE
        "$KERB" areas "$sample/areas/prison.geojson" all.sqlite --set prison --role exclude --id SITE
    } >log.txt 2>&1 || {
        cat log.txt
        return 1
    }
    cat >truth.py <<'PY'
import csv, json, math, os, sys

sample = os.environ["KERB_SOURCE"] + "/data/sample"
items = {item["id"]: item["expected"] for item in json.load(open(sample + "/truth.json"))}

def table(path):
    return list(csv.DictReader(open(path, encoding="utf-8-sig")))

def report(name):
    return json.load(open(os.environ["BATS_FILE_TMPDIR"] + "/" + name))

def ring(row):
    text = row["wkt"]
    text = text[text.index("(") :].replace("(", "").split(")")[0]
    return [tuple(float(v) for v in pair.split()) for pair in text.split(",")]

def holds(row, place):
    """Even-odd rule on the outer ring."""
    x, y = place["easting_m"], place["northing_m"]
    corners, inside = ring(row), False
    for (ax, ay), (bx, by) in zip(corners, corners[1:]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside

def farthest_m(row, place):
    return max(math.hypot(x - place["easting_m"], y - place["northing_m"]) for x, y in ring(row))
PY
}

# truth CODE: run Python with the helpers above.
truth() {
    PYTHONPATH=$BATS_FILE_TMPDIR PYTHONDONTWRITEBYTECODE=1 python3 -c "from truth import *
$1"
}

all() {
    printf '%s' "$BATS_FILE_TMPDIR/all.sqlite"
}

@test "every row of the police force's extract is loaded or refused as planted" {
    truth '
t, d = items["police_import"], report("police.json")
for key in ("loaded", "rejected", "without_geometry"):
    assert d[key] == t[key], (key, d[key], t[key])
assert d["duplicates"] == t["by_reason"]["repeated_reference"] == t["rejected"]
assert d["read"] == sum(n for name, n in items["rows"].items() if name.startswith("police/"))
assert d["without_date"] == 0'
}

@test "the call log, the collisions and each file's rows are all there" {
    truth '
rows = {name.split("/")[1]: n for name, n in items["rows"].items()}
n_files = 0
for name in ("police.json", "calls.json", "fire.json", "stats19.json"):
    for f in report(name)["files"]:
        if "read" not in f:
            continue  # skipped, and said so
        assert f["read"] == rows[f["name"].split("/")[-1]] == f["loaded"] + f["rejected"], f
        n_files += 1
assert n_files >= 6, n_files
t, d = items["collisions"], report("stats19.json")
(file,) = [f for f in d["files"] if f["name"].endswith("collision.csv")]
assert file["loaded"] == t["collisions"] and file["without_geometry"] == t["without_geometry"]
assert report("calls.json")["rejected"] == 0'
}

@test "masked grids of the fire service stay squares of their size" {
    truth '
t, d = items["fire_masked"], report("fire.json")
assert (d["read"], d["loaded"], d["rejected"]) == (t["rows"], t["rows"], 0), d'
    truth '
import sqlite3
store = sqlite3.connect("file:" + os.environ["BATS_FILE_TMPDIR"] + "/all.sqlite?mode=ro", uri=True)
cells = dict(store.execute("SELECT cell_m, count(*) FROM incident WHERE cell_m IS NOT NULL GROUP BY 1"))
t = items["fire_masked"]
assert cells == {100.0: t["masked_100m"], 1000.0: t["masked_1000m"]}, cells'
}

@test "the months as data.police.uk has them: equal rows are separate, none is lost" {
    kerb 0 import "$KERB_SOURCE/data/sample/police-uk" uk.sqlite --json
    printf '%s' "$output" >uk.json
    truth '
import collections
t, d = items["police_uk_import"], json.load(open("uk.json"))
for key in ("loaded", "rejected", "without_geometry"):
    assert d[key] == t[key], (key, d[key], t[key])
lines = collections.Counter()
for f in d["files"]:
    name = f["name"].split("/")[-1]
    lines.update(open(sample + "/police-uk/" + name[:7] + "/" + name).read().splitlines()[1:])
assert sum(n - 1 for n in lines.values()) == t["equal_rows"] > 0'
}

@test "the town centres are the hotspots of the night, and not of the day" {
    kerb 0 hotspots "$(all)" night.csv --source "Wrenshire Police" --category "Violence with injury" --hours 22-04 --bandwidth 300m --level 3xmean
    kerb 0 hotspots "$(all)" day.csv --source "Wrenshire Police" --category "Violence with injury" --hours 08-20 --exclude prison --bandwidth 300m --level 3xmean
    truth '
night, day = table("night.csv"), table("day.csv")
for key in ("night_osmerby", "night_hexwold"):
    t = items[key]
    (found,) = [row for row in night if holds(row, t)]
    assert int(found["rank"]) == t["rank"], (key, found["rank"])
    # all that was planted lies in it, and little else
    assert t["n_night"] <= int(found["n"]) <= 1.1 * t["n_night"], (key, found["n"])
    assert farthest_m(found, t) < t["radius_m"] + 300
    # by day people meet there as they do elsewhere in the town
    assert t["n_day"] < 0.02 * t["of_day"] < 0.2 * t["n_night"]
    assert all(int(row["n"]) < 0.05 * t["of_day"] for row in day if holds(row, t)), key
assert len(day) >= 1'
}

@test "the circuit is a hotspot on the days of its events alone; the showground never is" {
    # the day of the most attended events, and the same weekdays a fortnight before
    truth '
import datetime
def fortnight_before(day): return str(datetime.date.fromisoformat(day) - datetime.timedelta(14))
held = {e["from"] for e in items["venue_events"]["events"]}
for key, venue in (("venue_events", "SKELDER"), ("venue_without_effect", "ALDERFEN")):
    events = [e for e in items[key]["events"] if fortnight_before(e["from"]) not in held]
    for e in sorted(events, key=lambda e: -e["n"])[:3]:
        print(venue, e["from"], e["to"], fortnight_before(e["from"]), fortnight_before(e["to"]), e["n"])' >events.txt
    [ "$(wc -l <events.txt)" -eq 6 ]
    local venue from to before_from before_to n
    while read -r venue from to before_from before_to n; do
        kerb 0 beats "$(all)" on.csv --set venues --category "Other theft" --from "$from" --to "$to" --overwrite
        kerb 0 beats "$(all)" off.csv --set venues --category "Other theft" --from "$before_from" --to "$before_to" --overwrite
        truth "
on, off = ({row['id']: int(row['n']) for row in table(name)} for name in ('on.csv', 'off.csv'))
assert on['$venue'] == $n, ('$venue', '$from', on)
if '$venue' == 'SKELDER':
    assert on['$venue'] >= 10 and off['$venue'] <= 1, (on, off)
else:
    assert on['$venue'] <= 1 and off['$venue'] <= 1, (on, off)"
    done <events.txt
    read -r venue from to before_from before_to n <events.txt
    kerb 0 hotspots "$(all)" on.geojson.csv --category "Other theft" --from "$from" --to "$to" --bandwidth 400m --level 3xmean
    kerb 0 hotspots "$(all)" off.geojson.csv --category "Other theft" --from "$before_from" --to "$before_to" --bandwidth 400m --level 3xmean
    truth "
t = items['venue_events']
on, off = table('on.geojson.csv'), table('off.geojson.csv')
assert on[0]['rank'] == '1' and holds(on[0], t) and int(on[0]['n']) >= 0.6 * $n, on
assert not any(holds(row, t) for row in off)"
}

@test "rural clusters rank first among serious collisions, and no complaining village has one" {
    kerb 0 hotspots "$(all)" ksi.csv --source STATS19 --category Serious --bandwidth 500m --level 3xmean
    truth '
t, found = items["rural_ksi"], table("ksi.csv")
ranks = set()
for cluster in t["clusters"]:
    (row,) = [row for row in found if holds(row, cluster)]
    assert int(row["n"]) >= cluster["serious"], (cluster, row["n"])
    ranks.add(int(row["rank"]))
assert ranks == {1, 2, 3}, ranks
for village in t["complaining"]:
    assert village["ksi"] == 0
    assert not any(holds(row, village) for row in found), village
complaints = {}
for row in table(sample + "/speed-complaints.csv"):
    complaints[row["place_name"]] = complaints.get(row["place_name"], 0) + int(row["n_complaints"])
most = sorted(complaints, key=complaints.get)[-4:]
assert sorted(most) == sorted(v["name"] for v in t["complaining"]), most'
}

@test "criminal damage rose in one beat and stayed within three in the others" {
    local year
    for year in 2022 2023 2024; do
        kerb 0 beats "$(all)" "damage_$year.csv" --set beats --category "Criminal damage" --from $year-04 --to $((year + 1))-04
    done
    truth '
t = items["beat_change"]
counts = [{row["id"]: int(row["n"]) for row in table(f"damage_{year}.csv")} for year in (2022, 2023, 2024)]
assert {beat: [c[beat] for c in counts] for beat in t} == t, counts
assert (t["WB2"][1], t["WB2"][2]) == (180, 270)
assert all(abs(n[2] - n[1]) <= 3 for beat, n in t.items() if beat != "WB2")'
}

@test "the prison holds most of the violence of its beat, and leaves with --exclude" {
    kerb 0 beats "$(all)" with.csv --set beats --category "Violence with injury"
    kerb 0 beats "$(all)" without.csv --set beats --category "Violence with injury" --exclude prison
    truth '
t = items["prison"]
with_it, without = ({row["id"]: int(row["n"]) for row in table(name)} for name in ("with.csv", "without.csv"))
assert with_it[t["beat"]] == t["n"] and without[t["beat"]] == t["n_without_prison"]
assert t["n_without_prison"] < 0.5 * t["n"]
assert all(with_it[beat] == without[beat] for beat in with_it if beat != t["beat"])'
}

@test "every item of the truth is found here or owed by name" {
    truth '
for item in json.load(open(sample + "/truth.json")):
    assert item["status"].startswith("found by tests/") or item["status"].startswith("owed to "), item["id"]
    assert item["expected"] and item["what"] and item["analysis"]
    for name in item["files"]:
        assert os.path.exists(sample + "/" + name), (item["id"], name)'
}

@test "the study of the quick start: planted places rank first, rates are counts over residents" {
    kerb 0 run "$KERB_SOURCE/data/sample/study.yaml" -o out --json
    printf '%s' "$output" >run.json
    truth '
d = json.load(open("run.json"))
used = ("police/", "calls/", "fire/", "stats19/collision.csv")
rows = sum(n for name, n in items["rows"].items() if name.startswith(used))
assert d["import"]["read"] >= rows and d["import"]["read"] == d["import"]["loaded"] + d["import"]["rejected"]
for name, place in (("violence_with_injury_wrenshire_police", items["night_osmerby"]),
                    ("other_theft_wrenshire_police", items["venue_events"]),
                    ("asb_nuisance_wrenshire_call_log", items["night_osmerby"]),
                    ("serious_stats19", items["rural_ksi"]["clusters"][0])):
    first = table(f"out/hotspots_{name}.csv")[0]
    assert first["rank"] == "1" and holds(first, place), (name, first["name"])
layer = json.load(open(sample + "/areas/beats.geojson"))
residents = {f["properties"]["BEAT"]: f["properties"] for f in layer["features"]}
for row in table("out/beats_beats_wrenshire_police.csv"):
    people = residents[row["id"]]["RESIDENTS_" + row["population_year"]]
    assert float(row["population"]) == people
    assert abs(float(row["rate_per_1000"]) - 1000 * int(row["n"]) / people) < 1e-9
    assert float(row["rate_low"]) < float(row["rate_per_1000"]) < float(row["rate_high"])'
}

@test "small areas, beats and district tile: no gap, no overlap" {
    truth '
def parts(name):
    return {tuple(f["properties"].values())[0]: f for f in json.load(open(f"{sample}/areas/{name}.geojson"))["features"]}
def twice_area(f):
    (ring,) = f["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(ring, ring[1:]))
def sides(f):
    (ring,) = f["geometry"]["coordinates"]
    return {(tuple(a), tuple(b)) for a, b in zip(ring, ring[1:])}
def border(group):
    # sides that no neighbour walks the other way: what is left of the outlines of a tiling
    every = [side for f in group for side in sides(f)]
    assert len(every) == len(set(every))
    return {(a, b) for a, b in set(every) if (b, a) not in set(every)}
small, beats, (district,) = parts("small-areas"), parts("beats"), parts("district").values()
assert len(small) == 200 and len(beats) == 5
assert all(twice_area(f) > 0 for f in small.values())
for code, beat in beats.items():
    mine = [f for f in small.values() if f["properties"]["BEAT"] == code]
    assert border(mine) == sides(beat) and sum(map(twice_area, mine)) == twice_area(beat)
    for year in (2022, 2023, 2024):
        key = f"RESIDENTS_{year}"
        assert sum(f["properties"][key] for f in mine) == beat["properties"][key]
assert border(beats.values()) == sides(district)
assert sum(map(twice_area, beats.values())) == twice_area(district)'
}

@test "one category follows the land and one the residents, over 200 small areas" {
    kerb 0 beats "$KERB_SOURCE/data/sample/police" land.csv --format "$KERB_SOURCE/data/sample/police.yaml" --areas "$KERB_SOURCE/data/sample/areas/small-areas.geojson" --id AREA_CODE --population RESIDENTS_2023@2023 --category "Rural theft"
    kerb 0 beats "$KERB_SOURCE/data/sample/police" people.csv --format "$KERB_SOURCE/data/sample/police.yaml" --areas "$KERB_SOURCE/data/sample/areas/small-areas.geojson" --id AREA_CODE --population RESIDENTS_2023@2023 --category "Residential burglary"
    truth '
def chi_squared(rows, base):
    n, whole = sum(int(row["n"]) for row in rows), sum(float(row[base]) for row in rows)
    return sum((int(row["n"]) - n * float(row[base]) / whole) ** 2 / (n * float(row[base]) / whole) for row in rows)
land, people = table("land.csv"), table("people.csv")
assert len(land) == len(people) == 200
assert sum(int(row["n"]) for row in land) == items["uniform_category"]["n"]
assert sum(int(row["n"]) for row in people) == items["residents_category"]["n"]
# 199 degrees of freedom: 0.01 % of patterns lie beyond 278; each follows its own base and not the other
assert chi_squared(land, "area_km2") < 278 < chi_squared(land, "population"), chi_squared(land, "area_km2")
assert chi_squared(people, "population") < 278 < chi_squared(people, "area_km2"), chi_squared(people, "population")
print("chi squared", chi_squared(land, "area_km2"), chi_squared(people, "population"))'
}

@test "kerb check finds every planted flaw by itself" {
    kerb 0 check "$(all)" --json
    printf '%s' "$output" >check.json
    truth '
findings = json.load(open("check.json"))["findings"]
def one(check, figure, **subject):
    found = [f for f in findings if f["check"] == check and figure in f["figures"] and
             all(f["subject"].get(k) == v for k, v in subject.items()) and
             (set(f["subject"]) <= {"source", *subject})]
    assert len(found) == 1, (check, figure, subject, found)
    return found[0]
police, calls = "Wrenshire Police", "Wrenshire call log"

t = items["default_coordinate"]
place = "%d, %d" % (t["easting_m"], t["northing_m"])
(default,) = [f for f in findings if f["check"] == "default_coordinates" and "place" in f["subject"] and f["severity"] == "warning"]
assert default["subject"]["place"].startswith(place) and default["figures"]["incidents"] == t["n"], default
for beat, n in items["hit_rate"].items():
    figures = one("hit_rate", "located", source=police, area=beat)["figures"]
    assert (figures["incidents"], figures["located"]) == (n["n"], n["with_coordinates"]), (beat, figures)
worst = one("hit_rate", "located", source=police, area="WB4")
assert worst["severity"] != "ok"

t = items["out_of_area"]
(outside,) = [f for f in findings if f["check"] == "out_of_area" and f["subject"] == {"set": "district"}]
assert outside["figures"]["outside"] == t["beyond_the_border"] + t["swapped"]
assert one("out_of_area", "incidents_far", source=police)["figures"]["incidents_far"] == t["swapped"]

gap = one("months", "months_missing", source=calls, month=items["recording_break"]["first_month"])
assert gap["figures"]["months_missing"] == 2 and items["recording_break"]["rows"] == 0
assert gap["severity"] == "warning"
assert not [f for f in findings if f["check"] == "months" and f["subject"].get("source") == police
            and f["subject"].get("month", "2022-04") != "2022-04"]

equal = one("duplicates", "equal_incidents", source=calls)["figures"]
assert equal["equal_to_the_minute"] == 2 * items["called_twice"]["pairs"]
late = one("late_records", "over_30_days", source=police)["figures"]
assert late["over_30_days"] == items["late_records"]["late"] and late["incidents"] == items["late_records"]["of"]
(repeated,) = [f for f in findings if "repeated_references" in f["figures"]]
assert repeated["figures"]["repeated_references"] == items["police_import"]["rejected"]

t = items["time_heaping"]
assert one("times", "on_the_hour", source=police)["figures"]["on_the_hour"] == t["on_the_hour"]
assert one("times", "at_midnight", source=police)["figures"]["at_midnight"] == t["at_midnight"]'
}

@test "late records stand in the store with when they were recorded" {
    truth '
import sqlite3
store = sqlite3.connect("file:" + os.environ["BATS_FILE_TMPDIR"] + "/all.sqlite?mode=ro", uri=True)
late, n = store.execute("""SELECT sum(i.recorded - coalesce(i.time_end, i.start) > 30 * 86400), count(*)
    FROM incident AS i JOIN source AS s ON s.id = i.source_id WHERE s.name = "Wrenshire Police" """).fetchone()
t = items["late_records"]
assert (late, n) == (t["late"], t["of"]), (late, n)'
}

@test "a later extract replaces its period: new, changed, withdrawn" {
    local sample=$KERB_SOURCE/data/sample
    kerb 0 import "$sample/police" dated.sqlite --format "$sample/police.yaml" --as-at 2025-04-07 --json
    kerb 0 import "$sample/police-later" dated.sqlite --format "$sample/police.yaml" --as-at 2025-07-07 --replace-period 2025-01-01:2025-04-01 --json
    printf '%s' "$output" >later.json
    truth '
t, changes = items["later_extract"], json.load(open("later.json"))["changes"]
assert {key: changes[key] for key in t} == t, changes'
    # as it stood before, the store gives the counts of the first extract
    kerb 0 beats dated.sqlite before.csv --areas "$sample/areas/beats.geojson" --id BEAT --category "Theft from a vehicle" --as-at 2025-04-07
    kerb 0 beats "$(all)" first.csv --set beats --category "Theft from a vehicle"
    kerb 0 beats dated.sqlite after.csv --areas "$sample/areas/beats.geojson" --id BEAT --category "Theft from a vehicle"
    truth '
before, first, after = (sum(int(row["n"]) for row in table(name)) for name in ("before.csv", "first.csv", "after.csv"))
assert before == first and after < before, (before, first, after)'
}

@test "collisions, vehicles and casualties are linked, and the people killed or hurt are counted" {
    truth '
import sqlite3
t, d = items["collisions"], report("stats19.json")
assert d["records"] == {key: t[key] for key in ("collisions", "vehicles", "casualties")}, d["records"]
assert d["rejected"] == 0 and d["read"] == sum(d["records"].values())
store = sqlite3.connect("file:" + os.environ["BATS_FILE_TMPDIR"] + "/all.sqlite?mode=ro", uri=True)
ksi, children, unknown = store.execute("""SELECT sum(severity IN ("fatal", "serious")),
    sum(severity IN ("fatal", "serious") AND age < 16), sum(age IS NULL) FROM casualty""").fetchone()
assert (ksi, children, unknown) == (t["ksi_casualties"], t["ksi_children"], t["unknown_age"])
by_severity = dict(store.execute("""SELECT c.name, count(*) FROM incident AS i JOIN source AS s ON s.id = i.source_id
    JOIN category AS c ON c.id = i.category_id WHERE s.name = "STATS19" GROUP BY 1"""))
assert by_severity == {"Fatal": t["fatal"], "Serious": t["serious"], "Slight": t["slight"]}, by_severity'
}

@test "density: each year's surface holds the year's count, and the prison's mass leaves with it" {
    local year
    for year in 2022 2023 2024; do
        kerb 0 density "$(all)" "damage_$year.tif" --category "Criminal damage" --from $year-04 --to $((year + 1))-04 --bandwidth 400m --cell 100m --json
        printf '%s' "$output" >"density_$year.json"
    done
    kerb 0 density "$(all)" with.tif --category "Violence with injury" --bandwidth 400m --cell 100m --json
    printf '%s' "$output" >with.json
    kerb 0 density "$(all)" without.tif --category "Violence with injury" --bandwidth 400m --cell 100m --exclude prison --json
    printf '%s' "$output" >without.json
    truth '
t = items["beat_change"]
for i, year in enumerate((2022, 2023, 2024)):
    d = json.load(open(f"density_{year}.json"))
    assert d["events_used"] == sum(n[i] for n in t.values()), (year, d["events_used"])
    # the study area cuts off what the kernels of its border spread beyond it
    p = d["parameters"]
    assert 0.97 * p["mass_events"] < p["mass_raster"] <= 1.001 * p["mass_events"], p
t = items["prison"]
all_of_it, outside = json.load(open("with.json")), json.load(open("without.json"))
assert all_of_it["events_used"] - outside["events_used"] == t["n"] - t["n_without_prison"]'
}

@test "people killed or seriously hurt, as points at the place of their collision" {
    kerb 0 beats "$KERB_SOURCE/data/sample/stats19" people.csv --format stats19-casualties --areas "$KERB_SOURCE/data/sample/areas/beats.geojson" --id BEAT --category "Serious casualty" --category "Fatal casualty"
    truth '
t = items["collisions"]
# whoever is badly hurt has a place: collisions without one were slight
assert sum(int(row["n"]) for row in table("people.csv")) == t["ksi_casualties"]'
}
