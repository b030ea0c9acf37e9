load ../cli/common

# Malformed files of every kind of feed, as a table: exit code and the one line; nothing is written. What is refused
# row by row is tested in cli/bad_input.

POLICE='Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,Last outcome category,Context'

# refused NAME CODE REGEX [ARGS...]: import of NAME ends so and leaves no store
refused() {
    local name=$1 code=$2 pattern=$3
    shift 3
    run --separate-stderr timeout 60 "$KERB" import "$name" s.sqlite "$@"
    if [ "$status" -ne "$code" ]; then
        echo "$name ended with $status: $output$stderr"
        return 1
    fi
    # warnings may stand before; the failure is one line and the last
    local last=${stderr_lines[-1]}
    if [[ "$last" != kerb:* || ! "$last" =~ $pattern ]]; then
        echo "$name: expected '$pattern', got: $stderr"
        return 1
    fi
    if [[ "$stderr" == *$'\033'* || -e s.sqlite || -n "$(find . -name '.*kerb*')" ]]; then
        echo "$name: something was left, or a terminal would obey: $stderr"
        return 1
    fi
}

@test "table: delimited text that is no table of incidents" {
    while IFS='@' read -r name content pattern; do
        printf '%b' "$content" > "$name"
        refused "$name" 1 "$name.*$pattern|$pattern.*$name" || return 1
    done <<'TABLE'
nothing.csv@@empty
blank.csv@\n\n \n@
header.csv@id,date,easting,northing\n@no rows|header
no_place.csv@id,date,category\n1,2024-01-01,x\n@no column of coordinates|coordinates
half_place.csv@id,date,easting\n1,2024-01-01,450000\n@coordinates
twice.csv@date,easting,northing,easting\n2024-01-01,450000,300000,1\n@both named 'easting'
degrees.csv@date,x,y\n2024-01-01,-1.2,52.6\n@these look like degrees
swapped.csv@date,longitude,latitude\n2024-01-01,52.6,-1.2\n2024-01-01,52.6,-1.2\n@outside|swapped
html.csv@<!DOCTYPE html>\n<html><body>login</body></html>\n@coordinates|kerb reads
json.csv@{"error": "no access"}\n@coordinates|kerb reads
binary.csv@\0001\0002\0003\0377\0376@kerb reads|coordinates
TABLE
    only *.csv
}

@test "table: files of data.police.uk that are no incidents, or damaged" {
    printf '%s\n' "$POLICE" > 2024-01-a-street.csv
    refused 2024-01-a-street.csv 1 "no rows.*2024-01-a-street.csv"
    printf 'Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type\nx,2024-01,A,A,-1.2,52.6,On,E01,L,None\n' > outcomes.csv
    refused outcomes.csv 1 "outcomes.csv.*outcome"
    printf 'Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome\nPerson search,2024-01-01T10:00:00+00:00,,,52.6,-1.2,Male,,,,x,y,z\n' > stops.csv
    refused stops.csv 1 "stops.csv.*stop"
    mkdir month
    printf 'Crime ID,Outcome type,Longitude,Latitude,Month,Reported by,Falls within,Location,LSOA code,LSOA name\n' > month/2024-01-a-outcomes.csv
    refused month 1 "month"
}

@test "table: vector files that are damaged, empty or of another kind" {
    make_points
    make_wards
    ogr2ogr -f GPKG good.gpkg points.csv -oo X_POSSIBLE_NAMES=easting -oo Y_POSSIBLE_NAMES=northing -a_srs EPSG:27700 -nln points
    ogr2ogr -f FlatGeobuf good.fgb good.gpkg points
    ogr2ogr -f "ESRI Shapefile" good.shp good.gpkg points 2> /dev/null
    head -c 5000 good.gpkg > cut.gpkg
    head -c 300 good.fgb > cut.fgb
    cp good.shp lone.shp
    head -c 90 good.shp > cut.shp && cp good.shx cut.shx && cp good.dbf cut.dbf
    printf 'PK\003\004rubbish' > cut.xlsx
    printf 'PK\003\004rubbish' > cut.zip
    head -c 40 /dev/urandom > noise.fgb
    head -c 40 /dev/urandom > noise.gpkg
    printf '\037\213\010\000rubbish' > cut.csv.gz
    printf '<kml><Document>' > cut.kml
    while IFS='@' read -r name content pattern; do
        [ -z "$content" ] || printf '%b' "$content" > "$name"
        refused "$name" 1 "$name.*$pattern" || return 1
    done <<'TABLE'
cut.gpkg@@
cut.fgb@@
noise.fgb@@
noise.gpkg@@
cut.shp@@
cut.xlsx@@
cut.zip@@
cut.csv.gz@@
cut.kml@@
empty.geojson@ @
cut.geojson@{"type":"FeatureCollection","features":[{"type":"Feature","prop@
array.geojson@[1,2,3]@
none.geojson@{"type":"FeatureCollection","features":[]}@
TABLE
    # areas are no incidents
    refused wards.geojson 1 "wards.geojson"
    # no feature of it is a point that can be used
    printf '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1e999,0]}}]}' > infinite.geojson
    run --separate-stderr "$KERB" import infinite.geojson s.sqlite --json
    [ "$status" -le 1 ]
    [[ "$stderr" != *nan* && "$output" != *Infinity* ]]
}

@test "table: options that do not fit the file, or are wrong in themselves" {
    make_points
    while IFS='@' read -r code args pattern; do
        # shellcheck disable=SC2086
        refused points.csv "$code" "$pattern" $args || { echo "with $args"; return 1; }
    done <<'TABLE'
1@--x east --y north@east
1@--date when@when
1@--category-field kind@kind
1@--weight-field harm@harm
2@--crs EPSG:4326@EPSG:4326
2@--crs EPSG:999999@EPSG:999999
2@--input-crs nonsense@nonsense
1@--format missing.yaml@missing.yaml
2@--threads 0@threads
2@--seed x@seed
TABLE
    only points.csv
}

@test "table: files that cannot be read at all" {
    make_points
    mkfifo pipe.csv
    ln -s nowhere.csv link.csv
    ln -s loop.csv loop.csv
    mkdir -p tree/a
    ln -s ../../tree tree/a/again
    long=$(printf 'n%.0s' $(seq 300)).csv
    for name in pipe.csv link.csv loop.csv missing.csv /dev/null "$long" tree; do
        refused "$name" 1 "${name:0:20}" || return 1
    done
    cp points.csv locked.csv && chmod 000 locked.csv
    if [ "$(id -u)" -eq 0 ]; then
        skip "root reads everything"
    fi
    refused locked.csv 1 locked.csv
}
