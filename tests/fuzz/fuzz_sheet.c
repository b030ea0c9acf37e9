/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the XML of a sheet, in a workbook with two shared texts and a date format. Rows
 * come in order, and their texts are in memory that is theirs.
 */
#include "ingest_inflate.h"
#include "ingest_xlsx.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add16(kerb_text *zip, unsigned value)
{
    char bytes[2] = {(char)(value & 0xFF), (char)(value >> 8)};
    kerb_text_add_n(zip, bytes, 2);
}

static void add32(kerb_text *zip, uint32_t value)
{
    add16(zip, value & 0xFFFF);
    add16(zip, value >> 16);
}

/* What local and central headers share from the version on. */
static void add_head(kerb_text *zip, const char *name, const char *data, size_t size)
{
    add16(zip, 20), add16(zip, 0), add16(zip, 0), add32(zip, 0);
    add32(zip, kerb_ingest__crc32(0, data, size));
    add32(zip, (uint32_t)size), add32(zip, (uint32_t)size);
    add16(zip, (unsigned)strlen(name)), add16(zip, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"_rels/.rels", "b", "_rels/b.rels", "t", "y", "s"};
    const char *parts[] = {
        "<r><Relationship Id='a' Type='/officeDocument' Target='b'/></r>",
        "<w xmlns:r='r'><sheet name='S' r:id='a'/></w>",
        "<r><Relationship Id='a' Type='/worksheet' Target='s'/><Relationship Id='b' "
        "Type='/sharedStrings' Target='t'/><Relationship Id='c' Type='/styles' "
        "Target='y'/></r>",
        "<sst><si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r></si></sst>",
        "<y><cellXfs><xf numFmtId='0'/><xf numFmtId='22'/><xf numFmtId='17'/></cellXfs></y>",
        (const char *)data};
    enum { N = sizeof names / sizeof *names };
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_text zip = {0};
    kerb_ingest__book *book = NULL;
    kerb_ingest__sheet *sheet = NULL;
    kerb_ingest__sheet_row row;
    uint32_t at[N];
    bool found = true;
    int64_t before = 0;
    size_t n_merges = 0;
    for (size_t i = 0; i < N; i++) {
        size_t n = i + 1 < N ? strlen(parts[i]) : size;
        at[i] = (uint32_t)zip.length;
        add32(&zip, 0x04034B50);
        add_head(&zip, names[i], parts[i], n);
        kerb_text_add(&zip, names[i]);
        kerb_text_add_n(&zip, parts[i], n);
    }
    uint32_t start = (uint32_t)zip.length;
    for (size_t i = 0; i < N; i++) {
        add32(&zip, 0x02014B50), add16(&zip, 20);
        add_head(&zip, names[i], parts[i], i + 1 < N ? strlen(parts[i]) : size);
        add16(&zip, 0), add16(&zip, 0), add16(&zip, 0), add32(&zip, 0), add32(&zip, at[i]);
        kerb_text_add(&zip, names[i]);
    }
    uint32_t end = (uint32_t)zip.length;
    add32(&zip, 0x06054B50), add16(&zip, 0), add16(&zip, 0), add16(&zip, N), add16(&zip, N);
    add32(&zip, end - start), add32(&zip, start), add16(&zip, 0);
    if (ctx == NULL || zip.failed) {
        goto done;
    }
    if (kerb_ingest__book_open_memory(ctx, zip.data, zip.length, &book) != KERB_OK) {
        abort(); /* all but the sheet is good */
    }
    kerb_status status = kerb_ingest__sheet_open(ctx, book, 0, "sheet", &sheet);
    while (status == KERB_OK && found) {
        status = kerb_ingest__sheet_next(ctx, sheet, &row, &found);
        if (status == KERB_OK && found) {
            if (row.number <= before) {
                abort();
            }
            before = row.number;
            for (size_t i = 0; i < row.n; i++) {
                (void)kerb_hash_bytes(row.cells[i].text, row.cells[i].length);
            }
        }
    }
    if (sheet != NULL) {
        (void)kerb_ingest__sheet_merges(sheet, &n_merges);
    }
done:
    kerb_ingest__sheet_close(sheet);
    kerb_ingest__book_close(book);
    kerb_text_clear(&zip);
    kerb_ctx_free(ctx);
    return 0;
}
