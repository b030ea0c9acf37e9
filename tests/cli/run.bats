load common

make_study() {
    make_points
    make_wards
    cat > study.yaml <<'YAML'
name: Small town
period: {from: 2024-01, to: 2024-03}
import:
  - {input: points.csv, source: Test}
areas:
  - {input: wards.geojson, set: wards, role: ward, id: code, name: title, population: people@2021}
density:
  - {name: all, bandwidth: 300m, cell: 20m}
  - {name: burglary, category: Burglary, bandwidth: 300m, cell: 20m}
hotspots:
  - {category: Burglary, bandwidth: 300m, level: 3xmean, top: 5}
beats:
  - {set: wards}
output: {folder: out, formats: [tif, geojson, gpkg, csv]}
YAML
}

@test "a study makes store, surfaces, hotspots and beats" {
    make_study
    kerb 0 run study.yaml --json
    json 'd["import"]["read"] == 10' 'd["import"]["loaded"] == 10' 'len(d["results"]) == 4'
    cd out
    only beats_wards.csv beats_wards.csv.json beats_wards.geojson beats_wards.gpkg density_all.qml density_all.tif \
        density_burglary.qml density_burglary.tif hotspots_burglary.csv hotspots_burglary.csv.json hotspots_burglary.geojson \
        hotspots_burglary.gpkg small_town.sqlite
    kerb 0 info small_town.sqlite --json
    json 'len(d["runs"]) == 4'
}

@test "a run prints the members that every command prints, and its files by checksum" {
    make_study
    kerb 0 run study.yaml --json
    json 'd["events_read"] == d["events_used"] + sum(d["excluded"].values()) == 10' \
        'd["timing"]["compute_s"] >= 0 and d["peak_memory_bytes"] > 0' \
        'd["parameters"]["name"] == "Small town" and d["parameters"]["from"] == "2024-01-01"' \
        'len(d["outputs"]) == 13 and d["outputs"][-1] == {"path": "out/small_town.sqlite", "sha256": None}' \
        'all(__import__("hashlib").sha256(open(o["path"], "rb").read()).hexdigest() == o["sha256"] for o in d["outputs"][:-1])'
    [[ "$output" != *"$PWD"* ]]
}

@test "a folder beside the study does not take the place of a set of its name" {
    make_study
    mkdir wards
    echo 'study_area: wards' >> study.yaml
    echo 'exclude: ["wards:W2"]' >> study.yaml
    kerb 0 run study.yaml --json
    json 'd["results"][0]["excluded"] == {"in_excluded_area": 1}'
}

@test "outputs that are there are refused before work; --overwrite replaces all" {
    make_study
    kerb 0 run study.yaml
    before=$(cat out/* | sha256sum)
    kerb 1 run study.yaml
    says exists
    [ "$(cat out/* | sha256sum)" = "$before" ]
    kerb 0 run study.yaml --overwrite
}

@test "-o chooses the folder" {
    make_study
    kerb 0 run study.yaml -o elsewhere
    [ -f elsewhere/density_all.tif ] && [ ! -e out ]
}

@test "an unknown key is refused with line and column" {
    make_study
    sed -i 's/bandwidth: 300m, cell: 20m}$/bandwith: 300m}/' study.yaml
    kerb 1 run study.yaml
    one_line
    says "study.yaml:8:" bandwith
    [ ! -e out ]
}

@test "a failure half way leaves nothing" {
    make_study
    sed -i 's/{set: wards}/{set: parishes}/' study.yaml
    kerb 1 run study.yaml
    one_line
    says parishes wards
    [ -z "$(ls -A out)" ]
}

@test "an interruption leaves nothing half written and ends with 130" {
    needs_shared
    cat > months.yaml <<YAML
name: months
import: [{input: "$KERB_SHARED/data/police"}]
density: [{name: all, bandwidth: 400m, cell: 25m}]
output: {folder: out}
YAML
    "$KERB" run months.yaml & pid=$!
    sleep 0.4
    kill -INT "$pid"
    wait "$pid" && code=0 || code=$?
    [ "$code" -eq 130 ]
    [ -z "$(ls -A out)" ]
}

@test "the 31 real files make one surface per force, each with its period" {
    needs_shared
    cat > months.yaml <<YAML
name: Two forces
import: [{input: "$KERB_SHARED/data/police"}]
density: [{name: all incidents, bandwidth: 400m, cell: 50m}]
output: {folder: out}
YAML
    kerb 0 run months.yaml --json
    json 'd["import"]["read"] == 239670' 'd["import"]["rejected"] == 8' 'd["import"]["without_geometry"] == 4788' 'len(d["results"]) == 2' \
        'sum(r["events_used"] for r in d["results"]) == 239670 - 8 - 4788'
    [ -f out/density_all_incidents_leicestershire_police.tif ] && [ -f out/density_all_incidents_warwickshire_police.tif ]
    gdalinfo out/density_all_incidents_warwickshire_police.tif | grep -q '2018-10 to 2019-02'
}

@test "a set that stands twice is refused" {
    make_study
    sed -i 's/^areas:/areas:\n  - {input: wards.geojson, set: wards, id: code}/' study.yaml
    kerb 1 run study.yaml
    one_line
    says study.yaml "'wards' stands here twice"
    only points.csv study.yaml wards.geojson
}

@test "what no format holds is said to be left out" {
    make_study
    sed -i 's/formats: .*/formats: [tif]}/' study.yaml
    kerb 0 run study.yaml
    one_line
    says study.yaml "left out" beats
    sed -i 's/formats: .*/formats: [csv]}/; s/folder: out/folder: out2/' study.yaml
    kerb 0 run study.yaml
    one_line
    says study.yaml "left out" density
}
