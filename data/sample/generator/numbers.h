/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers of the sample county: whole ones only, so that its files are the same bytes on every
 * machine. Random numbers are SplitMix64 (Steele, Lea and Flood 2014); normal ones are drawn
 * from a table of quantiles. Time is minutes of the local clock since 1970-01-01 00:00.
 */
#ifndef SAMPLE_NUMBERS_H
#define SAMPLE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One stream of random numbers; each part of the county has its own, so that a change of one
 * part leaves the others as they are. */
typedef struct {
    uint64_t state;
} sample_random;

/** The next 64 random bits. */
uint64_t sample_bits(sample_random *random);

/** A whole number from 0 to n - 1. */
int64_t sample_below(sample_random *random, int64_t n);

/** A whole number from low to high, both included. */
int64_t sample_between(sample_random *random, int64_t low, int64_t high);

/** True in n_in_1000 of 1000 draws. */
bool sample_chance(sample_random *random, int n_in_1000);

/** mean + sd times a standard normal number, rounded; all in the same unit. */
int64_t sample_normal(sample_random *random, int64_t mean, int64_t sd);

/** The index of an entry drawn by its weight. */
size_t sample_weighted(sample_random *random, const int *weights, size_t n);

/** a / b to the nearest, halves away from zero; b > 0. */
int64_t sample_divide(int64_t a, int64_t b);

/** The largest whole number whose square is not above n. */
int64_t sample_root(int64_t n);

enum { SAMPLE_HOUR_MIN = 60, SAMPLE_DAY_MIN = 1440 };

/* A civil date. */
typedef struct {
    int year, month, day;
} sample_date;

/** Days since 1970-01-01. */
int64_t sample_day(int year, int month, int day);

/** The date of a day. */
sample_date sample_date_of(int64_t day);

/** 0 = Monday ... 6 = Sunday. */
int sample_weekday(int64_t day);

/** Day and hour of a minute. */
int64_t sample_day_of(int64_t minute);
int sample_hour_of(int64_t minute);

#endif
