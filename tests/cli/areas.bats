load common

@test "areas go into a store and come out as counted" {
    make_wards
    kerb 0 areas wards.geojson s.sqlite --set wards --role ward --id code --name title --population people@2021 --json
    json 'd["parameters"]["n_areas"] == 2' 'd["parameters"]["role"] == "ward"'
    kerb 0 info s.sqlite --json
    json 'd["areas"][0]["set"] == "wards" and d["areas"][0]["n"] == 2 and d["areas"][0]["file"] == "wards.geojson"'
}

@test "a set needs a name" {
    make_wards
    kerb 2 areas wards.geojson s.sqlite
    one_line
    says --set
    only wards.geojson
}

@test "a field that is not there is refused with those that are" {
    make_wards
    kerb 1 areas wards.geojson s.sqlite --set wards --id nonsense
    one_line
    says nonsense code title
    only wards.geojson
}

@test "an unknown role is refused" {
    make_wards
    run --separate-stderr "$KERB" areas wards.geojson s.sqlite --set w --id code --role castle
    [ "$status" -eq 2 ]
    says castle
}

@test "points are no areas" {
    make_points
    kerb 1 areas points.csv s.sqlite --set w
    one_line
}

@test "a set that is there is replaced only when asked" {
    make_wards
    kerb 0 areas wards.geojson s.sqlite --set wards --id code
    kerb 1 areas wards.geojson s.sqlite --set wards --id title
    one_line
    says wards --overwrite
    kerb 0 areas wards.geojson s.sqlite --set other --id code
    kerb 0 areas wards.geojson s.sqlite --set wards --id title --overwrite
    kerb 0 info s.sqlite --json
    json 'len(d["areas"]) == 2'
}
