-- SPDX-License-Identifier: GPL-3.0-or-later
-- Records change: dated extracts, and what records were before a later extract told them
-- otherwise (docs/decisions/0011-record-versions.md). Times are seconds of the local clock, as
-- incident.start.

-- as_at: first second of the day the extract was taken. The period is half-open; NULL: the
-- extract speaks of its own rows only. The figures count records, not rows of the file.
CREATE TABLE extract (
    id INTEGER PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES import (id),
    as_at INTEGER NOT NULL,
    period_from INTEGER,
    period_to INTEGER,
    key_column TEXT,
    n_new INTEGER NOT NULL DEFAULT 0,
    n_changed INTEGER NOT NULL DEFAULT 0,
    n_unchanged INTEGER NOT NULL DEFAULT 0,
    n_withdrawn INTEGER NOT NULL DEFAULT 0,
    n_kept INTEGER NOT NULL DEFAULT 0,
    n_new_without_key INTEGER NOT NULL DEFAULT 0,
    n_unchanged_without_key INTEGER NOT NULL DEFAULT 0,
    n_withdrawn_without_key INTEGER NOT NULL DEFAULT 0,
    CHECK ((period_from IS NULL) = (period_to IS NULL)),
    CHECK (period_from < period_to)
);
CREATE TABLE extract_source (
    extract_id INTEGER NOT NULL REFERENCES extract (id),
    source_id INTEGER NOT NULL REFERENCES source (id),
    PRIMARY KEY (extract_id, source_id)
) WITHOUT ROWID;

-- The extract that first told the record as it is now; NULL: it came without a date.
ALTER TABLE incident ADD COLUMN extract_id INTEGER REFERENCES extract (id);

-- A record as it was from extract_id until replaced_by. The other columns are those of incident,
-- and incident_id is its number there, or was before it was withdrawn.
CREATE TABLE incident_version (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('changed', 'withdrawn')),
    replaced_by INTEGER NOT NULL REFERENCES extract (id),
    extract_id INTEGER REFERENCES extract (id),
    reference TEXT,
    source_id INTEGER REFERENCES source (id),
    category_id INTEGER REFERENCES category (id),
    start INTEGER,
    precision INTEGER NOT NULL DEFAULT 0,
    time_end INTEGER,
    recorded INTEGER,
    label_id INTEGER REFERENCES label (id),
    area_code_id INTEGER REFERENCES area_code (id),
    weight REAL,
    cell_m REAL,
    file_id INTEGER REFERENCES file (id),
    line INTEGER,
    no_geometry_reason TEXT,
    geom BLOB
);
CREATE INDEX incident_version_incident ON incident_version (incident_id);

-- What was erased: how many, and nothing else.
CREATE TABLE forget_log (
    id INTEGER PRIMARY KEY,
    kerb_version TEXT NOT NULL,
    n_incidents INTEGER NOT NULL,
    n_versions INTEGER NOT NULL,
    n_rejects INTEGER NOT NULL,
    n_linked INTEGER NOT NULL
);
