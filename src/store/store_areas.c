/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of areas: written whole, replacing the set of that name, and read back in their order.
 * There are thousands of areas at most, so their R*Tree takes them one by one.
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

static const char *const roles[] = {"study", "beat",  "ward", "district", "county",    "force",
                                    "place", "venue", "road", "exclude",  "sensitive", NULL};

const char *const *kerb_store_area_roles(void)
{
    return roles;
}

static bool is_role(const char *role)
{
    for (size_t i = 0; roles[i]; i++) {
        if (role && strcmp(roles[i], role) == 0)
            return true;
    }
    return false;
}

/* Id of a set, 0 when there is none of that name; sensitive ones are found only to be written
 * over. */
static kerb_status find_set(kerb_ctx *ctx, kerb_store *store, const char *name,
                            bool with_sensitive, int64_t *id)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    *id = 0;
    kerb_status status =
        kerb_store__prepare(ctx, store,
                            "SELECT id FROM area_set WHERE name = ? AND (?2 OR role <> "
                            "'sensitive')",
                            &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, name);
        sqlite3_bind_int(stmt, 2, with_sensitive);
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    }
    if (status == KERB_OK && has_row)
        *id = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status run_for_set(kerb_ctx *ctx, kerb_store *store, const char *sql,
                               int64_t set_id)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, set_id);
        status = kerb_store__step(ctx, store, stmt);
    }
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status delete_areas(kerb_ctx *ctx, kerb_store *store, int64_t set_id)
{
    static const char *const list[] = {
        "DELETE FROM idx_area_geom WHERE pkid IN (SELECT fid FROM area WHERE set_id = ?)",
        "DELETE FROM area_population WHERE area_fid IN (SELECT fid FROM area WHERE set_id = ?)",
        "DELETE FROM area WHERE set_id = ?",
        "DELETE FROM area_set WHERE id = ?",
    };
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < sizeof list / sizeof list[0]; i++)
        status = run_for_set(ctx, store, list[i], set_id);
    return status;
}

typedef struct area_statements {
    sqlite3_stmt *area, *index, *population;
} area_statements;

static kerb_status write_area(kerb_ctx *ctx, kerb_store *store, const area_statements *stmts,
                              const kerb_areas_set *set, size_t i, int64_t set_id)
{
    uint8_t *wkb = NULL;
    unsigned char *blob = NULL;
    size_t n_wkb = 0, n_blob = 0;
    const int *years = NULL;
    const double *populations = NULL;
    kerb_box box = kerb_areas_set_box_of(set, i);
    kerb_status status = kerb_areas_set_get_wkb(ctx, set, i, &wkb, &n_wkb);
    if (status == KERB_OK)
        status =
            kerb_store__make_multipolygon(ctx, store->srid, box, wkb, n_wkb, &blob, &n_blob);
    if (status != KERB_OK)
        goto done;
    sqlite3_bind_int64(stmts->area, 1, set_id);
    sqlite3_bind_int64(stmts->area, 2, (int64_t)i);
    kerb_store__bind_text(stmts->area, 3, kerb_areas_set_id(set, i));
    kerb_store__bind_text(stmts->area, 4, kerb_areas_set_name(set, i));
    sqlite3_bind_blob64(stmts->area, 5, blob, n_blob, SQLITE_STATIC);
    status = kerb_store__step(ctx, store, stmts->area);
    if (status != KERB_OK)
        goto done;
    int64_t fid = sqlite3_last_insert_rowid(store->db);
    sqlite3_bind_int64(stmts->index, 1, fid);
    sqlite3_bind_double(stmts->index, 2, box.xmin);
    sqlite3_bind_double(stmts->index, 3, box.xmax);
    sqlite3_bind_double(stmts->index, 4, box.ymin);
    sqlite3_bind_double(stmts->index, 5, box.ymax);
    status = kerb_store__step(ctx, store, stmts->index);
    size_t n_years = kerb_areas_set_populations(set, i, &years, &populations);
    for (size_t j = 0; status == KERB_OK && j < n_years; j++) {
        sqlite3_bind_int64(stmts->population, 1, fid);
        sqlite3_bind_int(stmts->population, 2, years[j]);
        sqlite3_bind_double(stmts->population, 3, populations[j]);
        status = kerb_store__step(ctx, store, stmts->population);
    }
done:
    kerb_free(blob);
    kerb_free_text((char *)wkb);
    return status;
}

static kerb_status insert_set(kerb_ctx *ctx, kerb_store *store, const char *set_name,
                              const char *role, const char *file_name, const char *sha256,
                              int64_t *set_id)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "INSERT INTO area_set (name, role, file_name, file_sha256) VALUES (?, ?, ?, ?)", &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, set_name);
        kerb_store__bind_text(stmt, 2, role);
        kerb_store__bind_text(stmt, 3, file_name);
        kerb_store__bind_text(stmt, 4, sha256);
        status = kerb_store__step(ctx, store, stmt);
    }
    if (status == KERB_OK)
        *set_id = sqlite3_last_insert_rowid(store->db);
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status write_all(kerb_ctx *ctx, kerb_store *store, const kerb_areas_set *set,
                             int64_t set_id)
{
    area_statements stmts = {0};
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "INSERT INTO area (set_id, position, id, name, geom) VALUES (?, ?, ?, ?, ?)",
        &stmts.area);
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "INSERT INTO idx_area_geom (pkid, xmin, xmax, ymin, ymax) VALUES (?, ?, ?, ?, ?)",
            &stmts.index);
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "INSERT INTO area_population (area_fid, year, population) VALUES (?, ?, ?)",
            &stmts.population);
    for (size_t i = 0; status == KERB_OK && i < kerb_areas_set_count(set); i++) {
        status = write_area(ctx, store, &stmts, set, i, set_id);
        if (status == KERB_OK)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmts.area);
    sqlite3_finalize(stmts.index);
    sqlite3_finalize(stmts.population);
    return status;
}

/* A name that is a path would tell of the machine. */
static const char *base_name(const char *name)
{
    const char *slash = name && name[0] == '/' ? strrchr(name, '/') : NULL;
    return slash ? slash + 1 : name;
}

kerb_status kerb_store_write_areas(kerb_ctx *ctx, kerb_store *store, const char *set_name,
                                   const char *role, const char *file_name, const char *sha256,
                                   const kerb_areas_set *set)
{
    int64_t set_id = 0, n_areas = 0;
    if (!set_name || !set_name[0])
        return kerb_fail(ctx, KERB_ERR_ARG, "a set of areas needs a name");
    if (!is_role(role)) {
        kerb_status status = kerb_fail(ctx, KERB_ERR_ARG,
                                       "'%s' is no role of areas: it is one of study, beat, "
                                       "ward, district, county, force, "
                                       "place, venue, road, exclude, sensitive",
                                       role ? role : "");
        return status;
    }
    bool is_sensitive = strcmp(role, "sensitive") == 0;
    kerb_status status = kerb_store__begin(ctx, store);
    if (status != KERB_OK)
        return status;
    status = find_set(ctx, store, set_name, true, &set_id);
    if (status == KERB_OK && set_id != 0)
        status = delete_areas(ctx, store, set_id);
    if (status == KERB_OK)
        status =
            insert_set(ctx, store, set_name, role, is_sensitive ? NULL : base_name(file_name),
                       is_sensitive ? NULL : sha256, &set_id);
    if (status == KERB_OK)
        status = write_all(ctx, store, set, set_id);
    if (status == KERB_OK)
        status = kerb_store__query_int(ctx, store, "SELECT count(*) FROM area", 0, &n_areas);
    if (status == KERB_OK)
        status = kerb_store__write_statistics(ctx, store, "area", "area_view", n_areas);
    if (status == KERB_OK)
        return kerb_store__commit(ctx, store);
    kerb_store__rollback(store);
    return status;
}

/* --------------------------------------------------------------------- reading */

/* "…; it has a, b" of the sets that are there. */
static kerb_status fail_no_set(kerb_ctx *ctx, kerb_store *store, const char *set_name)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_text names = {0};
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT name FROM area_set WHERE role <> 'sensitive' ORDER BY name LIMIT 20", &stmt);
    while (status == KERB_OK) {
        char name[4 * 60 + 8];
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        const char *text = kerb_store__column_text(stmt, 0);
        kerb_text_visible(text, strlen(text), 60, name);
        kerb_text_add_format(&names, "%s%s", names.length ? ", " : "", name);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s has no set of areas '%s'; %s%s",
                           store->path, set_name, names.length ? "it has " : "it has none",
                           names.length ? names.data : "");
    kerb_text_clear(&names);
    return status;
}

static kerb_status read_area(kerb_ctx *ctx, sqlite3_stmt *row, kerb_areas_set *set)
{
    uint8_t *wkb = NULL;
    size_t n_wkb = 0;
    kerb_status status = kerb_store__read_multipolygon(
        sqlite3_column_blob(row, 3), (size_t)sqlite3_column_bytes(row, 3), &wkb, &n_wkb);
    if (status == KERB_ERR_FORMAT)
        return kerb_fail(ctx, status, "its geometry is no polygon");
    if (status != KERB_OK)
        return kerb_fail_nomem(ctx, "an area");
    status = kerb_areas_set_add_wkb(ctx, set, kerb_store__column_text(row, 1),
                                    kerb_store__column_text(row, 2), wkb, n_wkb);
    kerb_free(wkb);
    return status;
}

static kerb_status read_populations(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *stmt,
                                    int64_t fid, kerb_areas_set *set, size_t i)
{
    bool has_row = true;
    kerb_status status = KERB_OK;
    sqlite3_bind_int64(stmt, 1, fid);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        double population = sqlite3_column_double(stmt, 1);
        int type = sqlite3_column_type(stmt, 1);
        if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) || !(population >= 0.0) ||
            !isfinite(population))
            status = kerb_fail(ctx, KERB_ERR_FORMAT,
                               "%s, area '%s': its population is no number of 0 or more",
                               store->path, kerb_areas_set_id(set, i));
        else
            status = kerb_areas_set_add_population(ctx, set, i, sqlite3_column_int(stmt, 0),
                                                   population);
    }
    sqlite3_reset(stmt);
    return status;
}

static kerb_status read_all(kerb_ctx *ctx, kerb_store *store, int64_t set_id,
                            kerb_areas_set *set)
{
    sqlite3_stmt *rows = NULL, *populations = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT fid, id, name, geom FROM area WHERE set_id = ? ORDER BY position",
        &rows);
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "SELECT year, population FROM area_population WHERE area_fid = ? ORDER BY year",
            &populations);
    if (status == KERB_OK)
        sqlite3_bind_int64(rows, 1, set_id);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, rows, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        size_t i = kerb_areas_set_count(set);
        int64_t fid = sqlite3_column_int64(rows, 0);
        status = read_area(ctx, rows, set);
        if (status == KERB_OK)
            status = read_populations(ctx, store, populations, fid, set, i);
        if (status != KERB_OK && status != KERB_ERR_NOMEM) {
            char id[4 * 60 + 8];
            const char *text = kerb_store__column_text(rows, 1);
            kerb_text_visible(text, strlen(text), 60, id);
            kerb_fail_in(ctx, "%s, area '%s'", store->path, id);
        }
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(populations);
    return status;
}

kerb_status kerb_store_has_areas(kerb_ctx *ctx, kerb_store *store, const char *set_name,
                                 bool *out)
{
    int64_t set_id = 0;
    kerb_status status = find_set(ctx, store, set_name, true, &set_id);
    if (status == KERB_OK)
        *out = set_id != 0;
    return status;
}

kerb_status kerb_store_read_areas(kerb_ctx *ctx, kerb_store *store, const char *set_name,
                                  kerb_areas_set **out)
{
    kerb_areas_set *set = NULL;
    int64_t set_id = 0;
    bool began = false;
    kerb_status status = kerb_store__begin_reading(ctx, store, &began);
    if (status == KERB_OK)
        status = find_set(ctx, store, set_name, false, &set_id);
    if (status == KERB_OK && set_id == 0)
        status = fail_no_set(ctx, store, set_name);
    if (status == KERB_OK)
        status = kerb_areas_set_new(ctx, &set);
    if (status == KERB_OK)
        status = read_all(ctx, store, set_id, set);
    kerb_store__end_reading(store, began);
    if (status == KERB_OK)
        status = kerb_areas_set_index(ctx, set);
    if (status == KERB_OK) {
        *out = set;
        set = NULL;
    }
    kerb_areas_set_free(set);
    return status;
}

kerb_status kerb_store_find_area_role(kerb_ctx *ctx, kerb_store *store, const char *set_name,
                                      char **role)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    char *found = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT role FROM area_set WHERE name = ? AND role <> 'sensitive'", &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, set_name);
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    }
    if (status == KERB_OK && has_row) {
        found = kerb_text_copy(kerb_store__column_text(stmt, 0));
        status = found ? KERB_OK : kerb_fail_nomem(ctx, "a role");
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        *role = found;
    return status;
}

kerb_status kerb_store_find_role(kerb_ctx *ctx, kerb_store *store, const char *role,
                                 size_t *n_found, char **set_name)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    size_t n = 0;
    char *name = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT name FROM area_set WHERE role = ? AND role <> 'sensitive' ORDER BY name",
        &stmt);
    if (status == KERB_OK)
        kerb_store__bind_text(stmt, 1, role);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (n++ == 0) {
            name = kerb_text_copy(kerb_store__column_text(stmt, 0));
            if (!name)
                status = kerb_fail_nomem(ctx, "a name");
        }
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK) {
        if (n != 1) {
            kerb_free(name);
            name = NULL;
        }
        *n_found = n;
        *set_name = name;
        return KERB_OK;
    }
    kerb_free(name);
    return status;
}
