/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The six kernels: name, value at a distance, reach and spread. Each integrates to 1 over the
 * plane: for shape s(r) the factor is 1 / (2 pi integral of r s(r) dr).
 * Source: Silverman (1986) eq. 4.3 to 4.6 [silverman1986] for the Gaussian and the constants
 * 2/pi, 3/pi and 4/pi; the uniform and triangular ones by the same integral. */
#include "density_internal.h"

#include "kerb_base.h"

#include <assert.h>
#include <math.h>

typedef struct kernel_facts {
    const char *name;
    double radius_over_sd; /* support radius / sd per axis; 1 for the Gaussian */
} kernel_facts;

/* sd per axis = sqrt(pi integral of r^3 k(r) dr): r^2 has the mean h^2/2, 3h^2/10, h^2/3,
 * h^2/4, h^2/5 over the disc, and half of it falls to each axis. */
static const kernel_facts FACTS[KERB_KERNEL_COUNT] = {
    [KERB_KERNEL_UNIFORM] = {"uniform", 2.0},
    [KERB_KERNEL_TRIANGULAR] = {"triangular", 2.5819888974716112},     /* sqrt(20 / 3) */
    [KERB_KERNEL_EPANECHNIKOV] = {"epanechnikov", 2.4494897427831781}, /* sqrt(6) */
    [KERB_KERNEL_QUARTIC] = {"quartic", 2.8284271247461901},           /* sqrt(8) */
    [KERB_KERNEL_TRIWEIGHT] = {"triweight", 3.1622776601683793},       /* sqrt(10) */
    [KERB_KERNEL_GAUSSIAN] = {"gaussian", 1.0},
};

bool kerb_density__has_kernel(kerb_kernel kernel)
{
    return (unsigned)kernel < KERB_KERNEL_COUNT;
}

const char *kerb_kernel_name(kerb_kernel kernel)
{
    return kerb_density__has_kernel(kernel) ? FACTS[kernel].name : "unknown";
}

bool kerb_kernel_find(const char *name, kerb_kernel *out)
{
    for (int k = 0; name && k < KERB_KERNEL_COUNT; k++)
        if (kerb_text_equal_nocase(name, FACTS[k].name)) {
            *out = (kerb_kernel)k;
            return true;
        }
    return false;
}

double kerb_density__scale(kerb_kernel kernel, double bandwidth_m)
{
    double h = bandwidth_m, h2 = h * h;
    switch (kernel) {
    case KERB_KERNEL_UNIFORM:
        return 1.0 / (KERB_PI * h2);
    case KERB_KERNEL_TRIANGULAR:
        return 3.0 / (KERB_PI * h2 * h);
    case KERB_KERNEL_EPANECHNIKOV:
        return 2.0 / (KERB_PI * h2 * h2);
    case KERB_KERNEL_QUARTIC:
        return 3.0 / (KERB_PI * h2 * h2 * h2);
    case KERB_KERNEL_TRIWEIGHT:
        return 4.0 / (KERB_PI * h2 * h2 * h2 * h2);
    case KERB_KERNEL_GAUSSIAN:
        return 1.0 / (2.0 * KERB_PI * h2);
    case KERB_KERNEL_COUNT:
        break;
    }
    assert(false && "a kernel");
    return NAN;
}

double kerb_kernel_value(kerb_kernel kernel, double bandwidth_m, double distance_m)
{
    double r = fabs(distance_m), h2 = bandwidth_m * bandwidth_m;
    if (r > kerb_kernel_reach_m(kernel, bandwidth_m))
        return 0.0;
    double rest_m2 = fmax(h2 - r * r, 0.0), shape = NAN;
    switch (kernel) {
    case KERB_KERNEL_UNIFORM:
        shape = 1.0;
        break;
    case KERB_KERNEL_TRIANGULAR:
        shape = bandwidth_m - r;
        break;
    case KERB_KERNEL_EPANECHNIKOV:
        shape = rest_m2;
        break;
    case KERB_KERNEL_QUARTIC:
        shape = rest_m2 * rest_m2;
        break;
    case KERB_KERNEL_TRIWEIGHT:
        shape = rest_m2 * rest_m2 * rest_m2;
        break;
    case KERB_KERNEL_GAUSSIAN:
        shape = exp(-r * r / (2.0 * h2));
        break;
    case KERB_KERNEL_COUNT:
        break;
    }
    return shape * kerb_density__scale(kernel, bandwidth_m);
}

double kerb_kernel_reach_m(kerb_kernel kernel, double bandwidth_m)
{
    return kernel == KERB_KERNEL_GAUSSIAN ? KERB_DENSITY__GAUSSIAN_REACH_SD * bandwidth_m
                                          : bandwidth_m;
}

double kerb_kernel_sd_m(kerb_kernel kernel, double bandwidth_m)
{
    assert(kerb_density__has_kernel(kernel));
    return bandwidth_m / FACTS[kernel].radius_over_sd;
}
