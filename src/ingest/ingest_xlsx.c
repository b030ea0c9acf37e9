/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A workbook as a package: which parts there are, the list of sheets, the shared texts and the
 * formats of numbers. All but the sheets is read when the book is opened.
 *
 *   _rels/.rels -> xl/workbook.xml -> xl/_rels/workbook.xml.rels -> xl/worksheets/sheet1.xml …
 *                                                                 -> xl/sharedStrings.xml
 *                                                                 -> xl/styles.xml
 */
#include "ingest_xlsx.h"
#include "ingest_stream.h"
#include "ingest_xml.h"

#include <stdlib.h>
#include <string.h>

typedef struct sheet_entry {
    char *name, *relation, *part; /* part NULL: a chart */
    bool is_hidden;
} sheet_entry;

struct kerb_ingest__book {
    char *name; /* for messages */
    kerb_ingest__bytes bytes;
    char *memory; /* of a book inside a zip */
    kerb_ingest__members members;
    bool is_1904;
    sheet_entry *sheets;
    size_t n_sheets;
    kerb_text texts; /* shared texts one behind the other */
    size_t *text_ends;
    size_t n_texts;
    kerb_ingest__number_format *styles;
    size_t n_styles;
    /* formats that the book writes out, by their number */
    struct custom_format {
        unsigned id;
        kerb_ingest__number_format format;
    } * customs;
    size_t n_customs;
};

/* One document being read into the book. */
typedef struct reading {
    kerb_ingest__book *book;
    bool no_memory, is_too_long;
    bool in_phonetic, in_text, in_styles; /* of shared texts; of cellXfs */
    const char *folder;                   /* that targets are relative to */
    char *found[4];                       /* targets by type */
} reading;

enum { REL_BOOK, REL_TEXTS, REL_STYLES };
#define TEXTS_MAX ((size_t)1 << 30) /* bytes of all shared texts, which are held in memory */

static bool grow(void **items, size_t n, size_t size)
{
    if ((n & (n - 1)) != 0) {
        return true; /* room is doubled at powers of two */
    }
    void *grown = kerb_realloc_array(*items, n == 0 ? 1 : 2 * n, size);
    *items = grown != NULL ? grown : *items;
    return grown != NULL;
}

/* ------------------------------------------------------------------------ parts */

static const kerb_ingest__member *find_part(const kerb_ingest__book *book, const char *path)
{
    for (size_t i = 0; i < book->members.n; i++) {
        if (kerb_text_equal_nocase(book->members.items[i].path, path)) {
            return &book->members.items[i];
        }
    }
    return NULL;
}

static kerb_status open_part(kerb_ctx *ctx, const kerb_ingest__book *book, const char *path,
                             kerb_ingest__stream **out)
{
    const kerb_ingest__member *member = find_part(book, path);
    if (member == NULL) {
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s has no part %s", book->name, path);
    }
    return kerb_ingest__zip_open_bytes(ctx, &book->bytes, book->name, member, out);
}

static kerb_status read_part(kerb_ctx *ctx, kerb_ingest__book *book, const char *path,
                             const kerb_ingest__xml_handlers *handlers, reading *r)
{
    kerb_ingest__stream *stream = NULL;
    kerb_text name = {0};
    kerb_status status = open_part(ctx, book, path, &stream);
    if (status != KERB_OK) {
        return status;
    }
    r->book = book;
    kerb_text_add_format(&name, "%s/%s", book->name, path);
    status =
        kerb_ingest__xml_read(ctx, stream, name.data != NULL ? name.data : path, handlers, r);
    kerb_text_clear(&name);
    if (status == KERB_OK && r->is_too_long) {
        return kerb_fail(ctx, KERB_ERR_FORMAT, "%s holds more than 1 GiB of texts", book->name);
    }
    return status == KERB_OK && r->no_memory ? kerb_fail_nomem(ctx, "a workbook") : status;
}

/* A target of a relation: from the root of the package, or from the folder of its owner. */
static char *resolve(const char *folder, const char *target)
{
    kerb_text path = {0};
    if (*target == '/') {
        kerb_text_add(&path, target + 1);
    } else {
        size_t n = strlen(folder);
        while (strncmp(target, "../", 3) == 0 && n > 0) {
            target += 3;
            for (n--; n > 0 && folder[n - 1] != '/'; n--) {
            }
        }
        kerb_text_add_n(&path, folder, n);
        kerb_text_add(&path, target);
    }
    if (path.failed) {
        kerb_text_clear(&path);
    }
    return path.data;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* Relations: what the package or the workbook points to. */
static void start_relation(void *user, const char *name, const char *const *attributes)
{
    static const char *const types[] = {"/officeDocument", "/sharedStrings", "/styles"};
    reading *r = user;
    const char *type = kerb_ingest__xml_attribute(attributes, "Type");
    const char *target = kerb_ingest__xml_attribute(attributes, "Target");
    const char *id = kerb_ingest__xml_attribute(attributes, "Id");
    if (strcmp(name, "Relationship") != 0 || type == NULL || target == NULL) {
        return;
    }
    char *path = resolve(r->folder, target);
    r->no_memory = r->no_memory || path == NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (ends_with(type, types[i]) && r->found[i] == NULL) {
            r->found[i] = path;
            path = NULL;
            break;
        }
    }
    for (size_t i = 0; i < r->book->n_sheets && path != NULL && id != NULL; i++) {
        sheet_entry *sheet = &r->book->sheets[i];
        if (strcmp(sheet->relation, id) == 0 && ends_with(type, "/worksheet")) {
            kerb_free(sheet->part);
            sheet->part = path;
            path = NULL;
        }
    }
    kerb_free(path);
}

static void start_of_book(void *user, const char *name, const char *const *attributes)
{
    reading *r = user;
    kerb_ingest__book *book = r->book;
    if (strcmp(name, "workbookPr") == 0) {
        const char *value = kerb_ingest__xml_attribute(attributes, "date1904");
        book->is_1904 =
            value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
    } else if (strcmp(name, "sheet") == 0) {
        const char *title = kerb_ingest__xml_attribute(attributes, "name");
        const char *state = kerb_ingest__xml_attribute(attributes, "state");
        const char *id = NULL; /* r:id, not sheetId */
        for (const char *const *a = attributes; *a != NULL; a += 2) {
            id = ends_with(*a, ":id") ? a[1] : id;
        }
        void *sheets = book->sheets;
        bool has_room = grow(&sheets, book->n_sheets, sizeof *book->sheets);
        book->sheets = sheets;
        if (!has_room) {
            r->no_memory = true;
            return;
        }
        sheet_entry *sheet = &book->sheets[book->n_sheets++];
        *sheet = (sheet_entry){.name = kerb_text_copy(title != NULL ? title : ""),
                               .relation = kerb_text_copy(id != NULL ? id : ""),
                               .is_hidden = state != NULL && strcmp(state, "visible") != 0};
        r->no_memory = r->no_memory || sheet->name == NULL || sheet->relation == NULL;
    }
}

/* -------------------------------------------------------------------- shared texts */

/* A text is made of runs; hints of how to say it are none of it. */
static void start_text(void *user, const char *name, const char *const *attributes)
{
    reading *r = user;
    (void)attributes;
    r->in_phonetic = r->in_phonetic || strcmp(name, "rPh") == 0;
    r->in_text = strcmp(name, "t") == 0 && !r->in_phonetic;
}

static void end_text(void *user, const char *name)
{
    reading *r = user;
    kerb_ingest__book *book = r->book;
    if (strcmp(name, "rPh") == 0) {
        r->in_phonetic = false;
    } else if (strcmp(name, "t") == 0) {
        r->in_text = false;
    } else if (strcmp(name, "si") == 0) {
        void *ends = book->text_ends;
        bool has_room = grow(&ends, book->n_texts, sizeof *book->text_ends);
        book->text_ends = ends;
        if (has_room) {
            book->text_ends[book->n_texts++] = book->texts.length;
        }
        r->no_memory = r->no_memory || !has_room;
    }
}

static void add_text(void *user, const char *text, size_t n)
{
    reading *r = user;
    if (r->in_text) {
        if (r->book->texts.length + n > TEXTS_MAX) {
            r->is_too_long = true;
            return;
        }
        kerb_text_add_n(&r->book->texts, text, n);
        r->no_memory = r->no_memory || r->book->texts.failed;
    }
}

const char *kerb_ingest__book_text(const kerb_ingest__book *book, size_t number, size_t *length)
{
    if (number >= book->n_texts) {
        return NULL;
    }
    size_t from = number > 0 ? book->text_ends[number - 1] : 0;
    *length = book->text_ends[number] - from;
    return book->texts.data != NULL ? book->texts.data + from : "";
}

/* ------------------------------------------------------------------------- styles */

static void start_style(void *user, const char *name, const char *const *attributes)
{
    reading *r = user;
    kerb_ingest__book *book = r->book;
    const char *id = kerb_ingest__xml_attribute(attributes, "numFmtId");
    if (strcmp(name, "cellXfs") == 0) {
        r->in_styles = true;
    } else if (strcmp(name, "numFmt") == 0 && id != NULL) {
        const char *code = kerb_ingest__xml_attribute(attributes, "formatCode");
        void *customs = book->customs;
        bool has_room = grow(&customs, book->n_customs, sizeof *book->customs);
        book->customs = customs;
        if (has_room) {
            book->customs[book->n_customs++] = (struct custom_format){
                (unsigned)strtoul(id, NULL, 10),
                kerb_ingest__number_format_parse(code != NULL ? code : "")};
        }
        r->no_memory = r->no_memory || !has_room;
    } else if (strcmp(name, "xf") == 0 && r->in_styles) {
        unsigned number = id != NULL ? (unsigned)strtoul(id, NULL, 10) : 0;
        kerb_ingest__number_format format = kerb_ingest__number_format_builtin(number);
        for (size_t i = 0; i < book->n_customs; i++) {
            format = book->customs[i].id == number ? book->customs[i].format : format;
        }
        void *styles = book->styles;
        bool has_room = grow(&styles, book->n_styles, sizeof *book->styles);
        book->styles = styles;
        if (has_room) {
            book->styles[book->n_styles++] = format;
        }
        r->no_memory = r->no_memory || !has_room;
    }
}

static void end_style(void *user, const char *name)
{
    reading *r = user;
    if (strcmp(name, "cellXfs") == 0) {
        r->in_styles = false;
    }
}

kerb_ingest__number_format kerb_ingest__book_style(const kerb_ingest__book *book, size_t style)
{
    return style < book->n_styles ? book->styles[style]
                                  : (kerb_ingest__number_format){.kind = KERB_CELL_NUMBER};
}

/* --------------------------------------------------------------------------- book */

/* A book inside a zip comes into memory, because its own directory lies at its end. */
static kerb_status read_into_memory(kerb_ctx *ctx, const kerb_ingest__item *item,
                                    kerb_ingest__book *book)
{
    kerb_ingest__stream *stream = NULL;
    size_t length = 0, capacity = 0, n = 1;
    kerb_status status = kerb_ingest__item_open(ctx, item, &stream);
    while (status == KERB_OK && n > 0) {
        if (length == capacity) {
            capacity = capacity == 0 ? (size_t)1 << 20 : 2 * capacity;
            char *grown = kerb_realloc_array(book->memory, capacity, 1);
            if (grown == NULL) {
                status = kerb_fail_nomem(ctx, "a workbook inside an archive");
                break;
            }
            book->memory = grown;
        }
        status =
            kerb_ingest__stream_read(ctx, stream, book->memory + length, capacity - length, &n);
        length += n;
    }
    kerb_ingest__stream_close(stream);
    book->bytes = (kerb_ingest__bytes){.fd = -1, .memory = book->memory, .size = length};
    return status;
}

/* An old .xls and an encrypted .xlsx are both compound files; neither is a zip. */
static kerb_status check_kind(kerb_ctx *ctx, const kerb_ingest__book *book)
{
    static const char compound[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    char head[8];
    if (book->bytes.size >= 8 &&
        kerb_ingest__bytes_read(ctx, &book->bytes, book->name, 0, head, 8) == KERB_OK &&
        memcmp(head, compound, 8) == 0) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is an old .xls or a workbook with a password: save it as .xlsx "
                         "without one",
                         book->name);
    }
    return KERB_OK;
}

static kerb_status read_parts(kerb_ctx *ctx, kerb_ingest__book *book)
{
    static const kerb_ingest__xml_handlers relations = {.start = start_relation};
    static const kerb_ingest__xml_handlers sheets = {.start = start_of_book};
    static const kerb_ingest__xml_handlers texts = {
        .start = start_text, .end = end_text, .text = add_text};
    static const kerb_ingest__xml_handlers styles = {.start = start_style, .end = end_style};
    reading r = {.folder = ""};
    kerb_text path = {0};
    kerb_status status = read_part(ctx, book, "_rels/.rels", &relations, &r);
    if (status == KERB_OK && r.found[REL_BOOK] == NULL) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "%s is no workbook", book->name);
    }
    if (status == KERB_OK) {
        status = read_part(ctx, book, r.found[REL_BOOK], &sheets, &r);
    }
    if (status == KERB_OK) {
        const char *slash = strrchr(r.found[REL_BOOK], '/');
        size_t n_folder = slash != NULL ? (size_t)(slash + 1 - r.found[REL_BOOK]) : 0;
        kerb_text_add_n(&path, r.found[REL_BOOK], n_folder);
        char *folder = kerb_text_copy_n(r.found[REL_BOOK], n_folder);
        kerb_text_add_format(&path, "_rels/%s.rels", r.found[REL_BOOK] + n_folder);
        if (folder == NULL || path.failed) {
            status = kerb_fail_nomem(ctx, "a workbook");
        } else {
            r.folder = folder;
            status = read_part(ctx, book, path.data, &relations, &r);
        }
        kerb_free(folder);
        r.folder = "";
    }
    if (status == KERB_OK && r.found[REL_TEXTS] != NULL) {
        status = read_part(ctx, book, r.found[REL_TEXTS], &texts, &r);
    }
    if (status == KERB_OK && r.found[REL_STYLES] != NULL) {
        status = read_part(ctx, book, r.found[REL_STYLES], &styles, &r);
    }
    for (size_t i = 0; i < sizeof r.found / sizeof *r.found; i++) {
        kerb_free(r.found[i]);
    }
    kerb_text_clear(&path);
    return status == KERB_ERR_NOT_FOUND
               ? kerb_fail(ctx, KERB_ERR_FORMAT, "%s is no workbook, or a damaged one",
                           book->name)
               : status;
}

static kerb_status new_book(kerb_ctx *ctx, kerb_ingest__book **out)
{
    *out = kerb_calloc_array(1, sizeof **out);
    if (*out == NULL) {
        return kerb_fail_nomem(ctx, "a workbook");
    }
    (*out)->bytes.fd = -1;
    return KERB_OK;
}

/* From its bytes on. Takes the book. */
static kerb_status read_book(kerb_ctx *ctx, kerb_ingest__book *book, kerb_ingest__book **out)
{
    kerb_status status = check_kind(ctx, book);
    if (status == KERB_OK) {
        status = kerb_ingest__zip_list_bytes(ctx, &book->bytes, book->name, &book->members);
    }
    if (status == KERB_OK) {
        status = read_parts(ctx, book);
    }
    if (status != KERB_OK) {
        kerb_ingest__book_close(book);
        return status;
    }
    *out = book;
    return KERB_OK;
}

kerb_status kerb_ingest__book_open(kerb_ctx *ctx, const kerb_ingest__item *item,
                                   kerb_ingest__book **out)
{
    kerb_text name = {0};
    kerb_ingest__book *book = NULL;
    kerb_status status = new_book(ctx, &book);
    if (status == KERB_OK) {
        kerb_text_add_format(&name, "%s%s%s", item->name, item->member != NULL ? "/" : "",
                             item->member != NULL ? item->member : "");
        status = kerb_text_take(ctx, &name, &book->name);
    }
    if (status == KERB_OK) {
        status = item->is_zipped || item->is_gzipped
                     ? read_into_memory(ctx, item, book)
                     : kerb_ingest__bytes_open(ctx, item->file, book->name, &book->bytes);
    }
    if (status != KERB_OK) {
        kerb_ingest__book_close(book);
        return status;
    }
    return read_book(ctx, book, out);
}

kerb_status kerb_ingest__book_open_memory(kerb_ctx *ctx, const char *data, size_t length,
                                          kerb_ingest__book **out)
{
    kerb_ingest__book *book = NULL;
    kerb_status status = new_book(ctx, &book);
    if (status != KERB_OK) {
        return status;
    }
    book->name = kerb_text_copy("memory");
    if (book->name == NULL) {
        kerb_ingest__book_close(book);
        return kerb_fail_nomem(ctx, "a workbook");
    }
    book->bytes = (kerb_ingest__bytes){.fd = -1, .memory = data, .size = length};
    return read_book(ctx, book, out);
}

void kerb_ingest__book_close(kerb_ingest__book *book)
{
    if (book == NULL) {
        return;
    }
    for (size_t i = 0; i < book->n_sheets; i++) {
        kerb_free(book->sheets[i].name);
        kerb_free(book->sheets[i].relation);
        kerb_free(book->sheets[i].part);
    }
    kerb_free(book->sheets);
    kerb_free(book->customs);
    kerb_free(book->styles);
    kerb_free(book->text_ends);
    kerb_text_clear(&book->texts);
    kerb_ingest__members_clear(&book->members);
    kerb_ingest__bytes_close(&book->bytes);
    kerb_free(book->memory);
    kerb_free(book->name);
    kerb_free(book);
}

size_t kerb_ingest__book_count(const kerb_ingest__book *book)
{
    return book->n_sheets;
}

const char *kerb_ingest__book_sheet_name(const kerb_ingest__book *book, size_t i)
{
    return book->sheets[i].name;
}

bool kerb_ingest__book_sheet_is_hidden(const kerb_ingest__book *book, size_t i)
{
    return book->sheets[i].is_hidden;
}

bool kerb_ingest__book_is_1904(const kerb_ingest__book *book)
{
    return book->is_1904;
}

kerb_status kerb_ingest__book_open_sheet(kerb_ctx *ctx, const kerb_ingest__book *book, size_t i,
                                         kerb_ingest__stream **out)
{
    if (book->sheets[i].part == NULL) {
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s: sheet '%s' is no table", book->name,
                         book->sheets[i].name);
    }
    return open_part(ctx, book, book->sheets[i].part, out);
}
