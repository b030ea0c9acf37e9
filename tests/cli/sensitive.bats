#!/usr/bin/env bats
# Sensitive places: a store that has them is, to everybody who asks it anything, the store in
# which the incidents there never had a place.

load common

# Forty incidents in rows of streets, and eight at one address. With `twin` the eight have no
# coordinates and no street, as they are to look to others.
make_incidents() {
    local i
    echo 'ref,date,easting,northing,street,type'
    for i in $(seq 1 40); do
        echo "r$i,2020-03-0$((i % 9 + 1)),$((485000 + i % 7 * 90)),$((308000 + i % 5 * 110)),Street $((i % 5)),Burglary"
    done
    for i in 1 2 3 4 5 6 7 8; do
        if [ "${1-}" = twin ]; then
            echo "s$i,2020-03-1$i,,,,Burglary"
        else # the last one stands on the border
            echo "s$i,2020-03-1$i,$((485930 + i / 8 * 20)),308730,QZlane,Burglary"
        fi
    done
}

make_refuges() {
    echo '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:27700"}},"features":[{"type":"Feature","properties":{"code":"QZid","title":"QZname"},"geometry":{"type":"Polygon","coordinates":[[[485910,308710],[485950,308710],[485950,308750],[485910,308750],[485910,308710]]]}}]}'
}

make_ward() {
    echo '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:27700"}},"features":[{"type":"Feature","properties":{"code":"w1"},"geometry":{"type":"Polygon","coordinates":[[[484000,307000],[487000,307000],[487000,310000],[484000,310000],[484000,307000]]]}}]}'
}

# Two folders with a store of the same name: one with sensitive places, one that needs none.
make_twins() {
    mkdir here there
    make_incidents > here/points.csv
    make_incidents twin > there/points.csv
    make_refuges > refuges.geojson
    make_ward > ward.geojson
    local d
    for d in here there; do
        (cd $d && "$KERB" import -q points.csv town.sqlite --source Force > out.txt &&
            "$KERB" areas ../ward.geojson town.sqlite --set wards --role ward --id code > areas.txt) || return 1
    done
}

mask() {
    (cd here && kerb 0 areas ../refuges.geojson town.sqlite --set QZset --role sensitive --id code --name title "$@")
}

# Nothing that tells the places may be in the text on stdin.
no_trace() {
    local found
    if found=$(grep -aE 'QZ|485930|308730|refuge' -); then
        echo "a trace: ${found:0:300}"
        return 1
    fi
}

# Run one command in both folders: outputs, messages and figures are the same.
same() {
    local d
    for d in here there; do
        (cd $d && "$KERB" "$@" --json -v > "said.json" 2> "said.err") || {
            cat $d/said.err
            return 1
        }
        python3 - $d/said.json > $d/said.txt <<'PY' || return 1
import json, sys
d = json.load(open(sys.argv[1]))
for key in ("timing", "peak_memory_bytes"):
    d.pop(key, None)
print(json.dumps(d, sort_keys=True, indent=1))
PY
    done
    diff here/said.txt there/said.txt && diff here/said.err there/said.err
    no_trace < here/said.json
    no_trace < here/said.err
}

same_file() {
    cmp "here/$1" "there/$1"
    no_trace < "here/$1"
}

@test "storing sensitive places says that they were stored, and no more" {
    make_twins
    before=$("$KERB" info here/town.sqlite --digest)
    cd here
    kerb 0 areas ../refuges.geojson town.sqlite --set QZset --role sensitive --id code --name title
    [ "$output" = $'stored\n  wrote town.sqlite' ]
    [ -z "$stderr" ]
    kerb 0 areas ../refuges.geojson town.sqlite --set QZset --role sensitive --id code --overwrite --json -v
    no_trace <<< "$output$stderr"
    json 'd["parameters"] == {"crs": "EPSG:27700", "role": "sensitive"}'
    [ "$before" = "$("$KERB" info town.sqlite --digest)" ]
    kerb 0 info town.sqlite
    no_trace <<< "$output$stderr"
    kerb 0 info town.sqlite --json
    no_trace <<< "$output$stderr"
    json '[a["set"] for a in d["areas"]] == ["wards"]' 'd["n_without_geometry"] == 8'
    # nor does the account of the file tell how many there were
    json '[(f["without_geometry"], f["by_reason"]) for i in d["imports"] for f in i["files"]] == [(8, {"no_coordinates": 8})]'
}

@test "every analysis gives what it gives when the incidents there have no place" {
    make_twins
    mask
    same density town.sqlite out.tif --cell 50m
    json_here='d["excluded"]["no_coordinates"] == 8'
    output=$(cat here/said.json) && json "$json_here" 'd["events_used"] == 40'
    same_file out.tif
    same_file out.qml
    gdalinfo here/out.tif | no_trace
    same hotspots town.sqlite out.geojson
    same_file out.geojson
    same hotspots town.sqlite spots.gpkg
    same_file spots.gpkg
    same hotspots town.sqlite spots.csv
    same_file spots.csv
    same beats town.sqlite beats.csv --set wards
    same_file beats.csv
    same beats town.sqlite beats.gpkg --set wards
    same_file beats.gpkg
    same density town.sqlite within.tif --within wards --cell 50m --from 2020-03-02
    same_file within.tif
}

@test "the set is not there for anybody who asks for it" {
    make_twins
    mask
    cd here
    for how in "density town.sqlite o.tif --within" "density town.sqlite o.tif --exclude" \
        "density town.sqlite o.tif --study-area" "beats town.sqlite o.csv --set"; do
        for name in QZset QZset:QZid; do
            kerb 1 $how $name
            one_line
            real=${stderr//QZset/NAME}
            kerb 1 $how ${name/QZset/nothing}
            [ "$real" = "${stderr//nothing/NAME}" ]
        done
    done
    [[ "$stderr" == *"it has wards" ]]
}

@test "a set that cannot be seen is not replaced by accident" {
    make_twins
    mask
    cd here
    kerb 1 areas ../ward.geojson town.sqlite --set QZset --id code
    one_line
    kerb 0 density town.sqlite out.tif --cell 50m --json
    json 'd["excluded"]["no_coordinates"] == 8'
}

@test "what is wrong with a file of sensitive places is told without its words" {
    make_twins
    sed 's/"code":"QZid"/"code":""/' refuges.geojson > QZbad.geojson
    printf 'x,y\n485930,308730\n' > QZpoints.csv
    cd here
    for file in QZbad.geojson QZpoints.csv QZmissing.geojson; do
        kerb 1 areas ../$file town.sqlite --set QZset --role sensitive --id code
        one_line
        no_trace <<< "$output$stderr"
        says "not stored"
    done
}

@test "a study masks too" {
    mkdir here there
    make_incidents > here/points.csv
    make_incidents twin > there/points.csv
    make_refuges > refuges.geojson
    make_ward > ward.geojson
    for d in here there; do
        {
            printf 'name: Town\nimport:\n  - {input: points.csv, source: Force}\n'
            printf 'areas:\n  - {input: ../ward.geojson, set: wards, role: ward, id: code}\n'
            [ $d = there ] || printf '  - {input: ../refuges.geojson, set: QZset, role: sensitive, id: code}\n'
            printf 'density:\n  - {bandwidth: 300m, cell: 50m}\nhotspots:\n  - {top: 5, bandwidth: 300m, cell: 50m}\nbeats:\n  - {set: wards}\n'
            printf 'output: {folder: out, formats: [tif, geojson, gpkg, csv]}\n'
        } > $d/study.yaml
        (cd $d && "$KERB" run study.yaml > run.txt 2> run.err) || { cat $d/run.err; return 1; }
    done
    n=0
    for file in here/out/*; do
        [[ $file != *.sqlite ]] || continue
        cmp "$file" "there/out/${file##*/}"
        no_trace < "$file"
        n=$((n + 1))
    done
    [ $n -gt 5 ]
    no_trace < here/run.err
}
