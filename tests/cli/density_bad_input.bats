load common

# Fifty incidents within a kilometre.
make_town() {
    python3 - > town.csv <<'PY'
print("easting,northing,n")
for i in range(50):
    print(f"{450000 + 37 * i % 1000},{300000 + 91 * i % 1000},{i % 3}")
PY
}

refused() {
    kerb 2 "$@"
    one_line
    [ -z "$output" ]
    only town.csv
}

@test "a bandwidth that is no length is refused in one line: zero, negative, no number, no unit" {
    make_town
    refused density town.csv out.tif --bandwidth 0m
    says "'0m'" "above 0"
    refused density town.csv out.tif --bandwidth -5m
    says "'-5m'" "above 0"
    for value in nan nanm infm 1e400m fastm; do
        refused density town.csv out.tif --bandwidth "$value"
        says "'$value'" "400m"
    done
    refused density town.csv out.tif --bandwidth 400
    says "'400' has no unit" "400m"
    refused density town.csv out.tif --bandwidth ""
    says "--bandwidth needs a value"
    refused density town.csv out.tif --bandwidth 1e-40m
    says "1e-40 m" "half a cell"
}

@test "a bandwidth under half a cell is refused with the cell that fits" {
    make_town
    refused density town.csv out.tif --cell 50m --bandwidth 24m
    says "24 m" "half a cell of 50 m" "a cell of 2m fits"
    kerb 0 density town.csv out.tif --cell 2m --bandwidth 24m -q
    rm out.*
    # half a cell itself is computed, and warned about as before
    kerb 0 density town.csv out.tif --cell 50m --bandwidth 25m
    says "smaller than the cell"
    rm out.*
    refused density town.csv out.tif --cell 100km
    says "bandwidth 400 m" "half a cell of 100000 m" "a cell of 20m fits"
    refused hotspots town.csv out.geojson --cell 50m --bandwidth 24m
    says "a cell of 2m fits"
}

@test "a bandwidth that no cell of the land is fine enough for names the one that is" {
    make_town
    refused density town.csv out.tif --bandwidth 1e-10m
    says "1e-10 m" "half a cell" "or more" "smaller area"
    local least=${stderr##*bandwidth of } # "0.2m or more, ..."
    kerb 0 density town.csv out.tif --bandwidth "${least%% *}" -q
}

@test "a bandwidth under half a cell of a plane without a unit has bare numbers" {
    make_town
    refused density town.csv out.tif --crs none --x easting --y northing --cell 50 --bandwidth 24
    says "bandwidth 24 is under half a cell of 50:" "a cell of 2 fits"
}

@test "a bandwidth wider than the land is drawn and told in one line" {
    make_town
    kerb 0 density town.csv out.tif --bbox 450000,300000,451000,301000 --cell 50m --bandwidth 1km
    [[ "$stderr" != *wider* ]]
    kerb 0 density town.csv out.tif --overwrite --bbox 450000,300000,451000,301000 --cell 50m \
        --bandwidth 3km
    says "warning: bandwidth 3000 m is wider than the area of the map, 1000 x 1000 m" "250 m"
    kerb 0 density town.csv out.tif --overwrite --bandwidth 100km --cell 1km
    says "bandwidth 100000 m is wider than the land that holds the events"
    kerb 0 density town.csv out.tif --overwrite --bandwidth 5km --cell 1km
    [[ "$stderr" != *wider* ]]
}

@test "more cells than can be are refused with the cell that would fit" {
    make_town
    refused density town.csv out.tif --cell 0.002m --bbox 449000,299000,451000,301000
    says "1000000 x 1000000 cells of 0.002" "a cell of 0.01 fits"
    refused density town.csv out.tif --cell 0.001m
    says "a cell of 0.01 fits"
    for cell in 0m -1m nan ""; do
        refused density town.csv out.tif --cell "$cell"
    done
}

@test "bad weights are refused row by row, and kept count of" {
    printf 'easting,northing,n\n450000,300000,-1\n450010,300000,nan\n450020,300000,inf\n450030,300000,\n450040,300000,x\n450050,300000,1e400\n450060,300000,2\n' > town.csv
    kerb 0 density town.csv out.tif --weight-field n --json -q
    json 'd["read"] == 7 and d["loaded"] == 1 and d["rejected"] == 6' \
        'd["by_reason"] == {"bad_weight": 6}' 'd["parameters"]["mass_events"] == 2'
}

@test "weights of 0 are a map of zeros" {
    printf 'easting,northing,n\n450000,300000,0\n450010,300000,0\n' > town.csv
    kerb 0 density town.csv out.tif --weight-field n --json
    json 'd["events_used"] == 2' 'd["parameters"]["mass_events"] == 0' \
        'd["parameters"]["mass_raster"] == 0'
}

@test "weights beyond what numbers hold are refused in one line" {
    printf 'easting,northing,n\n450000,300000,1e308\n450010,300000,1e308\n' > town.csv
    kerb 2 density town.csv out.tif --weight-field n
    one_line
    says "weights add up to more than 1.8e308"
    only town.csv
    printf 'easting,northing,n\n450000,300000,1e300\n' > town.csv
    kerb 2 density town.csv out.tif --weight-field n
    one_line
    says "too large for float32" "write float64"
    only town.csv
    kerb 0 density town.csv out.tif --weight-field n --type float64 --json
    json 'abs(d["parameters"]["mass_raster"] / 1e300 - 1) < 0.01'
}

@test "no events: a table without rows, and rows without coordinates" {
    printf 'easting,northing\n' > town.csv
    kerb 1 density town.csv out.tif
    one_line
    says "no rows: town.csv"
    printf 'date,easting,northing\n2024-01-01,,\n2024-01-02,,\n' > town.csv
    kerb 1 density town.csv out.tif
    one_line
    says "no row with coordinates" "--bbox"
    only town.csv
    # with a place for the map it is a map of zeros
    kerb 0 density town.csv out.tif --bbox 449000,299000,451000,301000 --json
    json 'd["events_used"] == 0' 'd["parameters"]["mass_raster"] == 0' \
        'd["excluded"]["no_coordinates"] == 2'
}

@test "one event, and many at one place, are one hill each" {
    printf 'easting,northing\n450003,300007\n' > town.csv
    kerb 0 density town.csv out.tif --json -q
    [ -z "$stderr" ]
    json 'd["events_used"] == 1' 'abs(d["parameters"]["mass_raster"] - 1) < 0.001'
    for i in $(seq 19); do echo 450003,300007; done >> town.csv
    kerb 0 density town.csv many.tif --json -q
    [ -z "$stderr" ]
    json 'd["events_used"] == 20' 'abs(d["parameters"]["mass_raster"] - 20) < 0.02'
    # the same hill, twenty times as high: 3 / (pi 0.4^2) an event and km2 at most
    local name
    for name in out many; do
        gdal_translate -q -of XYZ "$name.tif" "$name.xyz"
    done
    python3 - <<'PY'
one, many = ([float(line.split()[2]) for line in open(name)] for name in ("out.xyz", "many.xyz"))
assert len(one) == len(many) and max(abs(m - 20 * o) for o, m in zip(one, many)) <= 1e-5 * max(many)
assert 0.98 * 5.968 < max(one) <= 5.969, max(one)
PY
}

@test "degrees are refused with what to say, by rows and by system" {
    printf 'x,y\n-1.2,52.6\n-1.21,52.61\n' > town.csv
    kerb 1 density town.csv out.tif
    one_line
    says "these look like degrees" "--input-crs EPSG:4326"
    kerb 2 density town.csv out.tif --crs EPSG:4326 --input-crs EPSG:4326
    one_line
    says "EPSG:4326" "UTM zone 30N" "EPSG:32630"
    only town.csv
    kerb 0 density town.csv out.tif --input-crs EPSG:4326 --json
    json 'd["events_used"] == 2'
}

@test "a box that is empty, no box, or away from every event" {
    make_town
    refused density town.csv out.tif --bbox 451000,299000,449000,301000
    says "is empty"
    refused density town.csv out.tif --bbox nan,1,2,3
    says "is no box"
    refused density town.csv out.tif --bbox 449000,299000,451010,301000 --cell 50m
    says "nearest that fit"
    kerb 0 density town.csv out.tif --bbox 549000,299000,551000,301000 --json
    json 'd["events_used"] == 0' 'd["excluded"]["outside_study_area"] == 50' \
        'd["parameters"]["mass_raster"] == 0'
}

@test "an unknown kernel is refused with those that are" {
    make_town
    refused density town.csv out.tif --kernel cosine
    says "'cosine'" uniform triangular epanechnikov quartic triweight gaussian
}
