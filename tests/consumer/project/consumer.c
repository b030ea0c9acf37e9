/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smallest useful program on libkerb: two incidents become a density surface whose volume
 * is two, up to what a cell of 10 m under a disc of 300 m lets differ. Ends with a failure that
 * a caller would meet, to see that its words arrive. */
#include <kerb/kerb_density.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static int fail(const kerb_ctx *ctx, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, kerb_ctx_message(ctx));
    return 1;
}

int main(void)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL;
    kerb_grid *surface = NULL;
    kerb_grid_spec spec;
    kerb_density_mass mass = {0};
    kerb_density_options options = KERB_DENSITY_OPTIONS_DEFAULT;
    options.bandwidth_m = 300.0;

    if (ctx == NULL)
        return 1;
    if (kerb_events_new(ctx, &events) != KERB_OK)
        return fail(ctx, "events");
    for (int i = 0; i < 2; i++) {
        kerb_event event = {
            .x = 455000.0 + 150.0 * i, .y = 304000.0, .weight = 1.0, .start = KERB_CIVIL_NONE};
        if (kerb_events_add(ctx, events, &event) != KERB_OK)
            return fail(ctx, "event");
    }
    kerb_box box = kerb_box_make_grown(kerb_events_box(events), 320.0);
    if (kerb_grid_spec_make(ctx, box, 10.0, false, &spec) != KERB_OK)
        return fail(ctx, "grid");
    if (kerb_density_exact(ctx, events, &options, &spec, NULL, &surface, &mass) != KERB_OK)
        return fail(ctx, "density");
    kerb_grid_summary summary = kerb_grid_summarise(surface);
    double volume = summary.sum * spec.cell_m * spec.cell_m;
    int is_kept = fabs(volume - 2.0) < 1e-3 && fabs(mass.raster - volume) < 1e-9;
    if (!is_kept)
        fprintf(stderr, "volume %.17g, mass %.17g\n", volume, mass.raster);

    options.bandwidth_m = -1.0;
    kerb_grid *none = NULL;
    if (kerb_density_exact(ctx, events, &options, &spec, NULL, &none, NULL) == KERB_OK ||
        none != NULL || strlen(kerb_ctx_message(ctx)) == 0)
        is_kept = 0;

    if (is_kept)
        printf("kerb %s: mass kept\n", kerb_version());
    kerb_grid_free(surface);
    kerb_events_free(events);
    kerb_ctx_free(ctx);
    return is_kept ? 0 : 1;
}
