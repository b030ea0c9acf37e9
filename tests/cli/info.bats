load common

@test "info tells what is in a store, for people and as JSON" {
    make_points
    kerb 0 import points.csv s.sqlite --source Test
    kerb 0 info s.sqlite
    [[ "$output" == *"10 incidents"* && "$output" == *Burglary* && "$output" == *points.csv* ]]
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 10' 'd["crs"] == "EPSG:27700"' 'sum(c["n"] for c in d["categories"]) == 10' \
        'sum(m["n"] for m in d["months"]) == 10'
}

@test "the same inputs give the same digest, other inputs another" {
    make_points
    kerb 0 import points.csv a.sqlite
    kerb 0 import points.csv b.sqlite
    kerb 0 info a.sqlite --digest
    first=$output
    kerb 0 info b.sqlite --digest
    [ "$output" = "$first" ]
    [ "${#output}" -eq 64 ]
    sed 's/450010/450011/' points.csv > others.csv
    kerb 0 import others.csv c.sqlite
    kerb 0 info c.sqlite --digest
    [ "$output" != "$first" ]
}

@test "info prints the members that every command prints" {
    make_points
    kerb 0 import points.csv s.sqlite
    kerb 0 info s.sqlite --json
    json 'd["events_read"] == d["events_used"] == d["n_incidents"] == 10' \
        'd["excluded"] == {} and d["outputs"] == []' \
        'd["timing"]["read_s"] >= 0 and d["peak_memory_bytes"] > 0 and "parameters" in d'
    kerb 0 info s.sqlite --json --digest
    json 'len(d["digest"]) == 64 and d["events_read"] == 10'
}

@test "a store that is none is refused by name" {
    echo hello > s.sqlite
    kerb 1 info s.sqlite
    one_line
    says s.sqlite
}
