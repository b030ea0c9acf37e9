-- SPDX-License-Identifier: GPL-3.0-or-later
-- time_end: exclusive end of the window that the incident lies in, [start, time_end); NULL: what
-- start and precision say. recorded: first second of when it was written down, of a day when only
-- the day is known; NULL: not told. Both in seconds of the local clock, as start.

ALTER TABLE incident ADD COLUMN time_end INTEGER CHECK (time_end > start);
ALTER TABLE incident ADD COLUMN recorded INTEGER;
