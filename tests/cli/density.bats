load common

@test "points in, GeoTIFF and style out, the mass is kept" {
    make_points
    kerb 0 density points.csv out.tif --bandwidth 300m --cell 20m --json
    json 'd["events_read"] == 10' 'd["events_used"] == 10' 'd["excluded"] == {}' \
        'abs(d["parameters"]["mass_raster"] - 10) < 0.02' 'd["parameters"]["mass_events"] == 10' \
        'd["parameters"]["bandwidth_radius"] == 300' 'd["parameters"]["kernel"] == "quartic"' \
        'abs(d["parameters"]["bandwidth_sd"] - 300 / 8 ** 0.5) < 1e-9' 'd["parameters"]["cell"] == 20' \
        'd["parameters"]["edge"] == "none"' 'd["parameters"]["length_unit"] == "m"' \
        'd["read"] == 10 and d["loaded"] == 10 and d["rejected"] == 0' \
        'sorted(o["path"] for o in d["outputs"]) == ["out.qml", "out.tif"]' \
        'set(d["timing"]) == {"read_s", "compute_s", "compute_cpu_s", "write_s"}' 'd["peak_memory_bytes"] > 0'
    only points.csv out.tif out.qml
    [ "$(printf '%s' "$output" | python3 -c 'import json,sys,hashlib; print(all(hashlib.sha256(open(o["path"],"rb").read()).hexdigest() == o["sha256"] for o in json.load(sys.stdin)["outputs"]))')" = True ]
}

@test "the default bandwidth is 400 m and is recorded" {
    make_points
    kerb 0 density points.csv out.tif --json
    json 'd["parameters"]["bandwidth_radius"] == 400' 'd["parameters"]["cell"] == 20'
}

@test "a bbox is used exactly, and one that does not fit names those that do" {
    make_points
    kerb 0 density points.csv out.tif --bbox 449000,299000,451000,301000 --cell 50m --json
    json 'd["parameters"]["bbox"] == [449000, 299000, 451000, 301000]' 'd["parameters"]["n_rows"] == 40'
    kerb 2 density points.csv other.tif --bbox 449000,299000,451010,301000 --cell 50m
    says "451000"
    only points.csv out.tif out.qml
}

@test "a length without a unit is refused" {
    make_points
    kerb 2 density points.csv out.tif --bandwidth 400
    one_line
    says 400 "400m"
}

@test "an output that is there is refused before work, --overwrite replaces it" {
    make_points
    echo mine > out.tif
    kerb 1 density points.csv out.tif
    one_line
    says out.tif --overwrite
    [ "$(cat out.tif)" = mine ]
    kerb 0 density points.csv out.tif --overwrite
    [ "$(head -c 2 out.tif)" = II ]
}

@test "a sidecar that is there is refused too" {
    make_points
    echo mine > out.qml
    kerb 1 density points.csv out.tif
    says out.qml
    only points.csv out.qml
}

@test "a missing output folder is named" {
    make_points
    kerb 1 density points.csv nowhere/out.tif
    one_line
    says nowhere
    only points.csv
}

@test "an unknown extension is refused" {
    make_points
    kerb 2 density points.csv out.jpg
    one_line
    says .jpg
}

@test "filters choose rows and say what they left out" {
    make_points
    kerb 0 density points.csv a.tif --category robbery --json
    json 'd["events_used"] == 2' 'd["excluded"] == {"category": 8}'
    kerb 0 density points.csv b.tif --from 2024-02 --to 2024-03 --json
    json 'd["events_used"] == 4' 'd["excluded"] == {"outside_period": 6}'
    kerb 0 density points.csv c.tif --hours 22-04 --json
    json 'd["events_used"] == 6' 'd["excluded"]["time_too_coarse"] == 2'
    kerb 0 density points.csv d.tif --from 2024-02-01 --to 2024-02-10 --json
    json 'd["excluded"]["time_too_coarse"] == 1' 'd["events_used"] == 2'
    # Fridays from noon: a1, a4, a6 (at 12:00), a7, and a8 on Saturday at 00:30
    kerb 0 density points.csv e.tif --nights fri --json
    json 'd["events_used"] == 5' 'd["excluded"]["time_too_coarse"] == 2'
}

@test "a category that is nowhere is refused with those that are there" {
    make_points
    kerb 1 density points.csv out.tif --category Arson
    says Arson Burglary Robbery
    only points.csv
}

@test "the study area cuts the map, rows near it count, rows far away do not" {
    make_points
    make_wards
    kerb 0 areas wards.geojson s.sqlite --set west --id code --role study --json
    kerb 0 import points.csv s.sqlite
    kerb 0 density s.sqlite out.tif --study-area west:W1 --bandwidth 400m --json
    json 'd["events_used"] == 9' 'd["excluded"] == {"outside_study_area": 1}' 'd["parameters"]["study_area"] == "west:W1"' \
        'd["parameters"]["bbox"] == [449000, 299000, 451000, 302000]'
}

@test "excluded areas lose their incidents and are cut out of the map" {
    make_points
    make_wards
    kerb 0 areas wards.geojson s.sqlite --set wards --id code
    kerb 0 import points.csv s.sqlite
    kerb 0 density s.sqlite out.tif --exclude wards:W2 --cell 50m --json
    json 'd["events_used"] == 9' 'd["excluded"] == {"in_excluded_area": 1}'
}

@test "all six kernels" {
    make_points
    for kernel in uniform triangular epanechnikov quartic triweight gaussian; do
        kerb 0 density points.csv "$kernel.tif" --kernel "$kernel" --bandwidth 300m --cell 20m --json
        json 'abs(d["parameters"]["mass_raster"] - 10) < 0.2'
    done
    kerb 2 density points.csv x.tif --kernel cosine
    says cosine quartic
}

@test "--crs none works in plain numbers and refuses units" {
    printf 'x,y,w\n1,1,2\n2,2,3\n' > plane.csv
    kerb 2 density plane.csv out.tif --crs none
    says --bandwidth
    kerb 2 density plane.csv out.tif --crs none --bandwidth 3m
    kerb 0 density plane.csv out.tif --crs none --bandwidth 3 --cell 0.1 --weight-field w --json
    json 'd["parameters"]["length_unit"] == "unit"' 'd["parameters"]["mass_events"] == 5' \
        'abs(d["parameters"]["mass_raster"] - 5) < 0.01'
}

@test "a working system in degrees is refused with the UTM zone that fits" {
    make_points
    kerb 2 density points.csv out.tif --crs EPSG:4326
    one_line
    says 4326 "EPSG:32630 (WGS 84 / UTM zone 30N) fits this data"
    kerb 2 import points.csv s.sqlite --crs EPSG:4326
    says EPSG:32630
    # Web Mercator is in "metres" that are 0.6 m on the ground here
    kerb 2 density points.csv out.tif --crs EPSG:3857
    one_line
    says 3857 EPSG:32630
    only points.csv
}

@test "filters may be repeated: hours and areas are put together" {
    make_points
    make_wards
    kerb 0 density points.csv out.tif --cell 50m --json --hours 22-23 --hours 23-24,00-02
    json 'd["events_used"] == 6' 'd["parameters"]["hours"] == ["00:00-02:00", "22:00-23:00", "23:00-24:00"]'
    kerb 2 density points.csv a.tif --hours 4
    says "no span of hours"
    kerb 0 import points.csv s.sqlite
    kerb 0 areas wards.geojson s.sqlite --set wards --id code
    kerb 0 density s.sqlite w1.tif --cell 50m --json --within wards:W1
    json 'd["events_used"] == 9'
    kerb 0 density s.sqlite w2.tif --cell 50m --json --within wards:W1 --within wards:W2
    json 'd["events_used"] == 10' 'd["parameters"]["within"] == ["wards:W1", "wards:W2"]'
}

@test "an option of one value is refused when it is given twice" {
    make_points
    kerb 2 density points.csv out.tif --cell 50m --cell 20m
    says "--cell is given twice"
    kerb 2 density points.csv out.tif --from 2024-01 --from 2024-02
    says "--from is given twice"
}

@test "the same rows asked for in another way give the same bytes" {
    make_points
    mkdir a b
    kerb 0 density points.csv a/d.tif --cell 50m --category Burglary --category Robbery
    kerb 0 density points.csv b/d.tif --cell 50m --category "robbery,BURGLARY"
    diff -r a b
}

@test "a file in the folder does not take the place of a set of its name" {
    make_points
    make_wards
    kerb 0 import points.csv s.sqlite
    kerb 0 areas wards.geojson s.sqlite --set wards --id code
    kerb 0 areas wards.geojson s.sqlite --set "a:b" --id code
    mkdir wards
    kerb 0 density s.sqlite out.tif --cell 50m --json --within wards
    json 'd["events_used"] == 10'
    kerb 0 density s.sqlite out2.tif --cell 50m --json --within a:b:W1
    json 'd["events_used"] == 9'
    kerb 0 density s.sqlite out3.tif --cell 50m --json --within a:b
    json 'd["events_used"] == 10'
}

@test "what is said about files is refused for a store, not ignored" {
    make_points
    kerb 0 import points.csv s.sqlite
    kerb 2 density s.sqlite out.tif --weight-field w
    one_line
    says "s.sqlite is a store" --weight-field
    kerb 2 density s.sqlite out.tif --input-crs EPSG:4326
    only points.csv s.sqlite
}

@test "the store's study area is used and named" {
    make_points
    make_wards
    kerb 0 import points.csv s.sqlite
    kerb 0 areas wards.geojson s.sqlite --set town --role study --id code
    kerb 0 density s.sqlite out.tif --cell 50m
    [[ "$output" == *"study area: town, the only set of role study"* ]]
}

@test "when nothing is left the reasons are told" {
    make_points
    kerb 1 density points.csv out.tif --hours 05-06
    one_line
    says "outside_hours 8" "time_too_coarse 2"
}

@test "crime with anti-social behaviour is titled and warned about, other sources are refused" {
    needs_shared
    kerb 0 density "$KERB_SHARED/data/police/2018-10-warwickshire-street.csv" out.tif --cell 100m
    says "anti-social behaviour"
    kerb 2 density "$KERB_SHARED/data/police/2018-10-warwickshire-street.csv" \
        "$KERB_SHARED/data/police/2020-04-leicestershire-street.csv" two.tif --cell 100m
    says sources --pool
}

@test "a store that is a plane takes no default and no metres" {
    printf 'x,y\n1,1\n2,2\n' > plane.csv
    kerb 0 import plane.csv s.sqlite --crs none
    kerb 2 density s.sqlite out.tif
    one_line
    says --crs none
    kerb 0 density s.sqlite out.tif --crs none --bandwidth 3 --cell 0.1
}

@test "a largest error is kept, and what is known of it is told" {
    /usr/bin/python3 -c 'import numpy; from osgeo import gdal' 2> /dev/null || skip "python3-numpy or python3-gdal is absent"
    python3 - > many.csv <<'PY'
import random
random.seed(5)
print("easting,northing")
for i in range(20000):
    print(f"{450000 + random.gauss(0, 800):.2f},{300000 + random.gauss(0, 800):.2f}")
PY
    kerb 0 density many.csv quick.tif --bandwidth 500m --cell 20m --bbox 447000,297000,453000,303000 \
        --max-error 1e-3 --type float64 --json
    json 'd["parameters"]["method"] == "moments"' 'd["parameters"]["max_error"] == 1e-3' \
        '0 < d["parameters"]["error_bound"] <= 1e-3' \
        '0 < d["parameters"]["error_measured"] <= d["parameters"]["error_bound"]'
    kerb 0 density many.csv exact.tif --bandwidth 500m --cell 20m --bbox 447000,297000,453000,303000 --type float64 \
        --json
    json '"method" not in d["parameters"]' '"error_bound" not in d["parameters"]'
    /usr/bin/python3 - <<'PY'
from osgeo import gdal
gdal.UseExceptions()
quick, exact = (gdal.Open(name).ReadAsArray() for name in ("quick.tif", "exact.tif"))
assert 0 < abs(quick - exact).max() <= 1e-3 * exact.max()
assert quick.min() >= 0
assert ((quick == 0) == (exact == 0)).all()
PY
}

@test "an error that cannot be promised gives the exact surface and says so" {
    /usr/bin/python3 -c 'import numpy; from osgeo import gdal' 2> /dev/null || skip "python3-numpy or python3-gdal is absent"
    make_points
    kerb 0 density points.csv exact.tif --bandwidth 300m --cell 20m --type float64
    kerb 0 density points.csv quick.tif --bandwidth 300m --cell 20m --type float64 --max-error 1e-7
    [[ "$output" == *"exact: nothing cheaper is sure to stay within 1e-07 of the highest"* ]]
    kerb 0 density points.csv again.tif --bandwidth 300m --cell 20m --type float64 --max-error 1e-7 --json -q
    json 'd["parameters"]["method"] != "moments"' 'd["parameters"]["error_bound"] == 0' \
        'd["parameters"]["error_measured"] is None'
    /usr/bin/python3 - <<'PY'
from osgeo import gdal
gdal.UseExceptions()
quick, exact = (gdal.Open(name).ReadAsArray() for name in ("quick.tif", "exact.tif"))
assert (quick == exact).all()
PY
}

@test "a largest error that is none is refused in one line" {
    make_points
    for share in 0 -1 0.2 nan inf 1e-5x few; do
        kerb 2 density points.csv out.tif --max-error "$share"
        one_line
        says "--max-error" "'$share'" "1e-5"
    done
    only points.csv
}
