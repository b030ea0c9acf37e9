/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lengths and areas as people give them to the command: a number and its unit, never a bare
 * number, because nobody notices 400 feet on a map that was meant to be 400 metres.
 */
#include "kerb_base.h"

#include <math.h>
#include <string.h>

typedef struct unit {
    const char *name;
    double factor; /* to metres or square metres */
} unit;

static const unit length_units[] = {{"m", 1.0}, {"km", 1000.0}};
static const unit area_units[] = {{"m2", 1.0}, {"ha", 1e4}, {"km2", 1e6}};

typedef struct quantity {
    const char *noun;    /* "length" */
    const char *example; /* "400m or 1.5km" */
    const unit *units;
    size_t n_units;
} quantity;

static const quantity length_quantity = {"length", "400m or 0.4km", length_units,
                                         sizeof length_units / sizeof length_units[0]};
static const quantity area_quantity = {"area", "2500m2, 3ha or 0.25km2", area_units,
                                       sizeof area_units / sizeof area_units[0]};

static kerb_status parse_quantity(kerb_ctx *ctx, const quantity *kind, const char *text,
                                  bool planar, double *out)
{
    char shown[4 * 40 + 8];
    kerb_text_visible(text, strlen(text), 40, shown);

    size_t n_number = strspn(text, "0123456789.+-eE");
    double number = 0.0;
    if (!kerb_parse_double(text, n_number, &number))
        return kerb_fail(ctx, KERB_ERR_ARG, "'%s' is no %s: write %s", shown, kind->noun,
                         planar ? "a bare number" : kind->example);
    const char *unit_text = text + n_number;
    unit_text += strspn(unit_text, " ");

    double factor = 1.0;
    if (planar) {
        if (*unit_text != '\0')
            return kerb_fail(
                ctx, KERB_ERR_ARG,
                "'%s' has a unit, but without a reference system (--crs none) a %s "
                "is a bare number in the plane's own unit",
                shown, kind->noun);
    } else {
        if (*unit_text == '\0')
            return kerb_fail(ctx, KERB_ERR_ARG, "'%s' has no unit: write %s", shown,
                             kind->example);
        const unit *found = NULL;
        for (size_t i = 0; i < kind->n_units && !found; i++) {
            if (strcmp(kind->units[i].name, unit_text) == 0)
                found = &kind->units[i];
        }
        if (!found)
            return kerb_fail(ctx, KERB_ERR_ARG,
                             "'%s' has no unit of %s that kerb knows: write %s", shown,
                             kind->noun, kind->example);
        factor = found->factor;
    }
    double value = number * factor;
    if (!(value > 0.0) || !isfinite(value))
        return kerb_fail(ctx, KERB_ERR_ARG, "'%s' is no %s: it must be above 0 and finite",
                         shown, kind->noun);
    *out = value;
    return KERB_OK;
}

kerb_status kerb_length_parse(kerb_ctx *ctx, const char *text, bool planar, double *out_m)
{
    return parse_quantity(ctx, &length_quantity, text, planar, out_m);
}

kerb_status kerb_area_parse(kerb_ctx *ctx, const char *text, bool planar, double *out_m2)
{
    return parse_quantity(ctx, &area_quantity, text, planar, out_m2);
}
