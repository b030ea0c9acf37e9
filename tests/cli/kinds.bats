#!/usr/bin/env bats
# Kinds and origins: what is put together is said, what the police find is called so, stop and
# search is no map.

load common

# Ten burglaries and ten drug offences of one force, both known by their names and format.
make_street() {
    local i
    echo 'Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,Last outcome category,Context'
    for i in 1 2 3 4 5 6 7 8 9; do
        echo "b$i,2020-01,Force,Force,-1.100$i,52.60$i,On or near A,E1,L1,Burglary,,"
        echo "d$i,2020-01,Force,Force,-1.100$i,52.60$i,On or near A,E1,L1,Drugs,,"
    done
    [ "${1-}" != asb ] || echo ',2020-01,Force,Force,-1.1,52.6,On or near A,E1,L1,Anti-social behaviour,,'
}

make_searches() {
    echo 'Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome,Outcome linked to object of search,Removal of more than just outer clothing'
    echo 'Person search,2020-01-02T10:20:00+00:00,,,52.601,-1.101,Male,18-24,Zaghawa,Zaghawa,PACE,Controlled drugs,False,,False'
    echo 'Person search,2020-07-02T10:20:00+00:00,,,52.602,-1.102,Female,over 34,Zaghawa,Zaghawa,PACE,Offensive weapons,False,,False'
}

@test "two kinds are mapped under a title that names both, and a warning tells how to choose" {
    make_street asb > 2020-01-force-street.csv
    kerb 0 density 2020-01-force-street.csv out.tif --cell 100m
    [[ "$output" == *"(crime and anti-social behaviour together)"* ]]
    says "crime and anti-social behaviour are put together" --kind --pool
    kerb 0 density 2020-01-force-street.csv out.tif --cell 100m --pool Both --overwrite
    [[ "$stderr" != *"put together"* ]]
    [[ "$output" == *"Both (crime and anti-social behaviour together)"* ]]
    kerb 0 density 2020-01-force-street.csv out.tif --cell 100m --kind asb --overwrite --json
    json 'd["events_used"] == 1' 'd["excluded"]["kind"] == 18' 'd["parameters"]["kind"] == ["asb"]' \
        'd["parameters"]["kinds_used"] == ["asb"]' 'd["parameters"]["origins_used"] == ["reported"]'
    [ -z "$stderr" ]
}

@test "what the police find is titled police activity in every output" {
    make_street > 2020-01-force-street.csv
    kerb 0 density 2020-01-force-street.csv out.tif --cell 100m --category Drugs
    [[ "$output" == *"Drugs (police activity), Force"* ]]
    says "where they looked"
    gdalinfo out.tif | grep -q 'police activity'
    kerb 0 hotspots 2020-01-force-street.csv out.geojson --category Drugs
    grep -q 'police activity' out.geojson
    kerb 0 hotspots 2020-01-force-street.csv all.geojson
    [[ "$output" == *"Drugs (police activity): "* ]]
    [[ "$output" != *"Burglary (police activity): "* ]]
    kerb 0 density 2020-01-force-street.csv both.tif --cell 100m -v
    says "9 of 18 rows are police-generated"
    [[ "$output" != *"police activity"* ]]
}

@test "kinds are in the store, in info and in the view" {
    make_street asb > 2020-01-force-street.csv
    kerb 0 import 2020-01-force-street.csv s.sqlite
    kerb 0 info s.sqlite --json
    json '[(c["name"], c["kind"], c["origin"]) for c in d["categories"]] == [
        ("Anti-social behaviour", "asb", "reported"), ("Burglary", "crime", "reported"),
        ("Drugs", "crime", "police_generated")]'
    kerb 0 density s.sqlite out.tif --cell 100m --kind asb --json
    json 'd["events_used"] == 1'
}

@test "an import says the kind of files that do not, and a contradiction is refused" {
    printf 'x,y,type\n450000,300000,Noise\n' > log.csv
    kerb 0 import log.csv s.sqlite --kind complaint --origin reported --source Council
    kerb 0 info s.sqlite --json
    json 'd["categories"][0]["kind"] == "complaint"' 'd["imports"][0]["parameters"]["kind"] == "complaint"'
    before=$("$KERB" info s.sqlite --digest)
    kerb 2 import log.csv s.sqlite --kind fire --source Council --again
    one_line
    says log.csv "'Noise'" "'Council'" complaint fire
    [ "$before" = "$("$KERB" info s.sqlite --digest)" ]
    kerb 2 import log.csv t.sqlite --kind noise
    one_line
    says "'noise' is no kind"
    kerb 2 import log.csv t.sqlite --origin police
    one_line
    says "'police' is no origin"
    make_street > 2020-01-force-street.csv
    kerb 2 import 2020-01-force-street.csv t.sqlite --kind fire
    one_line
    says 2020-01-force-street.csv fire crime
    kerb 0 density log.csv out.tif --cell 100m --input-kind complaint --json
    json 'd["parameters"]["kinds_used"] == ["complaint"]'
    only log.csv s.sqlite 2020-01-force-street.csv out.tif out.qml
}

@test "stop and search is read when asked for, without a word about people" {
    mkdir months
    make_street > months/2020-01-force-street.csv
    make_searches > months/2020-01-force-stop-and-search.csv
    kerb 0 import months all.sqlite --json
    json 'd["loaded"] == 18' '[f for f in d["files"] if f.get("skipped") == "stop and search file"]'
    kerb 0 import months s.sqlite --json --format stop-and-search
    json 'd["loaded"] == 2' 'd["without_geometry"] == 0'
    kerb 0 info s.sqlite --json
    json '{c["kind"] for c in d["categories"]} == {"stop_and_search"}' \
        '{c["origin"] for c in d["categories"]} == {"police_generated"}' \
        'd["period"]["from"] == "2020-01-02T10:20"'
    [ -z "$(grep -a 'Zaghawa' s.sqlite)" ]
    ! grep -qa '18-24' s.sqlite
}

@test "stop and search is refused by density, hotspots and small beats" {
    make_searches > 2020-01-force-stop-and-search.csv
    make_street > 2020-01-force-street.csv
    printf '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"d1"},"geometry":{"type":"Polygon","coordinates":[[[-1.3,52.5],[-1.0,52.5],[-1.0,52.7],[-1.3,52.7],[-1.3,52.5]]]}}]}\n' > area.geojson
    kerb 0 import 2020-01-force-stop-and-search.csv s.sqlite --format stop-and-search
    kerb 1 density s.sqlite out.tif
    one_line
    says "all 2 rows are stop and search"
    kerb 0 import 2020-01-force-street.csv s.sqlite
    kerb 0 areas area.geojson s.sqlite --set small --role ward --id code
    kerb 0 areas area.geojson s.sqlite --set large --role district --id code
    kerb 1 density s.sqlite out.tif --pool All
    one_line
    says "2 of 20 rows are stop and search" "--kind crime"
    kerb 0 density s.sqlite out.tif --cell 100m --kind crime
    kerb 1 hotspots s.sqlite out.geojson --pool All
    one_line
    says "stop and search"
    kerb 1 beats s.sqlite out.csv --set small --pool All
    one_line
    says "district, county or force"
    kerb 1 beats s.sqlite out.csv --areas area.geojson --id code --pool All
    one_line
    kerb 0 beats s.sqlite out.csv --set large --kind stop-and-search
    grep -q '^d1,d1,2,' out.csv
}

@test "a study says kinds of its imports and chooses by them" {
    printf 'x,y,type\n450000,300000,Noise\n450100,300100,Noise\n' > log.csv
    printf 'x,y,type\n450200,300000,Theft\n' > more.csv
    {
        printf 'name: T\nimport:\n'
        printf '  - {input: log.csv, source: C, kind: complaint, origin: reported}\n'
        printf '  - {input: more.csv, source: C, kind: crime}\n'
        printf 'density:\n  - {name: Noise, kind: complaint, bandwidth: 400m, cell: 100m}\n'
        printf 'output: {folder: out, formats: [tif]}\n'
    } > study.yaml
    kerb 0 run study.yaml --json
    json 'd["results"][0]["events_used"] == 2' \
        'd["results"][0]["parameters"]["kind"] == ["complaint"]' \
        'd["results"][0]["parameters"]["origins_used"] == ["reported"]'
}
