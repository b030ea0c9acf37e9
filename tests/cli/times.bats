load common

thefts="$KERB_SHARED/data/timestamped/nycvehiclethefts.csv"
robberies="$KERB_SHARED/data/timestamped/memphis_robberies.csv"

needs_thefts() {
    [ -f "$thefts" ] || skip "the file of thefts is not there"
}

# windows FROM_HOUR TO_HOUR [FROM_DATE TO_DATE]: what becomes of each theft under these hours and this
# period, by walking over the days of its window; prints "used outside_period outside_hours too_coarse".
windows() {
    python3 - "$thefts" "$@" <<'PY'
import csv, sys
from datetime import datetime, timedelta, time
path, first_hour, last_hour = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
period = [datetime.fromisoformat(t) for t in sys.argv[4:6]]
counts = {"used": 0, "outside_period": 0, "outside_hours": 0, "too_coarse": 0}

def held_by_hours(start, end):
    held, day = timedelta(0), datetime.combine(start.date(), time(0)) - timedelta(days=1)
    while day < end:
        opens = day + timedelta(hours=first_hour)
        closes = day + timedelta(hours=last_hour + (24 if last_hour <= first_hour else 0))
        held += max(timedelta(0), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return held

for row in csv.DictReader(open(path)):
    start, end = (datetime.fromisoformat(row[k]) if row[k] else None for k in ("date_start", "date_end"))
    if end is None or end <= start:
        end = start + timedelta(minutes=1)  # known to the minute
    span, is_whole = end - start, True
    if period:
        held = min(end, period[1]) - max(start, period[0])
        if held <= timedelta(0):
            counts["outside_period"] += 1
            continue
        is_whole = held == span
    held = held_by_hours(start, end)
    if held == timedelta(0):
        counts["outside_hours"] += 1
    elif is_whole and held == span:
        counts["used"] += 1
    else:
        counts["too_coarse"] += 1
print(*counts.values())
PY
}

# thefts_are COUNTS: the JSON of the last command says the same.
thefts_are() {
    json "[d['events_used'], *(d['excluded'].get(k, 0) for k in ('outside_period', 'outside_hours', 'time_too_coarse'))] == [int(n) for n in '$1'.split()]" \
        'sum(d["excluded"].values()) + d["events_used"] == 35746'
}

@test "thefts of vehicles keep their windows, and hours take those that lie wholly inside" {
    needs_thefts
    kerb 0 import "$thefts" s.sqlite --crs EPSG:32618 --json
    json 'd["loaded"] == 35746' 'd["rejected"] == 0' 'd["without_date"] == 0'
    kerb 0 info s.sqlite --json
    wide=$(python3 -c '
import csv, sys
from datetime import datetime, timedelta
at = datetime.fromisoformat
print(sum(r["date_end"] != "" and at(r["date_end"]) - at(r["date_start"]) > timedelta(minutes=1)
          for r in csv.DictReader(open(sys.argv[1]))))' "$thefts")
    json "d['n_with_window'] == $wide" 'd["n_with_recorded"] == 0' 'd["period"]["from"] == "2010-07-09T19:40"'
    counts=$(windows 22 4)
    kerb 0 density s.sqlite night.tif --bandwidth 5km --cell 500m --hours 22-04 --json
    thefts_are "$counts"
    fingerprint=$(sha256sum < night.tif)
    # straight from the file it is the same raster
    kerb 0 density "$thefts" night.tif --crs EPSG:32618 --bandwidth 5km --cell 500m --hours 22-04 --json --overwrite
    thefts_are "$counts"
    [ "$(sha256sum < night.tif)" = "$fingerprint" ]
}

@test "a period and hours leave out each theft for one reason" {
    needs_thefts
    counts=$(windows 8 18 2015-01-01 2015-07-01)
    kerb 0 density "$thefts" day.tif --crs EPSG:32618 --bandwidth 5km --cell 500m --hours 08-18 --from 2015-01-01 --to 2015-07-01 --json
    thefts_are "$counts"
}

@test "a file with one date has no windows" {
    [ -f "$robberies" ] || skip "the file of robberies is not there"
    kerb 0 import "$robberies" s.sqlite --crs EPSG:32616 --json
    json 'd["loaded"] == 2245' 'd["files"][0]["end_without_start"] == 0' 'd["files"][0]["recorded_before_start"] == 0'
    kerb 0 info s.sqlite --json
    json 'd["n_with_window"] == 0' 'd["n_with_recorded"] == 0'
}

@test "a police extract: committed from and to, recorded at" {
    cat > extract.csv <<'CSV'
Crime Number,Offence,Committed From,Committed To,Recorded At,Easting,Northing
1,Burglary,2024-01-05 22:30,2024-01-06 07:00,2024-01-06 08:10,450010,300010
2,Burglary,2024-01-05 22:30,2024-01-05 22:30,2024-01-05 23:00,450010,300010
3,Burglary,2024-01-05 22:30,2024-01-04 22:30,2024-01-05 23:00,450010,300010
4,Burglary,,2024-01-04 22:30,2024-01-05 23:00,450010,300010
5,Burglary,2024-01-08 22:30,,2024-01-05 23:00,450010,300010
6,Burglary,2024-01-05 23:00,2024-01-06 01:00,,450010,300010
CSV
    kerb 0 import extract.csv s.sqlite --json
    json 'd["read"] == 6' 'd["loaded"] == 5' 'd["by_reason"] == {"end_before_start": 1}' 'd["without_date"] == 1' \
        'd["files"][0]["end_without_start"] == 1' 'd["files"][0]["recorded_before_start"] == 1'
    says "extract.csv:4: end_before_start, column 'Committed To' has '2024-01-04 22:30'" \
        "with an end of their time but no start, loaded without date: 1" "recorded before they happened, loaded as they stand: 1"
    kerb 0 info s.sqlite
    [[ "$output" == *"2 with a window of time, 4 with a time of recording"* ]]
    kerb 0 density s.sqlite out.tif --hours 22-04 --json
    json 'd["events_used"] == 3' 'd["excluded"] == {"no_date": 1, "time_too_coarse": 1}'
}

@test "columns of times are named by options, on an import and on an analysis" {
    printf 'what,begin,until,noted,x,y\nA,2024-01-05,2024-01-07,2024-01-09,450000,300000\n' > a.csv
    kerb 0 import a.csv s.sqlite --date begin --date-to until --recorded noted --json
    json 'd["parameters"]["date_to_column"] == "until"' 'd["parameters"]["recorded_column"] == "noted"'
    kerb 0 info s.sqlite --json
    json 'd["n_with_window"] == 1' 'd["n_with_recorded"] == 1' 'd["period"] == {"from": "2024-01-05", "to": "2024-01-08"}'
    kerb 0 density a.csv a.tif --date begin --date-to until --from 2024-01-05 --to 2024-01-08 --json
    json 'd["events_used"] == 1'
    kerb 1 density a.csv b.tif --date begin --date-to until --from 2024-01-05 --to 2024-01-07
    one_line
    says "time_too_coarse 1"
    kerb 1 density a.csv b.tif --date begin --date-to never
    one_line
    says "--date-to: no column 'never'"
    kerb 2 density s.sqlite b.tif --date-to until
    one_line
    says "--date-to"
    only a.csv s.sqlite a.tif a.qml
}

@test "a minute more of one window is another digest" {
    printf 'id,date from,date to,reported date,x,y\n1,5/1/2024 10:00,5/1/2024 12:00,6/1/2024,450000,300000\n' > a.csv
    kerb 0 import a.csv one.sqlite
    kerb 0 import a.csv two.sqlite --threads 3
    kerb 0 info one.sqlite --digest
    one=$output
    kerb 0 info two.sqlite --digest
    [ "$one" = "$output" ]
    printf 'id,date from,date to,reported date,x,y\n1,5/1/2024 10:00,5/1/2024 12:01,6/1/2024,450000,300000\n' > a.csv
    kerb 0 import a.csv three.sqlite
    kerb 0 info three.sqlite --digest
    [ "$one" != "$output" ]
}
