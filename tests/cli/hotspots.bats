load common

# Two clusters of known size and a sprinkling that is none.
make_clusters() {
    python3 - <<'PY'
rows = ["date,category,label,easting,northing"]
def add(n, x, y, label):
    for i in range(n):
        rows.append(f"2024-01-01,Theft,On or near {label},{x + (i * 37) % 120 - 60},{y + (i * 53) % 120 - 60}")
add(40, 450000, 300000, "Market Place")
add(20, 452000, 301000, "Station Road")
for i in range(15):
    rows.append(f"2024-01-01,Theft,On or near Lane {i},{447000 + i * 600},{303000 + (i % 3) * 900}")
open("clusters.csv", "w").write("\n".join(rows) + "\n")
PY
}

@test "clusters are found, ranked, named and counted; nothing is claimed" {
    make_clusters
    kerb 0 hotspots clusters.csv out.geojson --level 3xmean --bandwidth 300m --cell 20m --json
    json 'd["verdict"]["status"] == "not_tested"' 'd["verdict"]["p"] is None' 'd["n_hotspots"] == 2' 'd["lists"][0]["n"] == 75'
    python3 - <<'PY'
import json
d = json.load(open("out.geojson"))
assert d["verdict"]["status"] == "not_tested"
a, b = [f["properties"] for f in d["features"]]
assert a["rank"] == 1 and a["n"] == 40 and a["name"] == "Market Place", a
assert b["rank"] == 2 and b["n"] == 20 and b["name"] == "Station Road", b
assert abs(a["share_of_events"] - 40 / 75) < 1e-9
for p in (a, b):
    assert set("rank id name n n_places share_of_events area_km2 density_per_km2 expected expected_under ratio_to_expected ratio_low ratio_high p p_adj stability".split()) <= set(p)
    assert p["p"] is None and p["expected"] is None
PY
}

@test "no hotspot is an empty collection and a success" {
    printf 'date,x,y\n2024-01-01,450000,300000\n2024-01-01,455000,305000\n' > few.csv
    kerb 0 hotspots few.csv out.geojson --json
    json 'd["n_hotspots"] == 0'
    python3 -c 'import json; assert json.load(open("out.geojson"))["features"] == []'
}

@test "without a category each is run by itself" {
    make_clusters
    sed 's/Theft/Burglary/' clusters.csv | tail -n +2 >> clusters.csv
    kerb 0 hotspots clusters.csv out.geojson --bandwidth 300m --cell 20m --json
    json '[l["category"] for l in d["lists"]] == ["Burglary", "Theft"]' 'd["n_hotspots"] == 4'
    kerb 0 hotspots clusters.csv one.geojson --bandwidth 300m --cell 20m --pool Everything --json
    json 'len(d["lists"]) == 1' 'd["n_hotspots"] == 2'
}

@test "levels of a later version are refused by name" {
    make_clusters
    kerb 2 hotspots clusters.csv out.geojson --level p:0.05
    one_line
    says "p:0.05" "3xmean"
}

@test "the line and how many events at one place reach it are printed" {
    make_points
    kerb 0 hotspots points.csv out.geojson --category Burglary --cell 20m
    [[ "$output" == *"drawn at "*" per km², which "*" events at one place reach"* ]]
}

@test "without a system units are those of the plane" {
    make_points
    sed -i 's/easting,northing/x,y/' points.csv
    kerb 0 hotspots points.csv out.geojson --category Burglary --crs none --bandwidth 400 --cell 20
    says "not RFC 7946"
    grep -q '"area_km2":"unit²","density_per_km2":"incidents per unit²"' out.geojson
    ! grep -q 'km²' out.geojson
}

@test "--top keeps the first" {
    make_clusters
    kerb 0 hotspots clusters.csv out.csv --top 1 --bandwidth 300m --cell 20m --json
    json 'd["n_hotspots"] == 1'
}

@test "an input is not overwritten, and a number is a number" {
    make_clusters
    kerb 2 hotspots clusters.csv ./clusters.csv --overwrite
    one_line
    says "is an input"
    kerb 2 hotspots clusters.csv out.csv --top " -1"
    says --top
}
