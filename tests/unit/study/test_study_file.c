/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Study files: every refusal names line and column; what is written is what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "scratch.h"
#include "study_file.h"

#include <string.h>

#define HEAD "import: [{input: a.csv}]\n"

static void study_file__each_mistake_is_named_with_its_place(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"name: x\n", "import"},
        {"- a\n", "1:1"},
        {HEAD "wat: 1\n", "2:1"},
        {HEAD "period: {from: 2024-02, to: 2024-01}\n", "2:"},
        {HEAD "period: {from: 2024-13}\n", "2024-13"},
        {HEAD "period: {from: 31/01/2024}\n", "31/01/2024"},
        {"import: [{format: auto}]\n", "'input'"},
        {"import: [{input: a.csv, mapping: m.yaml, format: auto}]\n", "exclude each other"},
        {"import: {input: a.csv}\n", "1:9"},
        {HEAD "areas: [{input: w.geojson}]\n", "'set'"},
        {HEAD "areas: [{input: w.geojson, set: w, role: castle}]\n", "castle"},
        {HEAD "density:\n  - {kind: crimes}\n", "3:12"},
        {HEAD "beats:\n  - {kind: [crime, noise], set: w}\n", "'noise' is no kind"},
        {HEAD "density:\n  - {bandwidth: 400}\n", "400"},
        {HEAD "density:\n  - {bandwidth: 400m, cell: -5m}\n", "-5m"},
        {HEAD "density:\n  - {kernel: cosine}\n", "3:14"},
        {HEAD "density:\n  - {edge: lopsided}\n", "unknown edge correction 'lopsided'"},
        {HEAD "density:\n  - {bandwith: 400m}\n", "3:6"},
        {HEAD "hotspots:\n  - {level: 'p:0.05'}\n", "not in this version"},
        {HEAD "hotspots:\n  - {null: places}\n", "not in this version"},
        {HEAD "hotspots:\n  - {top: many}\n", "many"},
        {HEAD "hotspots:\n  - {top: -1}\n", "top"},
        {HEAD "beats:\n  - {set: ''}\n", "empty"},
        {HEAD "exclude: []\n", "empty"},
        {HEAD "output: {formats: [pdf]}\n", "pdf"},
        {"crs: none\n" HEAD "density:\n  - {name: a}\n", "'bandwidth'"},
        {"crs: none\n" HEAD "density:\n  - {bandwidth: 400m}\n", "400m"},
    };
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kerb_study *study = NULL;
        const char *path = scratch_write(*state, "study.yaml", cases[i].text);
        kerb_status status = kerb_study_read(ctx, path, &study);
        if (status != KERB_ERR_FORMAT || strstr(kerb_ctx_message(ctx), cases[i].says) == NULL ||
            strstr(kerb_ctx_message(ctx), "study.yaml:") == NULL)
            fail_msg("%s gave %s: %s", cases[i].text, kerb_status_name(status),
                     kerb_ctx_message(ctx));
        assert_null(study);
    }
    kerb_ctx_free(ctx);
}

static void study_file__what_is_written_is_read(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = NULL;
    const char *path = scratch_write(
        *state, "sub/study.yaml",
        "name: Two towns\n"
        "period: {from: 2024-01, to: 2025-01}\n"
        "import:\n"
        "  - {input: [a.csv, /abs/b.csv], source: S}\n"
        "  - {input: c.csv, mapping: m.yaml}\n"
        "  - {input: d.csv, format: n.yaml}\n"
        "areas: [{input: w.geojson, set: w, role: ward, population: [p@2020, p@2021]}]\n"
        "exclude: ['w:9']\n"
        "density: [{name: d, category: Theft, bandwidth: 1.5km, kernel: gaussian}]\n"
        "hotspots: [{level: 3xmean-all, top: 0}]\n"
        "output: {folder: out, formats: [csv]}\n");
    assert_int_equal(kerb_study_read(ctx, path, &study), KERB_OK);
    assert_string_equal(study->name, "Two towns");
    assert_string_equal(study->crs, "EPSG:27700");
    assert_true(study->from == kerb_days_from_date((kerb_date){2024, 1, 1}) * 86400);
    assert_int_equal(study->n_imports, 3);
    assert_non_null(strstr(study->imports[0].inputs.items[0], "sub/a.csv"));
    assert_string_equal(study->imports[0].inputs.items[1], "/abs/b.csv");
    assert_non_null(strstr(study->imports[1].format, "sub/m.yaml"));
    assert_non_null(strstr(study->imports[2].format, "sub/n.yaml"));
    assert_int_equal(study->areas[0].populations.n, 2);
    assert_string_equal(study->exclude.items[0], "w:9");
    assert_true(study->density[0].surface.density.bandwidth_m == 1500.0);
    assert_int_equal(study->density[0].surface.density.kernel, KERB_KERNEL_GAUSSIAN);
    assert_false(study->density[0].surface.has_cell);
    assert_int_equal(study->hotspots[0].level, KERB_LEVEL_3XMEAN_ALL);
    assert_int_equal(study->hotspots[0].top, 0);
    assert_true(study->csv && !study->tif && !study->geojson && !study->gpkg);
    kerb_study_free(study);
    kerb_ctx_free(ctx);
}

static kerb_status read_study(kerb_ctx *ctx, void *user)
{
    kerb_study *study = NULL;
    kerb_status status = kerb_study_read(ctx, user, &study);
    kerb_study_free(study);
    return status;
}

static void study_file__every_lack_of_memory_is_survived(void **state)
{
    const char *path = scratch_write(
        *state, "study.yaml",
        HEAD "density: [{name: d, category: [a, b], bandwidth: 400m}]\nexclude: [x]\n");
    char copy[SCRATCH_PATH_BYTES];
    strcpy(copy, path);
    failing_allocator_walk(read_study, copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(study_file__each_mistake_is_named_with_its_place,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(study_file__what_is_written_is_read, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(study_file__every_lack_of_memory_is_survived,
                                        scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
