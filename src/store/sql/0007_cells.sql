-- SPDX-License-Identifier: GPL-3.0-or-later
-- Places known only to a square: geom is its centre, cell_m its side; NULL: as exact as the source.
ALTER TABLE incident ADD COLUMN cell_m REAL CHECK (cell_m > 0);
