/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places: rows with the same coordinates become one, sorted, with exact sums. */
#include "failing_allocator.h"
#include "near.h"

#include "events_internal.h"

#include "test_table.h"

static void add(double x, double y, double weight)
{
    kerb_event event = {.x = x, .y = y, .weight = weight, .start = KERB_CIVIL_NONE};
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

static kerb_places *make_places(void)
{
    kerb_places *places = NULL;
    assert_int_equal(kerb_places_new(ctx, events, &places), KERB_OK);
    return places;
}

static void places__are_sorted_by_y_then_x_with_counts_and_weights(void **state)
{
    (void)state;
    add(5, 2, 1);
    add(-3, 2, 0.5);
    add(NAN, NAN, 100);
    add(5, 2, 2);
    add(7, -1, 1);
    add(0.0, 0.0, 1);
    add(-0.0, -0.0, 1); /* the same place */
    const double want[][4] = {{7, -1, 1, 1}, {0, 0, 2, 2}, {-3, 2, 0.5, 1}, {5, 2, 3, 2}};
    kerb_places *places = make_places();
    assert_int_equal(places->n, 4);
    for (int i = 0; i < 4; i++) {
        assert_near_abs(places->x[i], want[i][0], 0.0);
        assert_near_abs(places->y[i], want[i][1], 0.0);
        assert_near_abs(places->weight[i], want[i][2], 0.0);
        assert_int_equal(places->count[i], want[i][3]);
    }
    assert_false(signbit(places->x[1]));
    kerb_places_free(places);
}

static void places__of_no_located_row_are_none(void **state)
{
    (void)state;
    kerb_places *places = make_places();
    assert_int_equal(places->n, 0);
    kerb_places_free(places);
    add(NAN, NAN, 1);
    places = make_places();
    assert_int_equal(places->n, 0);
    kerb_places_free(places);
    kerb_places_free(NULL);
}

static void places__tell_neighbours_apart_by_one_bit(void **state)
{
    (void)state;
    double x = 450000.37;
    add(x, 3, 1);
    add(nextafter(x, 1e9), 3, 1);
    add(nextafter(x, 0), 3, 1);
    kerb_places *places = make_places();
    assert_int_equal(places->n, 3);
    assert_true(places->x[0] < places->x[1] && places->x[1] < places->x[2]);
    kerb_places_free(places);
}

static void places__sum_weights_to_the_last_digit_in_any_order(void **state)
{
    (void)state;
    /* 0.1 is not a number in binary: plain addition of a thousand drifts by 1.4e-12. */
    const double large = 1e15;
    add(1, 1, large);
    for (int i = 0; i < 1000; i++)
        add(1, 1, 0.1);
    for (int i = 0; i < 1000; i++)
        add(2, 2, 0.1);
    add(2, 2, large);
    kerb_places *places = make_places();
    assert_int_equal(places->n, 2);
    assert_near_abs(places->weight[0], 1e15 + 100.0, 0.0);
    assert_near_abs(places->weight[1], 1e15 + 100.0, 0.0);
    kerb_places_free(places);
}

static void places__keep_the_mass_of_many_rows(void **state)
{
    (void)state;
    uint64_t seed = 9;
    size_t n = 20000;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        add(400000 + (double)(seed >> 60), -300000 + 0.25 * (double)(seed >> 56 & 15), 1);
    }
    kerb_places *places = make_places();
    assert_int_equal(places->n, 256);
    size_t count = 0;
    double weight = 0;
    for (size_t i = 0; i < places->n; i++) {
        count += places->count[i];
        weight += places->weight[i];
        if (i > 0)
            assert_true(places->y[i - 1] < places->y[i] ||
                        (places->y[i - 1] == places->y[i] && places->x[i - 1] < places->x[i]));
    }
    assert_int_equal(count, n);
    assert_near_abs(weight, (double)n, 0.0);
    kerb_places_free(places);
}

static void sort__keys_are_in_the_order_of_numbers(void **state)
{
    (void)state;
    const double sorted[] = {-HUGE_VAL, -1e300, -1, -5e-324, 0, 5e-324, 1, 1e300, HUGE_VAL};
    for (size_t i = 1; i < sizeof sorted / sizeof *sorted; i++)
        assert_true(kerb_events__key_of_double(sorted[i - 1]) <
                    kerb_events__key_of_double(sorted[i]));
    assert_true(kerb_events__key_of_double(NAN) > kerb_events__key_of_double(HUGE_VAL));
    assert_true(kerb_events__key_of_double(NAN) == kerb_events__key_of_double(-NAN));
    assert_true(kerb_events__key_of_double(-0.0) == kerb_events__key_of_double(0.0));
    assert_true(kerb_events__key_of_int64(INT64_MIN) == 0);
    assert_true(kerb_events__key_of_int64(-1) < kerb_events__key_of_int64(0));
    assert_true(kerb_events__key_of_int64(INT64_MAX) == UINT64_MAX);
}

static void sort__is_stable_for_any_number_of_passes(void **state)
{
    (void)state;
    enum { N = 3000 };
    static kerb_events__keyed items[N], scratch[N];
    /* keys that differ in 0, 1, 2, ... 8 bytes */
    for (int n_bytes = 0; n_bytes <= 8; n_bytes++) {
        uint64_t seed = 3;
        for (size_t i = 0; i < N; i++) {
            uint64_t key = 0;
            for (int b = 0; b < n_bytes; b++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                key |= (seed >> 62) << (8 * b);
            }
            items[i] = (kerb_events__keyed){.key = key, .row = i};
        }
        kerb_events__sort(items, scratch, N);
        for (size_t i = 1; i < N; i++)
            assert_true(items[i - 1].key < items[i].key ||
                        (items[i - 1].key == items[i].key && items[i - 1].row < items[i].row));
    }
    kerb_events__sort(items, scratch, 0);
    kerb_events__sort(items, scratch, 1);
}

static kerb_status call_places(kerb_ctx *of_walk, void *user)
{
    (void)user;
    kerb_places *places = NULL;
    kerb_status status = kerb_places_new(of_walk, events, &places);
    if (status != KERB_OK)
        assert_null(places);
    kerb_places_free(places);
    return status;
}

static void places__survive_every_failed_allocation(void **state)
{
    (void)state;
    add(1, 1, 0.5);
    add(2, 1, 0.5);
    assert_int_equal(failing_allocator_walk(call_places, NULL), 7);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_table, free_table)
    const struct CMUnitTest tests[] = {
        TEST(places__are_sorted_by_y_then_x_with_counts_and_weights),
        TEST(places__of_no_located_row_are_none),
        TEST(places__tell_neighbours_apart_by_one_bit),
        TEST(places__sum_weights_to_the_last_digit_in_any_order),
        TEST(places__keep_the_mass_of_many_rows),
        TEST(sort__keys_are_in_the_order_of_numbers),
        TEST(sort__is_stable_for_any_number_of_passes),
        TEST(places__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
