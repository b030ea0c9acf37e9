load common

@test "every row is accounted for" {
    cat > rows.csv <<'CSV'
id,date,category,easting,northing
1,2024-01-05,Burglary,450010,300010
2,2024-02-31,Burglary,450010,300010
3,2024-01-07,Burglary,,
4,,Burglary,450010,300010
5,2024-01-07,Burglary,abc,300010
1,2024-01-09,Burglary,450011,300011
6,2024-01-09,Burglary,450011
CSV
    kerb 0 import rows.csv s.sqlite --json
    json 'd["read"] == 7' 'd["loaded"] == 3' 'd["rejected"] == 4' 'd["duplicates"] == 1' 'd["without_geometry"] == 1' \
        'd["without_date"] == 1' 'd["by_reason"]["repeated_reference"] == 1' 'd["by_reason"]["bad_date"] == 1' \
        'd["by_reason"]["bad_coordinate"] == 1' 'd["files"][0]["read"] == 7' 'd["files"][0]["loaded"] == 3'
    says "rows.csv:3"
    only rows.csv s.sqlite
}

@test "--strict ends with 3 when rows were rejected, and loads the others" {
    printf 'id,date,x,y\n1,2024-01-05,450000,300000\n2,2024-02-31,450000,300000\n' > rows.csv
    kerb 3 import rows.csv s.sqlite --strict
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 1'
}

@test "the same rows as files give the same counts without a store" {
    printf 'id,date,x,y\n1,2024-01-05,450000,300000\n2,2024-02-31,450000,300000\n3,2024-01-05,,\n' > rows.csv
    kerb 0 density rows.csv out.tif --json
    json 'd["read"] == 3' 'd["loaded"] == 2' 'd["rejected"] == 1' 'd["without_geometry"] == 1' 'd["events_read"] == 2' \
        'd["events_used"] == 1' 'd["excluded"] == {"no_coordinates": 1}'
    only rows.csv out.tif out.qml
}

@test "byte-identical incidents without a reference stay separate" {
    printf 'date,category,x,y\n2024-01,ASB,450000,300000\n2024-01,ASB,450000,300000\n' > rows.csv
    kerb 0 import rows.csv s.sqlite --json
    json 'd["loaded"] == 2' 'd["duplicates"] == 0'
}

@test "an import has one source, and a comma is not lost from its name" {
    make_points
    kerb 2 import points.csv s.sqlite --source "Smith, Jones"
    one_line
    says "one source"
    only points.csv
    kerb 0 import points.csv s.sqlite --json --source 'Smith\, Jones'
    json 'd["files"][0]["source"] == "Smith, Jones"' 'd["parameters"]["source"] == "Smith, Jones"'
}

@test "parameters name a mapping without its path" {
    mkdir maps
    printf 'columns: {easting: E, northing: N}\n' > maps/m.yaml
    printf 'E,N\n450000,300000\n' > a.csv
    kerb 0 import a.csv s.sqlite --json --format "$PWD/maps/m.yaml"
    json 'd["parameters"]["format"] == "m.yaml"'
}

@test "stop and search, and outcomes, are no incidents under any name" {
    echo 'Type,Date,Latitude,Longitude,Legislation,Object of search,Outcome' > sas.csv
    echo 'Person search,2020-01-02T10:00:00+00:00,52.6,-1.1,PACE,Drugs,False' >> sas.csv
    echo 'Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type' > out.csv
    echo 'a,2020-01,X,X,-1.1,52.6,On or near A,E1,L1,Charged' >> out.csv
    kerb 1 density sas.csv out.tif
    one_line
    says sas.csv "stop and search"
    kerb 1 import out.csv s.sqlite
    one_line
    says out.csv outcomes
    only out.csv sas.csv
}

@test "a file is not loaded twice unless asked" {
    printf 'date,x,y\n2024-01-01,450000,300000\n' > rows.csv
    kerb 0 import rows.csv s.sqlite
    kerb 1 import rows.csv s.sqlite
    says rows.csv --again
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 1'
    kerb 0 import rows.csv s.sqlite --again
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 2'
}

@test "folders and zips are walked, outcomes and strangers are listed" {
    mkdir -p months/2024-01 months/2024-02
    head='Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,Last outcome category,Context'
    printf '%s\n%s\n' "$head" 'aa,2024-01,Quick Police,Quick Police,-1.26,52.62,On or near Mill Lane,E01,Quick 001A,Burglary,,' > months/2024-01/2024-01-quick-street.csv
    printf '%s\n%s\n%s\n' "$head" 'aa,2024-02,Quick Police,Quick Police,-1.26,52.62,On or near Mill Lane,E01,Quick 001A,Burglary,,' \
        ',2024-02,Quick Police,Quick Police,,,No Location,,,Anti-social behaviour,,' > months/2024-02/2024-02-quick-street.csv
    echo x > months/2024-01/2024-01-quick-outcomes.csv
    printf '\x00\x01\x02\x03' > months/picture.dat
    kerb 0 import months s.sqlite --json
    json 'd["read"] == 3' 'd["loaded"] == 2' 'd["duplicates"] == 1' 'd["without_geometry"] == 1' 'len(d["files"]) == 4' \
        '[f["loaded"] for f in d["files"] if f["name"].endswith("2024-01-quick-street.csv")] == [0]'
    says picture.dat
    (cd months && zip -qr ../months.zip .)
    kerb 0 import months.zip z.sqlite --json
    json 'd["read"] == 3' 'd["loaded"] == 2' 'd["duplicates"] == 1'
    kerb 0 info s.sqlite --json
    json 'd["sources"] == [{"name": "Quick Police", "n": 2}]'
}

@test "a mapping tells the columns" {
    printf 'ref;wann;was;rechts;hoch\n1;05.01.2024 22:30;B1;450000;300000\n2;06.01.2024 01:15;B2;450100;300000\n' > odd.csv
    cat > odd.yaml <<'YAML'
columns:
  reference: ref
  date: wann
  category: was
  easting: rechts
  northing: hoch
date_format: "%d.%m.%Y %H:%M"
category:
  map: {B1: Burglary, B2: Theft}
YAML
    kerb 0 import odd.csv s.sqlite --format odd.yaml --json
    json 'd["loaded"] == 2' 'd["rejected"] == 0'
    kerb 0 info s.sqlite --json
    json '[c["name"] for c in d["categories"]] == ["Burglary", "Theft"]'
}

@test "points of any kind that OGR opens" {
    make_points
    ogr2ogr -q -f GPKG points.gpkg points.csv -oo X_POSSIBLE_NAMES=easting -oo Y_POSSIBLE_NAMES=northing -a_srs EPSG:27700
    kerb 0 import points.gpkg s.sqlite --json
    json 'd["loaded"] == 10' 'd["without_geometry"] == 0'
}

@test "longitude and latitude go by one named operation" {
    printf 'date,longitude,latitude\n2024-01-05,-0.730400,52.669656\n' > ll.csv
    kerb 0 import ll.csv s.sqlite --json
    json 'd["files"][0]["crs"] == "EPSG:4326"' '"OSGB" in d["files"][0]["operation"]' '0 < d["files"][0]["operation_accuracy_m"] <= 5'
}

@test "OS grid references" {
    printf 'date,gridref\n2024-01-05,SK 859 087\n2024-01-05,SK 8590 087\n' > g.csv
    kerb 0 import g.csv s.sqlite --json
    json 'd["loaded"] == 1' 'd["by_reason"] == {"bad_grid_reference": 1}'
}

@test "the real months reconcile to the row" {
    needs_shared
    kerb 0 import "$KERB_SHARED/data/police" s.sqlite --json
    json 'd["read"] == 239670' 'd["rejected"] == 8' 'd["duplicates"] == 8' 'd["without_geometry"] == 4788' 'd["loaded"] == 239662' \
        'len([f for f in d["files"] if "loaded" in f]) == 31' 'all(f["read"] == f["loaded"] + f["rejected"] for f in d["files"])'
    kerb 0 info s.sqlite --json
    json 'd["n_incidents"] == 239662' 'd["n_without_geometry"] == 4788' \
        'sorted(s["name"] for s in d["sources"]) == ["Leicestershire Police", "Warwickshire Police"]'
}

@test "a title above the header is named, with what to do" {
    printf 'Reports of May,,,\nref,date,easting,northing\n1,2024-05-01,450000,300000\n' > titled.csv
    kerb 1 import titled.csv s.sqlite
    one_line
    says "titled.csv: no columns of coordinates recognised" "Reports of May" "skip_rows: 1 in a mapping"
    only titled.csv
    # a header that is none of a title says what it said
    printf 'ref,date,place,town\n1,2024-05-01,a,b\n' > plain.csv
    kerb 1 import plain.csv s.sqlite
    says "name them with --x and --y or a mapping"
    [[ "$stderr" != *skip_rows* ]]
}
