/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same from C++: the headers have C linkage, and handles fit into std::unique_ptr. */
#include <kerb/kerb_density.h>

#include <cmath>
#include <cstdio>
#include <memory>

template <typename T> using handle = std::unique_ptr<T, void (*)(T *)>;

int main()
{
    handle<kerb_ctx> ctx(kerb_ctx_new(), kerb_ctx_free);
    kerb_events *new_events = nullptr;
    if (!ctx || kerb_events_new(ctx.get(), &new_events) != KERB_OK)
        return 1;
    handle<kerb_events> events(new_events, kerb_events_free);

    for (int i = 0; i < 2; i++) {
        kerb_event event = {};
        event.x = 455000.0 + 150.0 * i;
        event.y = 304000.0;
        event.weight = 1.0;
        event.start = KERB_CIVIL_NONE;
        if (kerb_events_add(ctx.get(), events.get(), &event) != KERB_OK)
            return 1;
    }

    kerb_density_options options = {};
    options.kernel = KERB_KERNEL_QUARTIC;
    options.bandwidth_m = 300.0;
    kerb_grid_spec spec = {};
    kerb_grid *new_surface = nullptr;
    const kerb_box box = kerb_box_make_grown(kerb_events_box(events.get()), 320.0);
    if (kerb_grid_spec_make(ctx.get(), box, 10.0, false, &spec) != KERB_OK ||
        kerb_density_exact(ctx.get(), events.get(), &options, &spec, nullptr, &new_surface,
                           nullptr) != KERB_OK) {
        std::fprintf(stderr, "%s\n", kerb_ctx_message(ctx.get()));
        return 1;
    }
    handle<kerb_grid> surface(new_surface, kerb_grid_free);
    const double volume = kerb_grid_summarise(surface.get()).sum * spec.cell_m * spec.cell_m;
    if (!(std::fabs(volume - 2.0) < 1e-3))
        return 1;
    std::printf("kerb %s: mass kept\n", kerb_version());
    return 0;
}
