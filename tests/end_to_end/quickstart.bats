load ../cli/common

# scripts/quickstart as a newcomer runs it, with the command that is built already.

@test "it maps the county, says what it wrote, and replaces its own folder" {
    run --separate-stderr "$KERB_SOURCE/scripts/quickstart" "$PWD/maps"
    [ "$status" -eq 0 ] || { echo "$output" "$stderr"; return 1; }
    [[ "$output" == *"Wrenshire, an invented county, is mapped. In $PWD/maps:"* ]]
    [[ "$output" == *"Violence with injury 1: Lantern Street, Osmerby"* ]]
    [[ "$output" == *"Other theft 1: Skelder Park Circuit, Wrenshire East"* ]]
    local name
    for name in density_violence_with_injury_wrenshire_police.tif hotspots_serious_stats19.geojson \
        beats_beats_wrenshire_police.csv made-by-quickstart.txt; do
        [ -s "maps/$name" ] || { ls maps; return 1; }
    done
    only maps

    (cd maps && sha256sum -- * >../first.txt)
    rm maps/hotspots_serious_stats19.geojson
    "$KERB_SOURCE/scripts/quickstart" "$PWD/maps" >/dev/null
    # the same bytes again; a store is compared by its digest
    (cd maps && sha256sum --quiet --check <(grep -v sqlite ../first.txt))
}

@test "a folder that it did not make is left alone" {
    mkdir mine && echo treasure >mine/note.txt
    run --separate-stderr "$KERB_SOURCE/scripts/quickstart" "$PWD/mine"
    [ "$status" -eq 1 ]
    says "was not made by quickstart; name another folder: scripts/quickstart FOLDER"
    [ "$(ls -A mine)" = note.txt ]
}
