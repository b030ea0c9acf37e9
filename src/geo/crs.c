/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference systems: what a definition means, whether analysis can work in it, and where it may
 * be used. PROJ computes coordinates far outside the area a system is made for without a word
 * (Memphis in EPSG:27700 is at -6919310, 4163916), so the declared area of use is brought into
 * the system's own coordinates once, here, and every point can be held against it.
 */
#include "geo_proj.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond the area of use coordinates go wrong slowly: a margin keeps offshore and border
 * points. */
#define AREA_MARGIN_M 50000.0
/* Length of one degree of a meridian, near enough for a margin. */
#define DEGREE_M 111200.0
/* Points added to each side of the area of use before it is projected; PROJ's own habit. */
#define DENSIFY_POINTS 21
/* proj_identify(): 90 means equivalent, with a name that is at least very alike. */
#define IDENTIFY_CONFIDENCE 90
#define MESSAGE_TEXT        80

static void stay_silent(void *user, int level, const char *line)
{
    (void)user;
    (void)level;
    (void)line;
}

PJ_CONTEXT *kerb_geo__proj_context_new(void)
{
    PJ_CONTEXT *proj = proj_context_create();
    if (proj == NULL)
        return NULL;
    proj_log_func(proj, NULL, stay_silent);
    proj_log_level(proj, PJ_LOG_NONE);
    proj_context_set_enable_network(proj, 0);
    return proj;
}

/* PROJ also looks names up, and by likeness: "leicester" would be some system. Only definitions
 * that say what they are get through. */
static bool is_definition(const char *text)
{
    return text[0] == '+' || strchr(text, ':') != NULL || strchr(text, '[') != NULL ||
           text[0] == '{';
}

static kerb_status fail_unknown(kerb_ctx *ctx, const char *definition)
{
    char shown[4 * MESSAGE_TEXT + 8];
    kerb_text_visible(definition, strlen(definition), MESSAGE_TEXT, shown);
    return kerb_fail(ctx, KERB_ERR_ARG,
                     "unknown reference system \"%s\" (EPSG:n, WKT, a PROJ string or none)",
                     shown);
}

/* A PROJ string without +type=crs would be read as an operation. */
static kerb_status create_object(kerb_ctx *ctx, PJ_CONTEXT *proj, const char *definition,
                                 PJ **out)
{
    kerb_text text = {0};
    char *completed = NULL;
    if (definition[0] == '+' && strstr(definition, "type=crs") == NULL) {
        kerb_text_add(&text, definition);
        kerb_text_add(&text, " +type=crs");
        kerb_status status = kerb_text_take(ctx, &text, &completed);
        if (status != KERB_OK)
            return status;
    }
    *out = proj_create(proj, completed != NULL ? completed : definition);
    kerb_free(completed);
    if (*out == NULL || !proj_is_crs(*out))
        return fail_unknown(ctx, definition);
    return KERB_OK;
}

/* Heights play no part: a compound system gives its horizontal half. */
static PJ *make_horizontal(PJ_CONTEXT *proj, PJ *crs)
{
    if (proj_get_type(crs) != PJ_TYPE_COMPOUND_CRS)
        return crs;
    PJ *flat = proj_crs_get_sub_crs(proj, crs, 0);
    if (flat == NULL)
        return crs;
    proj_destroy(crs);
    return flat;
}

/* A .prj file names its system without a code. The authority's own entry finds more operations
 * than the look-alike, so it takes its place when the two are equivalent. */
static PJ *make_identified(PJ_CONTEXT *proj, PJ *crs)
{
    if (proj_get_id_code(crs, 0) != NULL || proj_get_type(crs) == PJ_TYPE_BOUND_CRS)
        return crs;
    int *confidence = NULL;
    PJ_OBJ_LIST *list = proj_identify(proj, crs, "EPSG", NULL, &confidence);
    if (list != NULL && proj_list_get_count(list) > 0 && confidence != NULL &&
        confidence[0] >= IDENTIFY_CONFIDENCE) {
        PJ *known = proj_list_get(proj, list, 0);
        if (known != NULL) {
            proj_destroy(crs);
            crs = known;
        }
    }
    proj_int_list_destroy(confidence);
    proj_list_destroy(list);
    return crs;
}

/* The system whose axes are looked at: a bound one has those of its source. Owned. */
static PJ *get_plain(PJ_CONTEXT *proj, const PJ *crs)
{
    if (proj_get_type(crs) == PJ_TYPE_BOUND_CRS)
        return proj_get_source_crs(proj, crs);
    return proj_clone(proj, crs);
}

typedef struct axis_units {
    bool are_known;
    double x_factor, y_factor; /* to metre or radian */
    const char *name;          /* of the first; borrowed from PROJ */
} axis_units;

static axis_units read_axes(PJ_CONTEXT *proj, const PJ *plain, char **name_out)
{
    axis_units units = {0};
    PJ *system = proj_crs_get_coordinate_system(proj, plain);
    if (system == NULL)
        return units;
    const char *name = NULL;
    if (proj_cs_get_axis_count(proj, system) >= 2 &&
        proj_cs_get_axis_info(proj, system, 0, NULL, NULL, NULL, &units.x_factor, &name, NULL,
                              NULL) &&
        proj_cs_get_axis_info(proj, system, 1, NULL, NULL, NULL, &units.y_factor, NULL, NULL,
                              NULL)) {
        units.are_known = true;
        *name_out = kerb_text_copy(name != NULL ? name : "");
    }
    proj_destroy(system);
    return units;
}

static bool is_degrees_from_greenwich(PJ_CONTEXT *proj, const PJ *geographic)
{
    double factor = 0.0, longitude = 1.0;
    PJ *system = proj_crs_get_coordinate_system(proj, geographic);
    PJ *meridian = proj_get_prime_meridian(proj, geographic);
    bool is_so =
        system != NULL && meridian != NULL &&
        proj_cs_get_axis_info(proj, system, 0, NULL, NULL, NULL, &factor, NULL, NULL, NULL) &&
        proj_prime_meridian_get_parameters(proj, meridian, &longitude, NULL, NULL) &&
        fabs(factor - KERB_PI / 180.0) < 1e-12 && longitude == 0.0;
    proj_destroy(meridian);
    proj_destroy(system);
    return is_so;
}

/* Longitude and latitude of the same datum where they are plain degrees (then only the map
 * projection itself is computed, with no choice of datum shift), else those of WGS 84: what a
 * datum shifts is nothing beside the margin. */
static bool project_area(PJ_CONTEXT *proj, const PJ *plain, kerb_box area_deg, kerb_box *out)
{
    bool is_done = false;
    PJ *operation = NULL;
    PJ *lonlat = proj_crs_get_geodetic_crs(proj, plain);
    if (lonlat != NULL && !is_degrees_from_greenwich(proj, lonlat)) {
        proj_destroy(lonlat);
        lonlat = proj_create(proj, "OGC:CRS84");
    }
    if (lonlat == NULL)
        goto done;
    operation = proj_create_crs_to_crs_from_pj(proj, lonlat, plain, NULL, NULL);
    if (operation == NULL)
        goto done;
    PJ *normalised = proj_normalize_for_visualization(proj, operation);
    if (normalised == NULL)
        goto done;
    proj_destroy(operation);
    operation = normalised;
    kerb_box box;
    if (!proj_trans_bounds(proj, operation, PJ_FWD, area_deg.xmin, area_deg.ymin, area_deg.xmax,
                           area_deg.ymax, &box.xmin, &box.ymin, &box.xmax, &box.ymax,
                           DENSIFY_POINTS))
        goto done;
    is_done = isfinite(box.xmin) && isfinite(box.ymin) && isfinite(box.xmax) &&
              isfinite(box.ymax) && !kerb_box_is_empty(box);
    if (is_done)
        *out = box;
done:
    proj_destroy(operation);
    proj_destroy(lonlat);
    return is_done;
}

static void find_area(PJ_CONTEXT *proj, const PJ *plain, axis_units units, kerb_crs *crs)
{
    kerb_box area;
    if (!proj_get_area_of_use(proj, plain, &area.xmin, &area.ymin, &area.xmax, &area.ymax,
                              NULL))
        return;
    if (!(area.xmin >= -180.0 && area.xmax <= 180.0 && area.ymin >= -90.0 &&
          area.ymax <= 90.0 && area.ymin <= area.ymax))
        return; /* PROJ writes -1000 where it knows nothing */
    crs->has_lonlat_area = true;
    crs->lonlat_area_deg = area;
    if (!units.are_known || !(units.x_factor > 0.0))
        return;

    if (!crs->is_geographic) {
        if (proj_get_type(plain) != PJ_TYPE_PROJECTED_CRS ||
            !project_area(proj, plain, area, &area))
            return;
        crs->own_area = kerb_box_make_grown(area, AREA_MARGIN_M / units.x_factor);
        crs->has_own_area = true;
        return;
    }

    if (!is_degrees_from_greenwich(proj, plain) && !project_area(proj, plain, area, &area))
        return;
    double per_degree = KERB_PI / 180.0 / units.x_factor; /* own units in one degree */
    if (area.xmin > area.xmax)
        area.xmax += 360.0 * per_degree;
    double margin = AREA_MARGIN_M / DEGREE_M * per_degree;
    double widest_rad = fmax(fabs(area.ymin), fabs(area.ymax)) * units.x_factor;
    double shrink = fmax(cos(widest_rad), 0.01); /* parallels are short near a pole */
    crs->own_area = (kerb_box){.xmin = area.xmin - margin / shrink,
                               .ymin = fmax(area.ymin - margin, -90.0 * per_degree),
                               .xmax = area.xmax + margin / shrink,
                               .ymax = fmin(area.ymax + margin, 90.0 * per_degree)};
    crs->turn = 360.0 * per_degree;
    crs->has_own_area = true;
}

/* The projection of web maps: its "metres" are 1.6 m at the latitude of the Midlands. */
static bool is_web_mercator(PJ_CONTEXT *proj, const PJ *projected)
{
    PJ *operation = proj_crs_get_coordoperation(proj, projected);
    const char *method = NULL;
    bool found = operation != NULL &&
                 proj_coordoperation_get_method_info(proj, operation, &method, NULL, NULL) &&
                 method != NULL && strstr(method, "Pseudo Mercator") != NULL;
    proj_destroy(operation);
    return found;
}

static kerb_status fill_from_proj(kerb_ctx *ctx, PJ_CONTEXT *proj, const PJ *object,
                                  const char *definition, kerb_crs *crs)
{
    kerb_status status = KERB_OK;
    PJ *plain = get_plain(proj, object);
    if (plain == NULL)
        return kerb_fail_nomem(ctx, "a reference system");

    PJ_TYPE type = proj_get_type(plain);
    axis_units units = read_axes(proj, plain, &crs->unit_name);
    crs->is_geographic = type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_GEOGRAPHIC_3D_CRS;
    crs->is_flat = crs->is_geographic || type == PJ_TYPE_PROJECTED_CRS;
    crs->is_projected_m = type == PJ_TYPE_PROJECTED_CRS && units.are_known &&
                          units.x_factor == 1.0 && units.y_factor == 1.0;

    crs->is_web_mercator = crs->is_projected_m && is_web_mercator(proj, plain);

    const char *const options[] = {"MULTILINE=NO", NULL};
    const char *wkt = proj_as_wkt(proj, object, PJ_WKT2_2019, options);
    crs->wkt = kerb_text_copy(wkt != NULL ? wkt : "");
    /* PROJ calls what comes from a PROJ string "unknown"; the string itself says more. */
    const char *name = proj_get_name(object);
    bool is_named = name != NULL && name[0] != '\0' && strcmp(name, "unknown") != 0;
    crs->name = kerb_text_copy(is_named ? name : definition);

    const char *authority = proj_get_id_auth_name(object, 0);
    const char *code = proj_get_id_code(object, 0);
    if (authority != NULL && code != NULL) {
        kerb_text id = {0};
        kerb_text_add(&id, authority);
        kerb_text_add(&id, ":");
        kerb_text_add(&id, code);
        status = kerb_text_take(ctx, &id, &crs->id);
        if (status != KERB_OK)
            goto done;
        if (strcmp(authority, "EPSG") == 0)
            crs->epsg = (int)strtol(code, NULL, 10);
    } else {
        crs->id = kerb_text_copy(crs->wkt);
    }
    if (crs->id == NULL || crs->name == NULL || crs->wkt == NULL ||
        (units.are_known && crs->unit_name == NULL)) {
        status = kerb_fail_nomem(ctx, "a reference system");
        goto done;
    }
    find_area(proj, plain, units, crs);
done:
    proj_destroy(plain);
    return status;
}

static kerb_status fill_none(kerb_ctx *ctx, kerb_crs *crs)
{
    crs->is_none = true;
    crs->id = kerb_text_copy("none");
    crs->name = kerb_text_copy("plane without a name");
    crs->wkt = kerb_text_copy("");
    if (crs->id == NULL || crs->name == NULL || crs->wkt == NULL)
        return kerb_fail_nomem(ctx, "a reference system");
    return KERB_OK;
}

kerb_status kerb_crs_new(kerb_ctx *ctx, const char *definition, kerb_crs **out)
{
    PJ_CONTEXT *proj = NULL;
    PJ *object = NULL;
    kerb_status status = KERB_OK;
    if (definition == NULL)
        return kerb_fail(ctx, KERB_ERR_ARG, "no reference system named");
    kerb_crs *crs = kerb_calloc_array(1, sizeof *crs);
    if (crs == NULL)
        return kerb_fail_nomem(ctx, "a reference system");

    if (kerb_text_equal_nocase(definition, "none")) {
        status = fill_none(ctx, crs);
        goto done;
    }
    if (!is_definition(definition)) {
        status = fail_unknown(ctx, definition);
        goto done;
    }
    proj = kerb_geo__proj_context_new();
    if (proj == NULL) {
        status = kerb_fail_nomem(ctx, "PROJ");
        goto done;
    }
    status = create_object(ctx, proj, definition, &object);
    if (status != KERB_OK)
        goto done;
    object = make_horizontal(proj, object);
    object = make_identified(proj, object);
    status = fill_from_proj(ctx, proj, object, definition, crs);

done:
    proj_destroy(object);
    if (proj != NULL)
        proj_context_destroy(proj);
    if (status == KERB_OK) {
        *out = crs;
        crs = NULL;
    }
    kerb_crs_free(crs);
    return status;
}

void kerb_crs_free(kerb_crs *crs)
{
    if (crs == NULL)
        return;
    kerb_free(crs->id);
    kerb_free(crs->name);
    kerb_free(crs->wkt);
    kerb_free(crs->unit_name);
    kerb_free(crs);
}

const char *kerb_crs_id(const kerb_crs *crs)
{
    return crs->id;
}

const char *kerb_crs_name(const kerb_crs *crs)
{
    return crs->name;
}

const char *kerb_crs_wkt(const kerb_crs *crs)
{
    return crs->wkt;
}

int kerb_crs_epsg(const kerb_crs *crs)
{
    return crs->epsg;
}

bool kerb_crs_is_none(const kerb_crs *crs)
{
    return crs->is_none;
}

bool kerb_crs_is_geographic(const kerb_crs *crs)
{
    return crs->is_geographic;
}

bool kerb_crs_is_projected_m(const kerb_crs *crs)
{
    return crs->is_projected_m;
}

bool kerb_crs_is_equal(const kerb_crs *a, const kerb_crs *b)
{
    if (a->is_none || b->is_none)
        return a->is_none && b->is_none;
    if (strcmp(a->id, b->id) == 0)
        return true;
    if (a->epsg != 0 && b->epsg != 0)
        return false;
    /* Axis order does not count: kerb reads every system as x, y. */
    bool is_equal = false;
    PJ_CONTEXT *proj = kerb_geo__proj_context_new();
    if (proj == NULL)
        return false;
    PJ *first = proj_create(proj, a->id);
    PJ *second = proj_create(proj, b->id);
    if (first != NULL && second != NULL)
        is_equal = proj_is_equivalent_to_with_ctx(proj, first, second,
                                                  PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS);
    proj_destroy(second);
    proj_destroy(first);
    proj_context_destroy(proj);
    return is_equal;
}

/* UTM between 80 S and 84 N, the polar stereographic pair beyond. Zones are the plain ones of
 * six degrees: the exceptions for Norway and Svalbard belong to map sheets, not to EPSG's
 * codes. */
static int find_utm_epsg(double lon_deg, double lat_deg, char *name, size_t size)
{
    if (lat_deg > 84.0) {
        snprintf(name, size, "WGS 84 / UPS North");
        return 5041;
    }
    if (lat_deg < -80.0) {
        snprintf(name, size, "WGS 84 / UPS South");
        return 5042;
    }
    int zone = (int)floor((lon_deg + 180.0) / 6.0) + 1;
    zone = zone > 60 ? 60 : zone;
    snprintf(name, size, "WGS 84 / UTM zone %d%c", zone, lat_deg < 0.0 ? 'S' : 'N');
    return (lat_deg < 0.0 ? 32700 : 32600) + zone;
}

kerb_status kerb_crs_check_working(kerb_ctx *ctx, const kerb_crs *crs,
                                   const kerb_point *around_deg)
{
    if (crs->is_none || (crs->is_projected_m && !crs->is_web_mercator))
        return KERB_OK;
    char id[4 * MESSAGE_TEXT + 8], reason[128];
    /* A system without a code has its whole WKT as id: its name says more. */
    const char *shown = strchr(crs->id, '[') != NULL ? crs->name : crs->id;
    kerb_text_visible(shown, strlen(shown), MESSAGE_TEXT, id);
    if (crs->is_web_mercator)
        snprintf(reason, sizeof reason, "stretches its metres, more the further north");
    else if (crs->is_geographic)
        snprintf(reason, sizeof reason, "is in longitude and latitude");
    else if (crs->unit_name != NULL && strcmp(crs->unit_name, "metre") != 0)
        snprintf(reason, sizeof reason, "is in units of %.60s", crs->unit_name);
    else
        snprintf(reason, sizeof reason, "is not projected");

    if (around_deg != NULL && fabs(around_deg->x) <= 180.0 && fabs(around_deg->y) <= 90.0) {
        char name[48];
        int epsg = find_utm_epsg(around_deg->x, around_deg->y, name, sizeof name);
        return kerb_fail(
            ctx, KERB_ERR_ARG,
            "analysis needs a projected system in metres, and %s %s; EPSG:%d (%s) fits "
            "this data",
            id, reason, epsg, name);
    }
    return kerb_fail(ctx, KERB_ERR_ARG,
                     "analysis needs a projected system in metres, such as EPSG:27700 in Great "
                     "Britain, and %s %s",
                     id, reason);
}

bool kerb_crs_covers(const kerb_crs *crs, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return false;
    if (crs->is_none || !crs->has_own_area)
        return true;
    if (crs->turn == 0.0)
        return kerb_box_contains(crs->own_area, x, y);
    /* Longitudes may run -180 to 180 or 0 to 360; anything further is no longitude. */
    if (fabs(x) > crs->turn)
        return false;
    for (int turns = -1; turns <= 1; turns++) {
        if (kerb_box_contains(crs->own_area, x + turns * crs->turn, y))
            return true;
    }
    return false;
}
