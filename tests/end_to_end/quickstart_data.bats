load ../cli/common

# The invented town of the quick start: what was planted is found where it was planted, and the even
# ward stays empty. Truth comes from planted.csv, not from an earlier run.

@test "the planted places rank first, and no hotspot lies in the even ward" {
    kerb 0 run "$KERB_SOURCE/data/quickstart/study.yaml" -o out --json
    json 'd["import"]["read"] == 1538' 'd["import"]["loaded"] == 1537' 'd["import"]["without_geometry"] == 30'
    python3 - "$KERB_SOURCE/data/quickstart" <<'PY'
import csv, sys
folder = sys.argv[1]
planted = list(csv.DictReader(open(folder + "/planted.csv")))
for category, name in (("Violence and sexual offences", "violence_and_sexual_offences"), ("Shoplifting", "shoplifting"), ("Burglary", "burglary")):
    (truth,) = [p for p in planted if p["category"] == category]
    n_planted = sum(int(truth[k]) for k in truth if k.startswith("n_"))
    rows = list(csv.DictReader(open(f"out/hotspots_{name}.csv", encoding="utf-8-sig")))
    first = rows[0]
    assert first["rank"] == "1"
    # every planted row lies in the polygon, and little else does
    assert n_planted <= int(first["n"]) <= 1.15 * n_planted, (category, n_planted, first["n"])
    ring = first["wkt"] if "wkt" in first else first["WKT"]
    numbers = [float(v) for pair in ring[ring.index("(") :].replace("(", "").replace(")", "").split(",") for v in pair.split()]
    xs, ys = numbers[0::2], numbers[1::2]
    x, y, r = float(truth["easting_m"]), float(truth["northing_m"]), float(truth["radius_m"])
    assert min(xs) < x < max(xs) and min(ys) < y < max(ys), "the centre is inside the box of the polygon"
    # the polygon reaches past the planted disc by the bandwidth at the most
    assert max(xs) - min(xs) < 2 * (r + 300) and max(ys) - min(ys) < 2 * (r + 300)
    assert not any("Osier Green" in row["name"] for row in rows), rows
PY
}

@test "the wards' rates are counts over residents" {
    kerb 0 run "$KERB_SOURCE/data/quickstart/study.yaml" -o out
    python3 - "$KERB_SOURCE/data/quickstart" <<'PY'
import csv, json, sys
residents = {f["properties"]["WARD_CODE"]: f["properties"]["RESIDENTS"] for f in json.load(open(sys.argv[1] + "/wards.geojson"))["features"]}
rows = list(csv.DictReader(open("out/beats_wards.csv", encoding="utf-8-sig")))
assert len(rows) == 5
for row in rows:
    assert float(row["population"]) == residents[row["id"]]
    assert abs(float(row["rate_per_1000"]) - 1000 * int(row["n"]) / residents[row["id"]]) < 1e-9
    assert float(row["rate_low"]) < float(row["rate_per_1000"]) < float(row["rate_high"])
assert abs(sum(float(row["share_of_events"]) for row in rows) - 1) < 1e-12
# 86 map points, one row a month on each, three months: the even ward
assert [int(row["n"]) for row in rows if row["name"] == "Osier Green"] == [258], rows
PY
}
