#!/usr/bin/env bats
# Geographic formats: points with and without a place, one and many, other systems, what is missing
# or cut off. Files are made with GDAL.

load common

setup_file() {
    /usr/bin/python3 -c 'from osgeo import ogr' 2> /dev/null || skip "python3-gdal is absent"
}

# make FILE DRIVER PYTHON: a layer of points in EPSG:27700 with fields id (text), day (date), at (date
# and time), kind (text). The code calls add(wkt, id, day, at, kind) and may change `srs`, `name`,
# `geometry`, `options`.
make() {
    /usr/bin/python3 - "$1" "$2" "$3" <<'PY'
import sys
from osgeo import gdal, ogr, osr
gdal.UseExceptions(); ogr.UseExceptions(); osr.UseExceptions()
rows, epsg, name, geometry, options, typed = [], 27700, "points", ogr.wkbPoint, [], True
def add(wkt, id="a", day=(2024, 1, 5), at=(2024, 1, 5, 22, 30, 0), kind="Burglary"):
    rows.append((wkt, id, day, at, kind))
exec(sys.argv[3])
srs = None
if epsg:
    srs = osr.SpatialReference(); srs.ImportFromEPSG(epsg); srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
data = ogr.GetDriverByName(sys.argv[2]).CreateDataSource(sys.argv[1])
layer = data.CreateLayer(name, srs, geometry, options)
layer.CreateField(ogr.FieldDefn("id", ogr.OFTString))
layer.CreateField(ogr.FieldDefn("day", ogr.OFTDate))
if sys.argv[2] != "ESRI Shapefile":
    layer.CreateField(ogr.FieldDefn("at", ogr.OFTDateTime))
layer.CreateField(ogr.FieldDefn("kind", ogr.OFTString))
for wkt, id, day, at, kind in rows:
    feature = ogr.Feature(layer.GetLayerDefn())
    feature["id"] = id
    if day: feature.SetField("day", *day, 0, 0, 0, 0)
    if at and sys.argv[2] != "ESRI Shapefile": feature.SetField("at", *at, 0)
    feature["kind"] = kind
    if wkt: feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
    layer.CreateFeature(feature)
data = None
PY
}

M='columns: {reference: id, date: day, category: kind}'

@test "points with and without a place, single and several, 3D: the same from every format" {
    local file driver
    echo "$M" > m.yaml
    while read -r file driver; do
        make "$file" "$driver" '
geometry = ogr.wkbUnknown
add("POINT (450010 300010)", "a"); add(None, "b"); add("MULTIPOINT ((450020 300020))", "c")
add("MULTIPOINT ((450020 300020), (450030 300030))", "d"); add("POINT Z (450040 300040 77)", "e"); add("POINT EMPTY", "f")'
        kerb 0 import --format m.yaml "$file" "s.$file.sqlite" --json
        json 'd["read"] == 6' 'd["loaded"] == 5' 'd["by_reason"] == {"no_coordinates": 2, "not_a_point": 1}' 'd["without_date"] == 0'
        run sqlite3 "s.$file.sqlite" "SELECT group_concat(reference || ' ' || datetime(start, 'unixepoch') || ' ' || precision, ';') FROM incident"
        [ "$output" = "a 2024-01-05 00:00:00 2;b 2024-01-05 00:00:00 2;c 2024-01-05 00:00:00 2;e 2024-01-05 00:00:00 2;f 2024-01-05 00:00:00 2" ]
    done <<'TABLE'
a.geojson GeoJSON
a.gpkg GPKG
TABLE
    # FlatGeobuf has one kind of geometry, none that is empty, and an order of its own unless asked
    make a.fgb FlatGeobuf 'geometry = ogr.wkbPoint; options = ["SPATIAL_INDEX=NO"]
add("POINT (450010 300010)", "a"); add("POINT (450020 300020)", "c")'
    kerb 0 import --format m.yaml a.fgb f.sqlite --json
    json 'd["read"] == 2' 'd["loaded"] == 2' 'd["files"][0]["crs"] == "EPSG:27700"'
    make a.shp "ESRI Shapefile" 'add("POINT (450010 300010)", "a"); add(None, "b")'
    kerb 0 import --format m.yaml a.shp h.sqlite --json
    json 'd["read"] == 2' 'd["loaded"] == 2' 'd["by_reason"] == {"no_coordinates": 1}'
}

@test "fields that are dates and times are read without a format" {
    local file driver
    while read -r file driver; do
        make "$file" "$driver" 'add("POINT (450010 300010)")'
        printf 'columns: {date: at}\ndate_format: "%%d/%%m/%%Y"\n' > m.yaml
        kerb 0 import --date at "$file" "t.$file.sqlite"
        run sqlite3 "t.$file.sqlite" "SELECT datetime(start, 'unixepoch') FROM incident"
        [ "$output" = "2024-01-05 22:30:00" ]
    done <<'TABLE'
a.gpkg GPKG
a.geojson GeoJSON
a.fgb FlatGeobuf
TABLE
}

@test "the layer's own system is used; degrees in a layer without one are refused" {
    make wgs.gpkg GPKG 'epsg = 4326; add("POINT (-1.26 52.6)")'
    kerb 0 import wgs.gpkg s.sqlite --json
    json 'd["files"][0]["crs"] == "EPSG:4326"'
    run sqlite3 s.sqlite "SELECT count(*) FROM incident WHERE no_geometry_reason IS NULL"
    [ "$output" = "1" ]
    make none.shp "ESRI Shapefile" 'epsg = None; add("POINT (-1.26 52.6)")'
    kerb 1 import none.shp t.sqlite
    one_line
    says "none.shp" "look like degrees" "--input-crs EPSG:4326"
    kerb 0 import --input-crs EPSG:4326 none.shp t.sqlite
    # metres of another place, called degrees
    make wrong.gpkg GPKG 'epsg = 4326; add("POINT (450010 300010)"); add("POINT (450020 300010)")'
    kerb 1 import wrong.gpkg u.sqlite
    one_line
    says "wrong.gpkg" "outside"
}

@test "a shapefile without its parts" {
    make a.shp "ESRI Shapefile" 'add("POINT (450010 300010)", "a"); add("POINT (450020 300010)", "b")'
    mkdir no_prj no_dbf no_shx
    cp a.* no_prj && rm no_prj/a.prj
    cp a.* no_dbf && rm no_dbf/a.dbf
    cp a.* no_shx && rm no_shx/a.shx
    kerb 0 import no_prj/a.shp p.sqlite --json
    json 'd["loaded"] == 2' 'd["files"][0]["crs"] == "EPSG:27700"'
    kerb 0 import no_dbf/a.shp d.sqlite --json
    json 'd["loaded"] == 2' 'd["without_date"] == 2'
    kerb 1 import no_shx/a.shp x.sqlite
    one_line
    says "a.shp" "shx"
    [ "$(ls no_shx | tr '\n' ' ')" = "a.dbf a.prj a.shp " ]
}

@test "text of a .dbf in Windows-1252 is read as what it says it is" {
    make a.shp "ESRI Shapefile" 'options = ["ENCODING=CP1252"]; add("POINT (450010 300010)", kind="Caf\u00e9")'
    kerb 0 import --category-field kind a.shp s.sqlite
    run sqlite3 s.sqlite "SELECT hex(name) FROM category"
    [ "$output" = "436166C3A9" ]
}

@test "empty layers and layers of other shapes" {
    make empty.gpkg GPKG ''
    kerb 1 import empty.gpkg s.sqlite
    one_line
    says "empty.gpkg" "no rows"
    make lines.gpkg GPKG 'geometry = ogr.wkbLineString; add("LINESTRING (450010 300010, 450020 300020)")'
    kerb 1 import lines.gpkg s.sqlite
    one_line
    says "lines.gpkg" "no layer of points"
    echo '{"type":"FeatureCollection","features":[]}' > empty.geojson
    kerb 1 import empty.geojson s.sqlite
    one_line
    says "empty.geojson"
}

@test "KML and GPX points" {
    cat > a.kml <<'XML'
<?xml version="1.0" encoding="UTF-8"?><kml><Document><Placemark><name>a</name><TimeStamp><when>2024-01-05</when></TimeStamp><Point><coordinates>-1.26,52.6,10</coordinates></Point></Placemark></Document></kml>
XML
    kerb 0 import a.kml k.sqlite --json
    json 'd["loaded"] == 1' 'd["without_geometry"] == 0' 'd["files"][0]["crs"] == "EPSG:4326"'
    cat > a.gpx <<'XML'
<?xml version="1.0"?><gpx version="1.1" creator="x"><wpt lat="52.6" lon="-1.26"><time>2024-01-05T22:30:00Z</time><name>a</name></wpt></gpx>
XML
    kerb 0 import --date time a.gpx g.sqlite --json
    json 'd["loaded"] == 1' 'd["without_date"] == 0'
}

@test "files cut off are errors of one line, and load nothing" {
    local file driver size share
    while read -r file driver; do
        make "$file" "$driver" '
for i in range(400): add(f"POINT ({450010 + i} 300010)", str(i))'
        size=$(stat -c %s "$file")
        for share in 10 50 90; do
            mkdir "cut.$share.$file"
            cp "${file%.*}".* "cut.$share.$file"
            head -c $((size * share / 100)) "$file" > "cut.$share.$file/$file"
            kerb 1 import "cut.$share.$file/$file" s.sqlite
            one_line
            says "$file"
        done
    done <<'TABLE'
a.geojson GeoJSON
b.gpkg GPKG
c.fgb FlatGeobuf
d.shp ESRI Shapefile
TABLE
    [ ! -e s.sqlite ]
}

@test "hostile names of layers and fields" {
    make a.gpkg GPKG 'name = "x\"; DROP TABLE gpkg_contents; --"; add("POINT (450010 300010)", "=cmd()", kind="a\u0007b")'
    kerb 0 import --category-field kind a.gpkg s.sqlite --json
    json 'd["loaded"] == 1'
    make b.geojson GeoJSON 'name = "l\u001b[31m"; add("POINT (450010 300010)", kind="\u202e")'
    kerb 0 import b.geojson t.sqlite
    [[ "$stderr$output" != *$'\e'* ]]
}
