load common

@test "counts, shares and exact rates; the border belongs to the first" {
    make_points
    make_wards
    echo 'c1,2024-02-12 10:00,Robbery,451000,300500' >> points.csv
    echo 'c2,2024-02-12 10:00,Robbery,470000,300500' >> points.csv
    kerb 0 beats points.csv out.csv --areas wards.geojson --id code --name title --population people@2021 --json
    json 'd["assigned"] == 11' 'd["unassigned"] == 1' 'd["excluded"] == {"outside_every_area": 1}' 'd["events_used"] == 11'
    python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("out.csv", encoding="utf-8-sig")))
west, east = rows
assert (west["id"], west["name"], west["n"]) == ("W1", "West", "10"), west
assert (east["id"], east["n"]) == ("W2", "1"), east
assert abs(float(west["rate_per_1000"]) - 5.0) < 1e-12
assert abs(float(west["rate_low"]) - 4.795389 / 2) < 1e-5, west
assert abs(float(west["rate_high"]) - 18.390356 / 2) < 1e-5, west
assert abs(float(west["share_of_events"]) - 10 / 11) < 1e-12
assert abs(float(west["area_km2"]) - 6.0) < 1e-9
assert west["population"] == "2000" and west["population_year"] == "2021"
PY
}

@test "without a population there is no rate: empty in CSV, null in GeoJSON" {
    make_points
    make_wards
    kerb 0 beats points.csv out.csv --areas wards.geojson --id code
    python3 -c '
import csv
assert all(r["rate_per_1000"] == "" and r["rate_low"] == "" for r in csv.DictReader(open("out.csv", encoding="utf-8-sig")))'
    kerb 0 beats points.csv out.geojson --areas wards.geojson --id code
    python3 -c '
import json
d = json.load(open("out.geojson"))
assert all(f["properties"]["rate_per_1000"] is None for f in d["features"])
assert "crs" not in d and len(d["features"]) == 2'
}

@test "a store knows its beats" {
    make_points
    make_wards
    kerb 0 import points.csv s.sqlite
    kerb 0 areas wards.geojson s.sqlite --set wards --role ward --id code --name title
    kerb 0 beats s.sqlite out.gpkg --json
    json 'd["parameters"]["set"] == "wards"'
    [ "$(ogrinfo -q -al out.gpkg beats | grep -c '^OGRFeature')" -eq 2 ]
}

@test "no areas named is wrong usage" {
    make_points
    kerb 2 beats points.csv out.csv
    one_line
    says --areas --set
    only points.csv
}

@test "district counts of a real month agree with its own small-area names" {
    needs_shared
    file="$KERB_SHARED/data/police/2021-03-leicestershire-street.csv"
    kerb 0 beats "$file" lsoa.csv --areas "$KERB_SHARED/data/boundaries/lsoa11.geojson" --json
    json 'd["assigned_by_code"] > 0.95 * d["assigned"]'
    python3 - "$file" <<'PY'
import csv, sys, collections
want = collections.Counter(r["LSOA code"] for r in csv.DictReader(open(sys.argv[1])))
rows = list(csv.DictReader(open("lsoa.csv", encoding="utf-8-sig")))
wrong = [r for r in rows if int(r["n"]) < want[r["id"]]]
assert len(rows) > 900 and not wrong, wrong[:3]
PY
}
