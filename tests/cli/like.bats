load common

# many.csv: 300 points in three clusters, to the centimetre, the same every time.
make_many() {
    python3 - <<'PY'
import random
r = random.Random(20240607)
with open("many.csv", "w") as out:
    out.write("id,easting,northing\n")
    for i in range(300):
        cx, cy, sd = ((450000, 300000, 150), (450900, 300400, 80), (450300, 301100, 300))[i % 3]
        out.write("%d,%.2f,%.2f\n" % (i, r.gauss(cx, sd), r.gauss(cy, sd)))
PY
}

# near OURS THEIRS TOLERANCE: the same cells and the same values, to TOLERANCE of the largest.
near() {
    gdalinfo -json "$1" > ours.json
    gdalinfo -json "$2" > theirs.json
    gdal_translate -q -of ENVI -ot Float64 "$1" ours.raw
    gdal_translate -q -of ENVI -ot Float64 "$2" theirs.raw
    python3 - "$3" <<'PY'
import array, json, math, sys
def read(name):
    info = json.load(open(name + ".json"))
    values = array.array("d", open(name + ".raw", "rb").read())
    nodata = info["bands"][0].get("noDataValue", "NaN")
    return info["size"], info["geoTransform"], [math.nan if v != v or v == nodata else v for v in values]
(size, place, ours), (size_b, place_b, theirs) = read("ours"), read("theirs")
if size != size_b or any(abs(a - b) > 1e-6 for a, b in zip(place, place_b)):
    sys.exit("cells differ: %s %s, %s %s" % (size, place, size_b, place_b))
largest = max(v for v in theirs if v == v)
worst = max(abs(a - b) for a, b in zip(ours, theirs) if a == a and b == b)
holes = sum((a == a) != (b == b) for a, b in zip(ours, theirs))
print("largest %g, worst %g of it, %d of %d cells have a value on one side only" % (largest, worst / largest, holes, len(ours)))
if not worst <= float(sys.argv[1]) * largest or holes > 0:
    sys.exit(1)
PY
}

needs_gdal() {
    local program
    for program in gdal_translate gdalinfo ogr2ogr; do
        command -v $program > /dev/null || skip "no $program"
    done
}

# PATH begins with the system's folders: QGIS and GRASS look for the system's own Python.
as_system() {
    env PATH="/usr/bin:/bin:$PATH" HOME="$PWD" QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR="$PWD" "$@"
}

qgis_heatmap() {
    as_system "$qgis" run qgis:heatmapkerneldensityestimation -- INPUT=many.shp PIXEL_SIZE=20 "$@" > qgis.log 2>&1 || true
    [ -s theirs.tif ] || skip "QGIS has no heatmap here: $(tail -n 1 qgis.log)"
}

needs_qgis() {
    needs_gdal
    qgis=$(command -v qgis_process.bin || command -v qgis_process) || skip "no QGIS"
    as_system "$qgis" --version > version.log 2>&1 || true
    grep -q 'QGIS 3\.22' version.log || skip "no QGIS 3.22"
    make_many
    ogr2ogr -q -f "ESRI Shapefile" many.shp many.csv -oo X_POSSIBLE_NAMES=easting -oo Y_POSSIBLE_NAMES=northing -a_srs EPSG:27700
}

@test "like QGIS: cell for cell what its heatmap draws, raw and scaled" {
    needs_qgis
    kerb 0 density many.csv ours.tif --like qgis --bandwidth 300m --cell 20m --type float64
    qgis_heatmap RADIUS=300 KERNEL=0 OUTPUT_VALUE=0 OUTPUT="$PWD/theirs.tif"
    near ours.tif theirs.tif 2e-6
    # a radius of 14.5 cells pushes blocks into the raster
    rm -f theirs.tif
    kerb 0 density many.csv ours.tif --like qgis-scaled --bandwidth 290m --cell 20m --type float64 --overwrite
    qgis_heatmap RADIUS=290 KERNEL=0 OUTPUT_VALUE=1 OUTPUT="$PWD/theirs.tif"
    near ours.tif theirs.tif 2e-6
    rm -f theirs.tif
    kerb 0 density many.csv ours.tif --like qgis-scaled --kernel triangular --bandwidth 300m --cell 20m --type float64 --overwrite
    qgis_heatmap RADIUS=300 KERNEL=1 OUTPUT_VALUE=1 DECAY=0 OUTPUT="$PWD/theirs.tif"
    near ours.tif theirs.tif 2e-6
}

@test "like GRASS: cell for cell what v.kernel draws, every kernel" {
    needs_gdal
    command -v grass > /dev/null || skip "no GRASS"
    make_many
    cat > job.sh <<'SH'
set -e
v.in.ascii input=many.csv output=many separator=comma skip=1 x=2 y=3 cat=1
g.region vector=many res=20 -a
for kernel in uniform triangular epanechnikov quartic triweight gaussian; do
    v.kernel input=many output=$kernel radius=300 kernel=$kernel
    r.out.gdal -c input=$kernel output=$kernel.tif format=GTiff type=Float64
done
SH
    as_system grass -c EPSG:27700 place -e > grass.log 2>&1 || skip "GRASS does not start here"
    as_system grass place/PERMANENT --exec sh job.sh >> grass.log 2>&1 || {
        tail grass.log
        return 1
    }
    for kernel in uniform triangular epanechnikov quartic triweight gaussian; do
        kerb 0 density many.csv ours.tif --like grass --kernel $kernel --bandwidth 300m --cell 20m --type float64 --overwrite
        near ours.tif $kernel.tif 1e-12
    done
}

@test "the table tells what differs, in words and in figures" {
    make_many
    kerb 0 density many.csv out.tif --like qgis --bandwidth 300m --cell 20m
    [[ "$output" == *"As QGIS 3.22 heatmap (raw) would draw it"* ]]
    [[ "$output" == *"compared with QGIS 3.22.16"* ]]
    for property in value bandwidth reach places cells "cells nothing reaches" numbers; do
        [[ "$output" == *"$property"* ]] || { echo "no row '$property' in: $output"; return 1; }
    done
    kerb 0 density many.csv other.tif --like qgis --bandwidth 300m --cell 20m --json
    json 'd["parameters"]["like"] == "qgis"' \
        '{"value", "places", "cells"} <= {r["property"] for r in d["differences"]}' \
        'all(set(r) == {"property", "kerb", "theirs", "effect"} for r in d["differences"])' \
        'd["events_used"] == 300'
    cmp out.tif other.tif
}

@test "like ArcGIS: its own radius when none is given, events per km2" {
    make_many
    kerb 0 density many.csv out.tif --like arcgis --json
    json 'd["parameters"]["unit"] == "events per km2"' 'd["parameters"]["bandwidth_method"] == "arcgis"' \
        '100 < d["parameters"]["bandwidth_radius"] < 400'
    kerb 0 density many.csv out.tif --like arcgis --bandwidth 300m --overwrite --json
    json 'd["parameters"]["bandwidth_radius"] == 300' 'd["parameters"]["bandwidth_method"] == "fixed"'
}

@test "like CrimeStat: the cells sum to the events" {
    needs_gdal
    make_many
    kerb 0 density many.csv out.tif --like crimestat --kernel gaussian --bandwidth 200m --cell 50m --type float64 \
        --bbox 449500,299500,451500,301500
    gdal_translate -q -of ENVI -ot Float64 out.tif out.raw
    python3 -c '
import array
s = sum(array.array("d", open("out.raw", "rb").read()))
assert abs(s - 300) < 1e-9, s'
}

@test "what a program cannot do is refused in one line" {
    make_many
    kerb 2 density many.csv out.tif --like mapinfo
    one_line
    says mapinfo "qgis, qgis-scaled, grass, arcgis or crimestat"
    kerb 2 density many.csv out.tif --like arcgis --kernel gaussian
    one_line
    says "no gaussian kernel" quartic
    kerb 2 density many.csv out.tif --like qgis --bbox 449500,299500,451500,301500 --cell 50m
    one_line
    says "takes no box" --bbox
    kerb 2 density many.csv out.tif --like qgis --per-year
    one_line
    says --per-year
    only many.csv
}
