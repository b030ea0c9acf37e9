load ../cli/common

# The GeoTIFF of every kernel, with weights, against an exact sum that shares no code with us.

needs_oracle() {
    [ -f "$KERB_SHARED/oracle/oracle_kde.py" ] || skip "the oracle is not there"
    /usr/bin/python3 -c 'import numpy; from osgeo import gdal' 2> /dev/null || skip "python3-numpy or python3-gdal is absent"
}

# compare TIF CSV COLUMN SCALE: largest difference as a share of the maximum must be under 1e-9.
compare() {
    /usr/bin/python3 - "$@" <<'PY'
import csv, sys, math
from osgeo import gdal
gdal.UseExceptions()
ds = gdal.Open(sys.argv[1])
g = ds.GetGeoTransform()
a = ds.GetRasterBand(1).ReadAsArray()
scale = float(sys.argv[4])
worst = top = n = 0
for r in csv.DictReader(open(sys.argv[2])):
    c, k = (float(r["x"]) - g[0]) / g[1] - 0.5, (float(r["y"]) - g[3]) / g[5] - 0.5
    i, j = round(c), round(k)
    assert abs(c - i) < 1e-6 and abs(k - j) < 1e-6, "cell centres differ"
    want, got = float(r[sys.argv[3]]), float(a[j, i]) * scale
    assert not math.isnan(got)
    worst, top, n = max(worst, abs(want - got)), max(top, want), n + 1
assert n == a.size, (n, a.size)
assert worst <= 1e-9 * top, (worst, top)
PY
}

@test "every kernel with weights equals the oracle to 1e-9 of the maximum" {
    needs_oracle
    for kernel in uniform triangular epanechnikov quartic triweight gaussian; do
        /usr/bin/python3 "$KERB_SHARED/oracle/oracle_kde.py" "$KERB_SHARED/oracle/data/chorley_w.csv" $kernel 1.5 340 410 370 435 0.5 $kernel.csv --weights w
        kerb 0 density "$KERB_SHARED/oracle/data/chorley_w.csv" $kernel.tif --crs none --kernel $kernel --bandwidth 1.5 \
            --bbox 340,410,370,435 --cell 0.5 --type float64 --weight-field w
        compare $kernel.tif $kernel.csv density_per_unit2 1
    done
}

@test "a real month in metres equals the oracle" {
    needs_oracle
    needs_shared
    file="$KERB_SHARED/data/police/2018-10-warwickshire-street.csv"
    kerb 0 import "$file" s.sqlite
    ogr2ogr -q -f CSV points.csv s.sqlite -sql "select st_x(geom) as x, st_y(geom) as y from incident where geom is not null"
    /usr/bin/python3 "$KERB_SHARED/oracle/oracle_kde.py" points.csv quartic 400 440000 270000 456000 282000 100 want.csv
    kerb 0 density s.sqlite got.tif --pool all --bandwidth 400m --bbox 440000,270000,456000,282000 --cell 100m --type float64
    compare got.tif want.csv density_per_km2 1
}
