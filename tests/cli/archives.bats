#!/usr/bin/env bats
# Archives: what a zip and a .gz may do to a reader, one clear line each, nothing unpacked.

load common

# pack NAME PYTHON: a zip made by Python; `z` is the open archive, `text` a table of two rows.
pack() {
    python3 - "$1" "$2" <<'PY'
import sys, zipfile
text = "id,easting,northing\n1,450010,300010\n2,450020,300020\n"
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    exec(sys.argv[2])
PY
}

@test "two members of one name are both read" {
    pack a.zip 'import warnings; warnings.simplefilter("ignore")
z.writestr("m/points.csv", text); z.writestr("m/points.csv", text.replace("1,", "3,").replace("2,", "4,"))'
    kerb 0 import a.zip s.sqlite --json
    json 'd["read"] == 4' 'd["loaded"] == 4' 'len(d["files"]) == 2' 'all(f["member"] == "m/points.csv" for f in d["files"])'
}

@test "a checksum that does not fit is damage, stored and deflated" {
    local way
    for way in STORED DEFLATED; do
        pack a.zip "z.writestr('m/points.csv', text, zipfile.ZIP_$way)"
        python3 - <<'PY'
data = bytearray(open("a.zip", "rb").read())
at = data.index(b"PK\x01\x02")
data[at + 16] ^= 1  # the CRC-32 in the directory
open("a.zip", "wb").write(data)
PY
        kerb 1 import a.zip s.sqlite
        one_line
        says "a.zip/m/points.csv is damaged" "CRC-32" "nothing was loaded"
        only a.zip
    done
}

@test "one changed letter in a stored member is found" {
    pack a.zip "z.writestr('points.csv', text, zipfile.ZIP_STORED)"
    python3 -c 'd = open("a.zip", "rb").read(); open("a.zip", "wb").write(d.replace(b"450010", b"450011"))'
    kerb 1 import a.zip s.sqlite
    one_line
    says "a.zip/points.csv is damaged" "CRC-32"
}

@test "an encrypted member and an unknown way of packing are named" {
    pack a.zip "z.writestr('secret.csv', text, zipfile.ZIP_STORED)"
    python3 - <<'PY'
data = bytearray(open("a.zip", "rb").read())
at = data.index(b"PK\x01\x02")
data[at + 8] |= 1
open("locked.zip", "wb").write(data)
data[at + 8] &= 0xFE
data[at + 10] = 14
open("lzma.zip", "wb").write(data)
PY
    kerb 1 import locked.zip s.sqlite
    one_line
    says "locked.zip/secret.csv is encrypted"
    kerb 1 import lzma.zip s.sqlite
    one_line
    says "lzma.zip/secret.csv is packed with LZMA (method 14)"
}

@test "names that lead elsewhere are names and nothing more" {
    mkdir inner
    pack inner/a.zip 'z.writestr("../../up.csv", text); z.writestr("/etc/root.csv", text + "3,450030,300030\n"); z.writestr("C:\\win\\b.csv", text + "4,450030,300030\n")'
    kerb 0 import inner/a.zip s.sqlite --json
    json 'd["loaded"] == 8' '[f["member"] for f in d["files"]] == ["../../up.csv", "etc/root.csv", "win/b.csv"]'
    only inner s.sqlite
}

@test "zip64, a comment, and bytes that look like an end are read through" {
    pack a.zip 'z.comment = b"PK\x05\x06" + b"x" * 40
with z.open(zipfile.ZipInfo("points.csv"), "w", force_zip64=True) as f: f.write(text.encode())'
    kerb 0 import a.zip s.sqlite --json
    json 'd["loaded"] == 2'
    # a directory whose figures all stand in the zip64 end
    python3 - <<'PY'
import struct, zlib
text = b"id,easting,northing\n1,450010,300010\n"
crc = zlib.crc32(text)
local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0, crc, len(text), len(text), 5, 0) + b"b.csv" + text
extra = struct.pack("<HHQQQ", 1, 24, len(text), len(text), 0)
entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 0, crc, 2**32 - 1, 2**32 - 1, 5, len(extra), 0, 0, 0, 0, 2**32 - 1) + b"b.csv" + extra
end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, len(entry), len(local))
locator = struct.pack("<IIQI", 0x07064B50, 0, len(local) + len(entry), 1)
end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
open("b.zip", "wb").write(local + entry + end64 + locator + end)
PY
    kerb 0 import b.zip t.sqlite --json
    json 'd["loaded"] == 1'
}

@test "an archive cut anywhere is an error of one line" {
    pack a.zip 'z.writestr("m/points.csv", text * 50)'
    local size n
    size=$(stat -c %s a.zip)
    for n in 0 1 10 30 60 $((size / 2)) $((size - 30)) $((size - 1)); do
        head -c "$n" a.zip > cut.zip
        kerb 1 import cut.zip s.sqlite
        one_line
        says cut.zip
    done
    only a.zip cut.zip
}

@test "a member larger or smaller than its directory says is damage" {
    local size
    for size in 10 100000; do
        pack a.zip 'z.writestr("points.csv", text)'
        SIZE=$size python3 - <<'PY'
import os, struct
data = bytearray(open("a.zip", "rb").read())
at = data.index(b"PK\x01\x02")
data[at + 24:at + 28] = struct.pack("<I", int(os.environ["SIZE"]))
open("a.zip", "wb").write(data)
PY
        kerb 1 import a.zip s.sqlite
        one_line
        says "a.zip/points.csv is damaged" "another size"
    done
}

@test "a .gz of several parts is one file, padding does no harm" {
    make_points
    head -4 points.csv | gzip > a.csv.gz
    tail -n +5 points.csv | gzip >> a.csv.gz
    head -c 1000 /dev/zero >> a.csv.gz
    kerb 0 import a.csv.gz s.sqlite --json
    json 'd["loaded"] == 10'
}

@test "a damaged .gz is one clear line" {
    make_points
    gzip -c points.csv > good.csv.gz
    local size n
    size=$(stat -c %s good.csv.gz)
    for n in 1 9 15 $((size / 2)) $((size - 9)) $((size - 4)) $((size - 1)); do
        head -c "$n" good.csv.gz > cut.csv.gz
        kerb 1 import cut.csv.gz s.sqlite
        one_line
        says "cut.csv.gz is damaged" "cut off"
    done
    { cat good.csv.gz; echo "and more"; } > more.csv.gz
    kerb 1 import more.csv.gz s.sqlite
    one_line
    says "more.csv.gz is damaged" "something else behind the compressed data"
    python3 - <<'PY'
data = bytearray(open("good.csv.gz", "rb").read())
data[-6] ^= 1
open("sum.csv.gz", "wb").write(data)
PY
    kerb 1 import sum.csv.gz s.sqlite
    one_line
    says "sum.csv.gz is damaged" "checksum does not fit"
    echo "no gzip" > not.csv.gz
    kerb 1 import not.csv.gz s.sqlite
    one_line
    says "not.csv.gz is damaged" "no gzip data"
    only points.csv good.csv.gz cut.csv.gz more.csv.gz sum.csv.gz not.csv.gz
}

@test "a .gz inside a zip is read too" {
    make_points
    gzip points.csv
    pack a.zip 'z.write("points.csv.gz")'
    kerb 0 import a.zip s.sqlite --json
    json 'd["loaded"] == 10' 'd["files"][0]["member"] == "points.csv.gz"' 'd["files"][0]["source"] == "points"'
}

@test "a zipped shapefile is one layer; a damaged part of it is found" {
    make_points
    ogr2ogr -f "ESRI Shapefile" -oo X_POSSIBLE_NAMES=easting -oo Y_POSSIBLE_NAMES=northing -a_srs EPSG:27700 points.shp points.csv 2>/dev/null
    zip -q shape.zip points.shp points.shx points.dbf points.prj
    kerb 0 import shape.zip s.sqlite --json
    json 'd["loaded"] == 10' 'd["files"][0]["crs"] == "EPSG:27700"' 'd["files"][0]["member"] == "points.shp"' 'len(d["files"]) == 1'
    python3 - <<'PY'
import zipfile
name = "points.dbf"
info = next(i for i in zipfile.ZipFile("shape.zip").infolist() if i.filename == name)
data = bytearray(open("shape.zip", "rb").read())
at = data.index(b"PK\x01\x02", 0)
while data[at + 46:at + 46 + len(name)] != name.encode():
    at = data.index(b"PK\x01\x02", at + 4)
data[at + 16] ^= 1
open("shape.zip", "wb").write(data)
PY
    kerb 1 import shape.zip t.sqlite
    one_line
    says "shape.zip/points.dbf is damaged" "CRC-32"
}

@test "a GeoJSON in a .gz, loose and in a zip; a GeoPackage in a zip" {
    printf '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"1"},"geometry":{"type":"Point","coordinates":[-1.26,52.6]}}]}' > a.geojson
    ogr2ogr -f GPKG b.gpkg a.geojson -sql "SELECT '2' AS id FROM a"
    gzip a.geojson
    mkdir in && cp a.geojson.gz in/
    kerb 0 import in s.sqlite --json
    json 'd["loaded"] == 1' 'd["files"][0]["format"] == "ogr:GeoJSON"'
    zip -q all.zip a.geojson.gz b.gpkg
    kerb 0 import all.zip t.sqlite --json
    json 'd["loaded"] == 2' '[f["format"] for f in d["files"]] == ["ogr:GeoJSON", "ogr:GPKG"]'
}
