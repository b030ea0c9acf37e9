#!/usr/bin/env bats
# Workbooks as people save them: dates that are numbers and dates that are text, titles above the
# table, merged cells, several sheets, formulas. Workbooks are made here, cell by cell.

load common

# book NAME PYTHON: a workbook. The code fills `sheets`, a list of (name, rows) or (name, rows,
# options); a row is a list of cells, or (number, cells, attributes). A cell is None, a text (shared),
# a number, or a dict: {"v": value, "t": type, "s": style, "f": formula, "i": inline text}.
# Styles: 0 general, 1 dd/mm/yyyy, 2 dd/mm/yyyy hh:mm, 3 hh:mm, 4 mmm-yy, 5 00000, 6 hh:mm:ss, 7 text.
book() {
    python3 - "$1" "$2" <<'PY'
import sys, zipfile
from xml.sax.saxutils import escape, quoteattr
sheets, date1904, prefix, styles_of, extra = [], False, "", None, {}
exec(sys.argv[2])
NS = "urn:spreadsheetml/main"
REL = "urn:officeDocument/relationships"
shared = []
def name(column):
    text, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
def cell(place, value):
    if isinstance(value, str):
        shared.append(value)
        return f'<c r="{place}" t="s"><v>{len(shared) - 1}</v></c>'
    if not isinstance(value, dict):
        value = {"v": repr(value)}
    t = f' t="{value["t"]}"' if "t" in value else ""
    s = f' s="{value["s"]}"' if "s" in value else ""
    inner = f'<f>{escape(value["f"])}</f>' if "f" in value else ""
    if "i" in value:
        t, inner = ' t="inlineStr"', f'<is><t xml:space="preserve">{escape(value["i"])}</t></is>'
    elif "v" in value:
        inner += f'<v>{escape(str(value["v"]))}</v>'
    r = "" if value.get("placeless") else f' r="{place}"'
    return f"<c{r}{s}{t}>{inner}</c>"
def sheet_xml(rows, options):
    lines, number = [], 0
    for row in rows:
        attributes = ""
        if isinstance(row, tuple):
            number, cells, attributes = (row + ("",))[:3]
        else:
            number, cells = number + 1, row
        body = "".join(cell(f"{name(i)}{number}", c) for i, c in enumerate(cells) if c is not None)
        lines.append(f'<row r="{number}" {attributes}>{body}</row>')
    merges = options.get("merges", [])
    merged = "".join(f"<mergeCell ref={quoteattr(m)}/>" for m in merges)
    tail = f"<mergeCells>{merged}</mergeCells>" if merges else ""
    return f'<?xml version="1.0"?>{options.get("doctype", "")}<worksheet xmlns="{NS}"><dimension ref="A1:XFD1048576"/><sheetData>{"".join(lines)}</sheetData>{tail}</worksheet>'
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("[Content_Types].xml", '<Types xmlns="urn:package/content-types"/>')
    z.writestr("_rels/.rels", f'<Relationships xmlns="x"><Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
    listed, rels = "", ""
    for i, (title, rows, *options) in enumerate(sheets, 1):
        options = options[0] if options else {}
        state = f' state="{options["state"]}"' if "state" in options else ""
        listed += f'<sheet name={quoteattr(title)} sheetId="{i + 40}"{state} r:id="rId{i}"/>'
        target = f"/xl/worksheets/s{i}.xml" if i % 2 == 0 else f"worksheets/s{i}.xml"
        rels += f'<Relationship Id="rId{i}" Type="{REL}/worksheet" Target="{target}"/>'
        z.writestr(f"xl/worksheets/s{i}.xml", options.get("xml") or sheet_xml(rows, options))
    z.writestr("xl/workbook.xml", f'<workbook xmlns="{NS}" xmlns:r="{REL}"><workbookPr date1904="{int(date1904)}"/><sheets>{listed}</sheets></workbook>')
    rels += f'<Relationship Id="a" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="b" Type="{REL}/styles" Target="styles.xml"/>'
    z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="x">{rels}</Relationships>')
    z.writestr("xl/sharedStrings.xml", f'<sst xmlns="{NS}">' + "".join(f"<si><t>{escape(t)}</t></si>" for t in shared) + "</sst>")
    formats = {200: "dd/mm/yyyy", 201: "dd/mm/yyyy\\ hh:mm;@", 202: "hh:mm", 203: "mmm-yy", 204: "00000", 205: "[$-809]hh:mm:ss"}
    written = "".join(f'<numFmt numFmtId="{k}" formatCode={quoteattr(v)}/>' for k, v in formats.items())
    used = "".join(f'<xf numFmtId="{k}"/>' for k in (0, 200, 201, 202, 203, 204, 205, 49))
    z.writestr("xl/styles.xml", f'<styleSheet xmlns="{NS}"><numFmts>{written}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>')
    for path, text in extra.items():
        z.writestr(path, text)
PY
}

# rows: what the store holds, a line each: reference|time|category|x|y.
rows() {
    sqlite3 "${1:-s.sqlite}" "SELECT coalesce(i.reference, '') || '|' || coalesce(datetime(i.start, 'unixepoch'), '') || '|' || i.precision || '|' || coalesce(c.name, '') FROM incident i LEFT JOIN category c ON c.id = i.category_id ORDER BY i.id"
}

HEAD='H = ["Ref", "Date", "Time", "Category", "Easting", "Northing"]'

@test "dates are dates however the cell holds them" {
    book a.xlsx "$HEAD
P = [450010, 300010]
sheets.append(('Crimes', [H,
 ['a', {'v': 41821, 's': 1}, None, 'Burglary', *P],
 ['b', {'v': 41821.9375, 's': 2}, None, 'Burglary', *P],
 ['c', {'v': 41821, 's': 1}, {'v': 0.9375, 's': 3}, 'Burglary', *P],
 ['d', 41821, 0.9375, 'Burglary', *P],
 ['e', '01/07/2014', '22:30', 'Burglary', *P],
 ['f', 20140701, 2230, 'Burglary', *P],
 ['g', {'v': 41821, 's': 4}, None, 'Burglary', *P],
 ['h', {'v': '2014-07-01T22:30:00', 't': 'd'}, None, 'Burglary', *P],
 ['i', {'v': 41821, 's': 1}, {'v': 41821.9375, 's': 3}, 'Burglary', *P],
 ['j', {'v': 41821.93753472, 's': 6}, None, 'Burglary', *P],
 ['k', {'v': 41821.99999999, 's': 2}, None, 'Burglary', *P],
 ['l', None, None, 'Burglary', *P],
]))"
    kerb 0 import a.xlsx s.sqlite --json
    json 'd["loaded"] == 12' 'd["without_date"] == 1' 'd["files"][0]["member"] == "Crimes"' 'd["files"][0]["source"] == "a"' 'd["files"][0]["format"] == "xlsx"'
    run rows
    [ "$output" = "a|2014-07-01 00:00:00|2|Burglary
b|2014-07-01 22:30:00|3|Burglary
c|2014-07-01 22:30:00|3|Burglary
d|2014-07-01 22:30:00|3|Burglary
e|2014-07-01 22:30:00|3|Burglary
f|2014-07-01 22:30:00|3|Burglary
g|2014-07-01 00:00:00|1|Burglary
h|2014-07-01 22:30:00|4|Burglary
i|2014-07-01 22:30:00|3|Burglary
j|2014-07-01 22:30:03|4|Burglary
k|2014-07-02 00:00:00|3|Burglary
l||0|Burglary" ]
}

@test "the calendar of 1904 is four years and a day later" {
    book a.xlsx "$HEAD
date1904 = True
sheets.append(('S', [H, ['a', {'v': 41821 - 1462, 's': 1}, None, 'x', 450010, 300010]]))"
    kerb 0 import a.xlsx s.sqlite
    run rows
    [ "$output" = "a|2014-07-01 00:00:00|2|x" ]
}

@test "a mapping's formats are for texts, not for cells that are dates" {
    book a.xlsx "$HEAD
sheets.append(('S', [H, ['a', {'v': 41821, 's': 1}, {'v': 0.9375, 's': 3}, 'x', 450010, 300010],
                        ['b', '07/01/2014', '2230', 'x', 450010, 300010],
                        ['c', '2014.07.01', None, 'x', 450010, 300010]]))"
    cat > m.yaml <<'YAML'
columns: {reference: Ref, date: Date, time: Time, category: Category, easting: Easting, northing: Northing}
date_format: "%m/%d/%Y"
time_format: "%H%M"
YAML
    kerb 0 import --format m.yaml a.xlsx s.sqlite --json
    json 'd["loaded"] == 2' 'd["by_reason"] == {"bad_date": 1}'
    run rows
    [ "$output" = "a|2014-07-01 22:30:00|3|x
b|2014-07-01 22:30:00|3|x" ]
}

@test "numbers, texts, zeros in front, formulas and errors" {
    book a.xlsx "$HEAD
P = [450010, 300010]
sheets.append(('S', [H,
 [{'v': 123, 's': 5}, None, None, 'zeros', *P],
 [{'v': '4.0'}, None, None, 'whole', *P],
 [{'v': '1E3'}, None, None, 'exponent', *P],
 ['007', None, None, 'text', '450010', ' 300010 '],
 [{'i': ' in & out '}, None, None, {'i': 'inline'}, *P],
 [{'v': 'calc', 't': 'str', 'f': 'A1'}, None, None, {'v': 1, 't': 'b'}, *P],
 ['na', None, None, 'not available', {'v': '#N/A', 't': 'e'}, 300010],
 ['ref', None, None, 'error', {'v': '#REF!', 't': 'e'}, 300010],
 ['unc', None, None, 'never calculated', {'f': 'E2+1'}, 300010],
 ['dat', None, None, 'a place with the format of a date', {'v': 450010.5, 's': 1}, {'v': 300010, 's': 2}],
 ['txt', None, None, 'two_x000D__x000A_lines', *P],
]))"
    kerb 0 import a.xlsx s.sqlite --json
    json 'd["read"] == 11' 'd["loaded"] == 9' 'd["by_reason"] == {"error_cell": 2, "no_coordinates": 1}'
    run rows
    [ "$output" = "00123||0|zeros
4||0|whole
1000||0|exponent
007||0|text
in & out||0|inline
calc||0|TRUE
na||0|not available
dat||0|a place with the format of a date
txt||0|two"$'\r\n'"lines" ]
    kerb 0 import a.xlsx t.sqlite
    says "a.xlsx/S:9: error_cell, column 'Easting' has '#REF!'" "a.xlsx/S:10: error_cell, column 'Easting' has 'a formula that was never calculated'"
}

@test "merged header cells are refused by name" {
    book a.xlsx "sheets.append(('Crimes', [['Ref', 'Date', 'Location', None, 'Northing'], ['a', 41821, 450010, 300010, 1]], {'merges': ['C1:D1']}))"
    kerb 1 import a.xlsx s.sqlite
    one_line
    says "a.xlsx, sheet 'Crimes'" "header cell C1:D1 is merged" "unmerge it"
    book b.xlsx "sheets.append(('S', [['Ref', 'Easting', 'Northing', 'Notes', None], ['a', 450010, 300010, 'x', 'y']], {'merges': ['D1:E1']}))"
    kerb 1 import b.xlsx s.sqlite
    says "header cell D1:E1 is merged"
    book c.xlsx "sheets.append(('S', [['All crimes', None, None], ['Ref', 'Easting', 'Northing'], ['a', 450010, 300010]], {'merges': ['A1:C1']}))"
    kerb 0 import c.xlsx s.sqlite --json
    json 'd["read"] == 1' 'd["loaded"] == 1'
    only a.xlsx b.xlsx c.xlsx s.sqlite
}

@test "cells merged over rows hide values and are refused" {
    book a.xlsx "$HEAD
sheets.append(('S', [H, ['a', 41821, None, 'x', 450010, 300010], ['b', None, None, 'y', 450010, 300010]], {'merges': ['B2:B3']}))"
    kerb 1 import a.xlsx s.sqlite
    one_line
    says "sheet 'S'" "cells B2:B3 are merged in the column 'Date'" "fill each row"
    only a.xlsx
}

@test "a title, blank rows and a note beside the table are not the table" {
    book a.xlsx "$HEAD
sheets.append(('S', [(3, ['Recorded crime, July 2014']), (7, [None, 'restricted']), (9, H),
  (12, ['a', 41821, None, 'x', 450010, 300010, None, None, 'a note']), (1048576, ['b', 41821, None, 'x', 450010, 300010])]))"
    kerb 0 import a.xlsx s.sqlite --json
    json 'd["read"] == 2' 'd["loaded"] == 2'
    run sqlite3 s.sqlite "SELECT group_concat(line) FROM incident"
    [ "$output" = "12,1048576" ]
}

@test "each sheet that is a table is read, the others are listed" {
    book a.xlsx "$HEAD
sheets.append(('Read me', [['This is what it is']]))
sheets.append(('Jan', [H, ['a', 41640, None, 'x', 450010, 300010]]))
sheets.append(('Feb', [H, ['b', 41671, None, 'x', 450020, 300010]]))
sheets.append(('Old', [H, ['c', 41671, None, 'x', 450020, 300010]], {'state': 'hidden'}))
sheets.append(('Empty', []))
sheets.append(('Bad', [H, ['d', 'yesterday', None, 'x', 450020, 300010]]))"
    kerb 0 import a.xlsx s.sqlite --json
    json 'd["read"] == 3' 'd["loaded"] == 2' 'd["by_reason"] == {"bad_date": 1}' \
        '{f["member"]: f.get("skipped") for f in d["files"]} == {"Read me": "no columns of coordinates", "Jan": None, "Feb": None, "Old": "a hidden sheet", "Empty": "an empty sheet", "Bad": None}'
    kerb 0 import a.xlsx t.sqlite
    says "a.xlsx/Bad:2: bad_date, column 'Date' has 'yesterday'"
}

@test "a workbook in which nothing is known tells its columns" {
    book a.xlsx "sheets.append(('S', [['Who', 'What'], [1, 2]]))"
    kerb 1 import a.xlsx s.sqlite
    one_line
    says "a.xlsx, sheet 'S'" "no columns of coordinates recognised" "'Who', 'What'"
}

@test "what is no workbook, or a locked or damaged one, is one line" {
    printf '\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1%0100d' 0 > old.xls
    cp old.xls locked.xlsx
    echo "a,b" > text.xlsx
    book dtd.xlsx "sheets.append(('S', [['Easting']], {'doctype': '<!DOCTYPE a [<!ENTITY b \"c\">]>'}))"
    book cut.xlsx "sheets.append(('S', [], {'xml': '<worksheet><sheetData><row r=\"1\"><c r=\"A1\">'}))"
    book order.xlsx "sheets.append(('S', [(1, ['Easting', 'Northing']), (5, [1, 2]), (3, [1, 2])]))"
    book place.xlsx "sheets.append(('S', [], {'xml': '<worksheet><sheetData><row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row></sheetData></worksheet>'}))"
    book row.xlsx "sheets.append(('S', [(1, ['Easting', 'Northing']), (1048577, [1, 2])]))"
    book text2.xlsx "sheets.append(('S', [['Easting', 'Northing'], [{'v': 99, 't': 's'}, 2]]))"
    python3 -c 'import zipfile; z = zipfile.ZipFile("other.xlsx", "w"); z.writestr("[Content_Types].xml", "<a/>"); z.close()'
    local name words
    while IFS='|' read -r name words; do
        kerb 1 import "$name" s.sqlite
        one_line
        says "$name" "$words"
    done <<'TABLE'
old.xls|an old .xls or a workbook with a password; save it as .xlsx
locked.xlsx|an old .xls or a workbook with a password; save it as .xlsx
text.xlsx|is no zip archive
other.xlsx|is no workbook
dtd.xlsx|has a document type
cut.xlsx|damaged XML
order.xlsx|its rows are out of order
place.xlsx|a cell is out of its row
row.xlsx|a cell is out of its row
text2.xlsx|points to a text that is not there
TABLE
}

@test "a damaged sheet is found by its checksum" {
    book a.xlsx "$HEAD
sheets.append(('S', [H, ['a', 41821, None, 'x', 450010, 300010]]))"
    python3 - <<'PY'
import zipfile
name = b"xl/worksheets/s1.xml"
data = bytearray(open("a.xlsx", "rb").read())
at = data.rindex(name) - 46
data[at + 16] ^= 1
open("a.xlsx", "wb").write(data)
PY
    kerb 1 import a.xlsx s.sqlite
    one_line
    says "a.xlsx/xl/worksheets/s1.xml is damaged" "CRC-32"
}

@test "a workbook inside a zip, and one under another name" {
    book a.xlsx "$HEAD
sheets.append(('S', [H, ['a', 41821, None, 'x', 450010, 300010]]))"
    mkdir in && cp a.xlsx in/ && (cd in && zip -q ../b.zip a.xlsx)
    kerb 0 import b.zip s.sqlite --json
    json 'd["loaded"] == 1' 'd["files"][0]["member"] == "a.xlsx/S"' 'd["files"][0]["source"] == "a"'
    cp a.xlsx table.csv
    kerb 0 import table.csv t.sqlite --json
    json 'd["loaded"] == 1' 'd["files"][0]["format"] == "xlsx"'
}

@test "hidden rows are read and told" {
    book a.xlsx "$HEAD
sheets.append(('S', [H, (2, ['a', 41821, None, 'x', 450010, 300010], 'hidden=\"1\"'), (3, ['b', 41821, None, 'x', 450010, 300010])]))"
    kerb 0 import a.xlsx s.sqlite
    says "a.xlsx/S: 1 rows are hidden in the sheet"
    [[ "$output" == *"2 rows read, 2 loaded"* ]]
}

@test "hostile names and cells: controls, quotes, formulas, long texts" {
    book a.xlsx "$HEAD
sheets.append(('=1+1\"<&', [H, ['=cmd()', 41821, None, 'x' * 40000, 450010, 300010],
   [None, 41821, None, '_x0007_bell', 450010, 300010], [None, 41821, None, 'y' * 1048577, 450010, 300010]]))"
    kerb 0 import a.xlsx s.sqlite --json
    json 'd["read"] == 3' 'd["loaded"] == 2' 'd["by_reason"] == {"field_too_long": 1}'
}

@test "the same rows as text and as a workbook are the same incidents" {
    make_points
    book points.xlsx "
import csv
sheets.append(('S', [[c if i == 0 or j < 3 else int(c) for j, c in enumerate(r)] for i, r in enumerate(csv.reader(open('points.csv')))]))"
    kerb 0 import --source S points.csv a.sqlite
    kerb 0 import --source S points.xlsx b.sqlite
    [ "$(rows a.sqlite)" = "$(rows b.sqlite)" ]
}
