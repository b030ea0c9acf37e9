load common

# Same inputs, same bytes, whatever the threads, locale, time zone or day.
@test "all outputs are the same bytes for one and two threads, in another locale and zone" {
    make_points
    make_wards
    mkdir a b
    for format in tif; do
        kerb 0 density points.csv a/d.$format --threads 1 --cell 20m
        TZ=Pacific/Auckland LC_ALL=tr_TR.UTF-8 kerb 0 density points.csv b/d.$format --threads 2 --cell 20m
    done
    for format in geojson gpkg csv; do
        kerb 0 beats points.csv a/b.$format --areas wards.geojson --id code --threads 1
        TZ=Pacific/Auckland LC_ALL=de_DE.UTF-8 kerb 0 beats points.csv b/b.$format --areas wards.geojson --id code --threads 2
        kerb 0 hotspots points.csv a/h.$format --threads 1 --cell 20m
        TZ=Asia/Tokyo kerb 0 hotspots points.csv b/h.$format --threads 2 --cell 20m
    done
    diff -r a b
}

@test "no output tells the path, the host or the time of day" {
    make_points
    mkdir secret_folder
    cp points.csv secret_folder/
    kerb 0 density secret_folder/points.csv out.tif
    kerb 0 import secret_folder/points.csv s.sqlite
    ! grep -a -q -e secret_folder -e "$BATS_TEST_TMPDIR" -e "$(hostname)" out.tif out.qml s.sqlite
}
