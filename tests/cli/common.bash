# What every file of these tests loads: a scratch folder per test, small inputs, and ways to ask.
bats_require_minimum_version 1.5.0

setup() {
    # bats keeps files of its own in its folder
    mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return 1
}

# kerb CODE ARGS...: run the command and expect an exit code; $output is stdout, $stderr the rest.
kerb() {
    local expected=$1
    shift
    run --separate-stderr "$KERB" "$@"
    if [ "$status" -ne "$expected" ]; then
        echo "kerb $* ended with $status, not $expected"
        echo "stdout: $output"
        echo "stderr: $stderr"
        return 1
    fi
}

# One clear line: exactly one line on stderr, beginning with the command's name.
one_line() {
    if [ "${#stderr_lines[@]}" -ne 1 ] || [[ "$stderr" != kerb:* ]]; then
        echo "expected one line, got: $stderr"
        return 1
    fi
}

# says TEXT...: stderr contains each text.
says() {
    local text
    for text in "$@"; do
        if [[ "$stderr" != *"$text"* ]]; then
            echo "expected '$text' in: $stderr"
            return 1
        fi
    done
}

# json EXPRESSION: evaluate Python over the parsed JSON `d` of $output; it must be true.
json() {
    printf '%s' "$output" | python3 -c '
import json, sys
d = json.loads(sys.stdin.read(), parse_constant=lambda x: sys.exit("not JSON: " + x))
for expression in sys.argv[1:]:
    if not eval(expression):
        sys.exit("false: " + expression + "\nin: " + json.dumps(d)[:2000])
' "$@"
}

# Nothing but the named files may be in this folder.
only() {
    local found
    found=$(ls -A | LC_ALL=C sort | tr '\n' ' ')
    local wanted
    wanted=$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')
    if [ "$found" != "$wanted" ]; then
        echo "found: $found"
        echo "wanted: $wanted"
        return 1
    fi
}

needs_shared() {
    [ -d "$KERB_SHARED/data/police" ] || skip "the real months are not there"
}

# points.csv: ten incidents round a town centre, one far away, in British National Grid.
make_points() {
    cat > points.csv <<'CSV'
id,date,category,easting,northing
a1,2024-01-05 22:30,Burglary,450010,300010
a2,2024-01-06 23:10,Burglary,450020,300015
a3,2024-01-07 01:00,Burglary,450015,300030
a4,2024-01-12 22:45,Burglary,450040,300020
a5,2024-01-13,Robbery,450060,300040
a6,2024-01-19 12:00,Robbery,450080,300060
a7,2024-02-02 22:15,Burglary,450100,300090
a8,2024-02-03 00:30,Burglary,450030,300045
a9,2024-02,Burglary,450050,300055
b1,2024-02-11 09:20,Burglary,452500,301500
CSV
}

# wards.geojson: two squares sharing the border x = 451000 (here in EPSG:27700 by an old crs member).
make_wards() {
    cat > wards.geojson <<'JSON'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::27700"}},"features":[
{"type":"Feature","properties":{"code":"W1","title":"West","people":2000},"geometry":{"type":"Polygon","coordinates":[[[449000,299000],[451000,299000],[451000,302000],[449000,302000],[449000,299000]]]}},
{"type":"Feature","properties":{"code":"W2","title":"East","people":4000},"geometry":{"type":"Polygon","coordinates":[[[451000,299000],[453000,299000],[453000,302000],[451000,302000],[451000,299000]]]}}]}
JSON
}
