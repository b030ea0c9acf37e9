load common

# finding CHECK EXPRESSION: some finding `f` of the check fulfils the Python expression.
finding() {
    json "any(f['check'] == '$1' and ($2) for f in d['findings'])"
}
no_finding() {
    json "not any(f['check'] == '$1' and ($2) for f in d['findings'])"
}

@test "files and a store give the same findings, and lines that name every check" {
    make_points
    kerb 0 check points.csv --json
    json 'd["events_read"] == 10' 'd["events_used"] == 10' 'd["outputs"] == []' \
        '{c["check"] for c in d["checks"]} >= {"hit_rate", "stacks", "snap_points", "guard_zone", "times"}' \
        'all(f["sentence"].endswith(".") and f["severity"] in ("ok", "note", "warning") for f in d["findings"])' \
        'd["warnings"] == sum(f["severity"] == "warning" for f in d["findings"])'
    printf '%s' "$output" > files.json
    kerb 0 import points.csv store.sqlite
    kerb 0 check store.sqlite --json
    printf '%s' "$output" > store.json
    python3 - <<'PY'
import json
a, b = (json.load(open(f))["findings"] for f in ("files.json", "store.json"))
assert [f for f in b if f["check"] != "spatial_index"] == a
assert [f["severity"] for f in b if f["check"] == "spatial_index"] == ["ok"]
PY
    kerb 0 check store.sqlite
    [[ "$output" == *"Hit rate"*"100.0 % of 10 incidents"*"Guard zone"*"Spatial index"* ]]
}

@test "warnings do not change the exit code; rejected rows under --strict do" {
    make_points
    echo 'a1,2024-13-05,Burglary,450010,300010' >> points.csv
    kerb 0 check points.csv --json
    finding rejects 'f["subject"].get("reason") == "bad_date" and f["figures"]["rows"] == 1'
    kerb 3 check points.csv --strict -q
    # a choice of rows changes what is checked, not what was read
    kerb 0 check points.csv --category Robbery --json
    json 'd["events_used"] == 2'
    finding rejects 'f["figures"].get("loaded") == 10 and f["figures"]["rejected"] == 1'
}

@test "outputs: JSON, CSV and a page, whole or not at all, never over an input" {
    make_points
    cp points.csv copy.csv
    kerb 0 check points.csv copy.csv -q
    only copy.csv points.csv
    kerb 0 check points.csv out.json
    kerb 0 check points.csv out.csv
    kerb 0 check points.csv out.html
    only copy.csv out.csv out.csv.json out.html out.json points.csv
    kerb 0 check points.csv other.html --threads 1
    cmp out.html other.html
    python3 - <<'PY'
import csv, json
d = json.load(open("out.json"))
assert d["kerb"]["command"] == "check" and d["findings"] and d["kerb"]["events_used"] == 10
rows = list(csv.DictReader(open("out.csv", encoding="utf-8-sig", newline="")))
assert {"finding", "check", "severity", "source", "figure", "value", "sentence"} <= set(rows[0])
assert {r["check"] for r in rows} == {f["check"] for f in d["findings"]}
assert json.load(open("out.csv.json"))["kerb"] == d["kerb"]
page = open("out.html").read()
assert page.startswith("<section") and page.rstrip().endswith("</section>") and "<script" not in page
PY
    # there already: refused; with --overwrite replaced, but a table of incidents never is
    kerb 1 check points.csv out.html
    one_line
    kerb 0 check points.csv out.csv --overwrite
    kerb 0 check points.csv copy.csv --overwrite -q
    cmp points.csv copy.csv
    kerb 1 check points.csv out.tif
    one_line
    kerb 1 check points.csv missing/out.html
    one_line
    [ ! -e missing ]
}

@test "names in a page, a table and lines are harmless" {
    python3 - <<'PY'
evil = '"></bdi></td><script>alert(1)</script><img src=x onerror=alert(2)>&<!--'
import csv
with open("evil.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["id", "date", "category", "location", "source", "easting", "northing"])
    for i in range(60):
        w.writerow([i, "2024-01-%02d" % (i % 28 + 1), evil, "=cmd|' /C calc'!A0", "<b>'&\"</b>", 450010, 300010])
    for i in range(60):
        w.writerow([100 + i, "2024-01-%02d" % (i % 28 + 1), "\x1b[31mred\nline\u202egnp", "x" * 110, "@SUM(1)", 450500 + i, 300010])
PY
    kerb 0 check evil.csv out.html -q
    kerb 0 check evil.csv out.csv -q
    kerb 0 check evil.csv
    [[ "$output" != *$'\x1b'* ]]
    python3 - <<'PY'
import csv
from html.parser import HTMLParser
allowed = {"section", "h2", "h3", "p", "bdi", "b", "table", "caption", "thead", "tbody", "tr", "th", "td", "br", "details", "summary", "pre"}
class Check(HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        assert tag in allowed, tag
        assert all(k in ("class", "id", "scope", "lang", "aria-labelledby") for k, v in attrs), attrs
        if tag != "br":
            self.stack.append(tag)
    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, tag
    def handle_comment(self, data):
        raise AssertionError(data)
text = open("out.html", encoding="utf-8").read()
c = Check(); c.feed(text); c.close()
assert not c.stack
assert "alert(1)" in text and "<script" not in text
assert not any(ch in text for ch in "\x1b\u202e")
rows = list(csv.reader(open("out.csv", encoding="utf-8-sig", newline="")))
assert len({len(r) for r in rows}) == 1
assert not any(cell[:1] in "=+-@" for r in rows[1:] for i, cell in enumerate(r) if cell and i != 11), "formula"
PY
}

@test "a damaged index is told" {
    make_points
    kerb 0 import points.csv store.sqlite -q
    python3 - <<'PY'
import sqlite3
db = sqlite3.connect("store.sqlite")
db.execute("DELETE FROM idx_incident_geom WHERE pkid = 3")
db.commit()
PY
    kerb 0 check store.sqlite --json
    finding spatial_index 'f["severity"] == "warning" and "1 incidents are missing" in f["sentence"]'
}

@test "the study area and its guard zone; sets of areas" {
    make_points
    make_wards
    kerb 0 import points.csv store.sqlite -q
    kerb 0 areas wards.geojson store.sqlite --set wards --role ward --id code --name title -q
    kerb 0 check store.sqlite --study-area wards:W2 --json
    finding out_of_area 'f["subject"].get("set") == "wards:W2" and f["figures"]["outside"] == 9'
    finding out_of_area 'f["subject"].get("set") == "wards" and f["figures"]["outside"] == 0'
    finding guard_zone 'f["severity"] == "note" and "Too few places" in f["sentence"]'
    kerb 0 check points.csv --areas wards.geojson --id code --json
    finding out_of_area 'f["subject"].get("set") == "wards.geojson"'
}

@test "incidents in sensitive places look as if they had no place" {
    make_points
    # the same with blanks where a place would lie in the square
    awk -F, 'NR == 1 || $4 < 450000 || $4 > 451000 { print; next } { $4 = ""; $5 = ""; print }' OFS=, points.csv > blank.csv
    cat > refuge.geojson <<'JSON'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::27700"}},"features":[
{"type":"Feature","properties":{"code":"secret"},"geometry":{"type":"Polygon","coordinates":[[[450000,299000],[451000,299000],[451000,302000],[450000,302000],[450000,299000]]]}}]}
JSON
    kerb 0 import points.csv masked.sqlite -q
    kerb 0 areas refuge.geojson masked.sqlite --set refuges --role sensitive --id code -q
    mkdir other && cp blank.csv other/points.csv
    kerb 0 import other/points.csv blank.sqlite -q
    kerb 0 check masked.sqlite out.html
    [[ "$output" != *refuges* && "$output" != *secret* ]]
    kerb 0 check blank.sqlite blank.html
    cmp out.html blank.html
}

@test "a plane needs its own radius" {
    make_points
    kerb 2 check points.csv --crs none --x easting --y northing
    says "--bandwidth is required"
    kerb 0 check points.csv --crs none --x easting --y northing --bandwidth 400 --json
    json 'd["parameters"]["bandwidth_radius"] == 400'
}

@test "real months: the list of places breaks in 2022-07 and nowhere in 2020 and 2021" {
    needs_shared
    kerb 0 check "$KERB_SHARED"/data/police/*leicestershire* --json -q
    json '[f["subject"]["month"] for f in d["findings"] if f["check"] == "snap_points" and "month" in f["subject"]] == ["2022-07"]'
    finding snap_points 'f["subject"].get("month") == "2022-07" and 0.03 < f["figures"]["seen_before_share"] < 0.06'
    finding months '"from 2022-01 to 2022-05" in f["sentence"]'
    no_finding area_codes 'f["severity"] == "warning"'
    finding out_of_area '"Belleville Road" in f["subject"].get("place", "") and f["figures"]["distance_m"] > 100000'
    # the pair alone
    kerb 0 check "$KERB_SHARED"/data/police/2022-0[67]-leicestershire-street.csv --json -q
    finding snap_points 'f["subject"].get("month") == "2022-07" and f["severity"] == "warning"'
    kerb 0 check "$KERB_SHARED"/data/police/2020*leicestershire* "$KERB_SHARED"/data/police/2021*leicestershire* --json -q
    no_finding snap_points 'f["severity"] != "ok"'
    kerb 0 check "$KERB_SHARED"/data/police/*warwickshire* --json -q
    no_finding snap_points 'f["severity"] != "ok"'
}

@test "real months: hit rates are those of a plain count" {
    needs_shared
    kerb 0 check "$KERB_SHARED"/data/police --json -q
    printf '%s' "$output" > check.json
    python3 - "$KERB_SHARED/data/police" <<'PY'
import csv, glob, json, sys
from collections import Counter
rows, kept = [], {}
# one row a Crime ID and force: the latest month's
for path in sorted(glob.glob(sys.argv[1] + "/*.csv"), reverse=True):
    for r in csv.DictReader(open(path, newline="")):
        key = (r["Reported by"], r["Crime ID"])
        if r["Crime ID"] and kept.setdefault(key, path) != path:
            continue
        rows.append(r)
n, located = Counter(), Counter()
for r in rows:
    for key in ((r["Reported by"], "", ""), (r["Reported by"], r["Crime type"], ""), (r["Reported by"], "", r["Month"])):
        n[key] += 1
        located[key] += r["Longitude"] != ""
seen = {}
for f in json.load(open("check.json"))["findings"]:
    s = f["subject"]
    if f["check"] == "hit_rate" and "hit_share" in f["figures"] and "area" not in s:
        seen[(s["source"], s.get("category", ""), s.get("month", ""))] = f["figures"]
assert set(seen) == set(n), set(seen) ^ set(n)
for key, figures in seen.items():
    assert figures["incidents"] == n[key] and figures["located"] == located[key], key
    assert abs(figures["hit_share"] - located[key] / n[key]) < 1e-12, key
worst = min((v["hit_share"], k[2]) for k, v in seen.items() if k[2])
assert worst[1] == "2020-03" and 0.85 < worst[0] < 0.87, worst
PY
}

@test "real times and places: robberies on the hour, calls known to a square, codes and polygons" {
    needs_shared
    kerb 0 check "$KERB_SHARED/data/timestamped/memphis_robberies.csv" --crs EPSG:32616 --json -q
    finding times 'f["figures"].get("on_the_hour") == 549 and f["severity"] == "note"'
    kerb 0 check "$KERB_SHARED/data/fire/lfb_animal_rescues.csv" --json -q
    finding hit_rate '0.45 < f["figures"].get("coarse", 0) / f["figures"]["incidents"] < 0.55 and "category" not in f["subject"] and "month" not in f["subject"]'
    kerb 0 check "$KERB_SHARED/data/police/2020-06-leicestershire-street.csv" \
        --areas "$KERB_SHARED/data/boundaries/lsoa11.geojson" --id LSOA11CD --json -q
    finding area_codes '0.96 <= f["figures"].get("agreed_share", 0) <= 0.98'
}

@test "the order of rows and of files changes nothing, nor do threads and locale" {
    needs_shared
    mkdir there back
    for month in 2020-05 2020-06; do
        file=$month-leicestershire-street.csv
        cp "$KERB_SHARED/data/police/$file" "there/$file"
        { head -n 1 "there/$file"; tail -n +2 "there/$file" | tac; } > "back/$file"
    done
    kerb 0 check there there.html -q --threads 1
    kerb 0 check back back.html -q --threads 4
    cmp there.html back.html
    LC_ALL=de_DE.UTF-8 kerb 0 check there german.html -q
    cmp there.html german.html
}

@test "a list of places has the spacing that brute force measures" {
    needs_shared
    kerb 0 check "$KERB_SHARED/data/police/2020-06-leicestershire-street.csv" --json -q
    printf '%s' "$output" > check.json
    python3 - "$KERB_SHARED/data/police/2020-06-leicestershire-street.csv" <<'PY'
import csv, json, math, sys
places = {(float(r["Longitude"]), float(r["Latitude"])) for r in csv.DictReader(open(sys.argv[1], newline="")) if r["Longitude"]}
k = math.cos(math.radians(52.65)) * 111320
xy = sorted((y * 111260, x * k) for x, y in places)
nearest = []
for i, (y, x) in enumerate(xy):
    best = 1e9
    for step in (-1, 1):
        j = i + step
        while 0 <= j < len(xy) and abs(xy[j][0] - y) < best:
            best = min(best, math.hypot(xy[j][0] - y, xy[j][1] - x))
            j += step
    nearest.append(best)
nearest.sort()
want = nearest[(len(nearest) - 1) // 2]
got = [f["figures"]["median_spacing_m"] for f in json.load(open("check.json"))["findings"] if "median_spacing_m" in f["figures"]]
assert len(got) == 1 and abs(got[0] / want - 1) < 0.01, (got, want)
PY
}
