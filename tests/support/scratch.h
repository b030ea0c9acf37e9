/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_SCRATCH_H
#define KERB_TEST_SCRATCH_H

/**
 * A folder of its own for a test, below the folder the test runs in, so that tests run side by
 * side and a failed one leaves its files to be looked at until the next run of the build.
 */

#include <stdbool.h>
#include <stddef.h>

#define SCRATCH_PATH_BYTES 4096

/** cmocka setup and teardown: *state is the folder's path, for scratch_path(*state, …). */
int scratch_setup(void **state);
int scratch_teardown(void **state);
/** A test with a folder of its own, for the list in main(). */
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

/** Make a folder; owned, give it to scratch_remove(). Fails the test when it cannot. */
char *scratch_new(void);
/** Remove it with everything in it and free the path; accepts NULL. */
void scratch_remove(char *folder);

/** "FOLDER/NAME" in one of eight buffers that take turns. */
const char *scratch_path(const char *folder, const char *name);
/** Write a text or bytes to FOLDER/NAME, making folders on the way; returns the path as above.
 */
const char *scratch_write(const char *folder, const char *name, const char *text);
const char *scratch_write_bytes(const char *folder, const char *name, const void *data,
                                size_t length);
/** Whole content of a file with a NUL behind it, NULL when it is not there; owned, free(). */
char *scratch_read(const char *path, size_t *length);
bool scratch_exists(const char *path);
/** Entries of a folder but for "." and "..". */
size_t scratch_count(const char *folder);

#endif
