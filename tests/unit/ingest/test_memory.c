/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation on the way of a delimited file fails once: no crash, no leak, one message.
 */
#include "failing_allocator.h"
#include "ingest_scene.h"

typedef struct attempt {
    kerb_ingest_options options;
    const char *input;
} attempt;

static kerb_status read_once(kerb_ctx *ctx, void *user)
{
    attempt *a = user;
    kerb_events *events = NULL;
    kerb_ingest_report *report = NULL;
    kerb_crs *crs = NULL;
    kerb_status status = kerb_crs_new(ctx, "EPSG:27700", &crs);
    a->options.crs = crs;
    if (status == KERB_OK) {
        status = kerb_ingest_read(ctx, &a->input, 1, &a->options, &events, &report);
    }
    kerb_ingest_report_free(report);
    kerb_events_free(events);
    kerb_crs_free(crs);
    return status;
}

static void memory__running_out_anywhere_is_told_and_leaks_nothing(void **state)
{
    attempt a = {.options.source = "S"};
    a.input =
        scratch_write(*state, "a.csv",
                      "id,easting,northing,date,type\n1,485900,308700,2020-03-09,\"A\"\"b\"\n"
                      "1,485900,308700,2020-03-09,Arson\n2,,,31/02/2020,Caf\xE9\n");
    assert_true(failing_allocator_walk(read_once, &a) > 30);
    a.options.format = scratch_write(*state, "m.yaml",
                                     "columns: {x: easting, y: northing, category: type}\n"
                                     "category: {map: {Arson: Fire}, other: Rest}\n"
                                     "missing: ['-']\n"
                                     "kind: crime\nkinds: {Drugs: {origin: mixed}}\n"
                                     "personal: {purpose: p, columns: {d: date}}\n");
    assert_true(failing_allocator_walk(read_once, &a) > 30);
}

/* The same for collisions with what is linked to them, and for casualties as points. */
static void memory__linked_tables_run_out_like_others(void **state)
{
    attempt a = {.options.source = "S"};
    char folder[SCRATCH_PATH_BYTES];
    scratch_write(
        *state, "in/c.csv",
        "accident_index,location_easting_osgr,location_northing_osgr,"
        "accident_severity,number_of_vehicles,date,time\n"
        "1,485900,308700,2,1,2020-03-09,14:46\n2,485900,308700,9,1,2020-03-09,14:46\n");
    scratch_write(*state, "in/v.csv", "accident_index,vehicle_reference,vehicle_type\n1,1,9\n");
    scratch_write(*state, "in/k.csv",
                  "accident_index,casualty_reference,casualty_severity,casualty_type\n"
                  "1,1,2,Car  occupant\n1,1,2,9\n2,1,2,9\n3,1,2,9\n");
    scratch_write(*state, "in/leeds.csv",
                  "Reference Number,Easting,Northing,Accident Date,Casualty Severity\n"
                  "1,485900,308700,3/17/2020,Slight\n1,485900,308701,3/17/2020,Fatal\n");
    strcpy(folder, scratch_path(*state, "in"));
    a.input = folder;
    assert_true(failing_allocator_walk(read_once, &a) > 30);
    a.options.format = "stats19-casualties";
    assert_true(failing_allocator_walk(read_once, &a) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory__running_out_anywhere_is_told_and_leaks_nothing,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(memory__linked_tables_run_out_like_others,
                                        scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
