#!/usr/bin/env bats
# Fire rows in squares of 1 km, rounded places and call logs, from the file to the map.

load common

# Two rows in one square of 1 km, one exact row, one square of 100 m.
make_fires() {
    cat > fires.csv <<'CSV'
Day,Month,Year,Time of Call,Incident Number,X Coordinate,Y Coordinate,Easting rounded,Northing rounded,Incident Category,Is Primary Fire,Cause of Fire
1,July,2014,01:54:02,1,450***,300***,,,Fire,yes,Deliberate
2,July,2014,22:10:00,2,450***,300***,,,Fire,no,Deliberate
3,July,2014,22:20:00,3,450123,300321,,,Fire,no,Deliberate
4,July,2014,22:30:00,4,,,450250,300450,False Alarm,,
CSV
}

@test "squares are kept in the store, its layer, info and the report" {
    make_fires
    kerb 0 import fires.csv s.sqlite --json
    json 'd["loaded"] == 4' 'd["coarse_place"] == 3' 'd["coarse_place_by_m"] == {"100": 1, "1000": 2}' 'd["files"][0]["coarse_place"] == 3' 'd["by_reason"] == {}'
    run sqlite3 s.sqlite "SELECT group_concat(coalesce(cell_m, 'exact')) FROM incident"
    [ "$output" = "1000.0,1000.0,exact,100.0" ]
    kerb 0 info s.sqlite --json
    json 'd["coarse_places"] == [{"cell_m": 100, "n": 1}, {"cell_m": 1000, "n": 2}]'
    kerb 0 import fires.csv t.sqlite
    [[ "$output" == *"coarse_place: 2 known only to a square of 1000 m"* ]]
}

@test "a map finer than the squares leaves them out, and says which bandwidth takes them" {
    make_fires
    kerb 0 import fires.csv s.sqlite
    local input
    for input in s.sqlite fires.csv; do
        kerb 0 density "$input" a.tif --pool all --overwrite --json
        json 'd["events_used"] == 2' 'd["excluded"] == {"place_too_coarse": 2}'
        says "2 of 4 rows are left out" "squares of up to 1000 m" "a bandwidth of 1000 m or more uses them"
        kerb 0 density "$input" a.tif --pool all --overwrite --bandwidth 1km --json
        json 'd["events_used"] == 4' 'd["excluded"] == {}'
        kerb 0 density "$input" a.tif --pool all --overwrite --bandwidth 99m --json
        json 'd["events_used"] == 1' 'd["excluded"] == {"place_too_coarse": 3}'
        # a Gaussian of 354 m reaches as far as the quartic kernel of 1,001 m
        kerb 0 density "$input" a.tif --pool all --overwrite --kernel gaussian --bandwidth 354m --json
        json 'd["events_used"] == 4'
        kerb 0 density "$input" a.tif --pool all --overwrite --kernel gaussian --bandwidth 353m --json
        json 'd["events_used"] == 2'
    done
}

@test "an area counts a square only when it holds all of it" {
    make_fires
    make_wards
    kerb 0 beats fires.csv a.csv --pool all --areas wards.geojson --id code --json
    json 'd["events_used"] == 4' 'd["excluded"] == {}'
    # squares of 1 km round points that lie 100 m from the border at 451000, and 600 m
    printf 'id,easting,northing\n1,450900,300500\n2,450400,300500\n3,450400,299100\n' > near.csv
    printf 'columns: {reference: id, easting: easting, northing: northing}\ncell: 1km\n' > m.yaml
    kerb 0 beats near.csv --format m.yaml b.csv --areas wards.geojson --id code --json
    json 'd["events_used"] == 1' 'd["excluded"] == {"place_too_coarse": 2}' 'd["unassigned_too_coarse"] == 2'
}

@test "squares change the digest and the fingerprint, exact places do not" {
    make_fires
    kerb 0 import fires.csv a.sqlite
    sed 's/450\*\*\*/450500/; s/300\*\*\*/300500/' fires.csv > exact.csv
    kerb 0 import exact.csv b.sqlite
    kerb 0 info --digest a.sqlite
    local one=$output
    kerb 0 info --digest b.sqlite
    [ "$one" != "$output" ]
}

@test "Avon and London come in whole" {
    [ -d "$KERB_SHARED/data/fire" ] || skip "the fire services' files are not there"
    kerb 0 import "$KERB_SHARED"/data/fire/avon_frs_incidents_2014-07.csv a.sqlite --strict --json
    json 'd["read"] == 1084' 'd["loaded"] == 1084' 'd["without_geometry"] == 0' 'd["coarse_place_by_m"] == {"1000": 1084}'
    kerb 0 import "$KERB_SHARED"/data/fire/lfb_animal_rescues.csv b.sqlite --strict --json
    json 'd["read"] == 7544' 'd["loaded"] == 7544' 'd["without_geometry"] == 0' 'd["coarse_place_by_m"] == {"100": 3843}'
}
