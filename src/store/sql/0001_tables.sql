-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tables of the store. The loader checks what the constraints say before it writes, so they cost
-- it nothing; they are here for people who edit the store with SQL or QGIS. Foreign keys are for
-- readers and for connections that switch them on.
-- Parameters: :kerb_version :crs :srid :spatialite_version

CREATE TABLE kerb_store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version INTEGER NOT NULL,
    kerb_version TEXT NOT NULL,
    crs TEXT NOT NULL,
    srid INTEGER NOT NULL,
    spatialite_version TEXT NOT NULL
);
INSERT INTO kerb_store VALUES (1, 1, :kerb_version, :crs, :srid, :spatialite_version);

CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE category (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE label (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
-- A source may give one code several names (and a name without a code), so the pair is the row.
CREATE TABLE area_code (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    UNIQUE (code, name)
);

CREATE TABLE import (
    id INTEGER PRIMARY KEY,
    kerb_version TEXT NOT NULL,
    parameters TEXT NOT NULL
);
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES import (id),
    name TEXT NOT NULL,
    member TEXT,
    sha256 TEXT,
    format TEXT,
    source TEXT,
    crs TEXT,
    operation TEXT,
    operation_accuracy_m REAL,
    month INTEGER,
    n_read INTEGER NOT NULL DEFAULT 0,
    n_loaded INTEGER NOT NULL DEFAULT 0,
    n_rejected INTEGER NOT NULL DEFAULT 0,
    n_without_geometry INTEGER NOT NULL DEFAULT 0,
    n_without_date INTEGER NOT NULL DEFAULT 0,
    n_duplicates INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX file_sha256 ON file (sha256);
CREATE TABLE file_reason (
    file_id INTEGER NOT NULL REFERENCES file (id),
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (file_id, reason)
);
CREATE TABLE reject (
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES file (id),
    line INTEGER,
    byte_offset INTEGER,
    byte_length INTEGER,
    sha256 TEXT,
    reason TEXT NOT NULL,
    column_name TEXT,
    value TEXT,
    mapped TEXT
);

-- start: seconds since 1970-01-01 00:00 of the local clock; precision: 0 none, 1 month, 2 day,
-- 3 minute, 4 second; weight: NULL is 1.
CREATE TABLE incident (
    id INTEGER PRIMARY KEY,
    reference TEXT,
    source_id INTEGER REFERENCES source (id),
    category_id INTEGER REFERENCES category (id),
    start INTEGER,
    precision INTEGER NOT NULL DEFAULT 0 CHECK (precision BETWEEN 0 AND 4),
    label_id INTEGER REFERENCES label (id),
    area_code_id INTEGER REFERENCES area_code (id),
    weight REAL CHECK (weight >= 0),
    file_id INTEGER REFERENCES file (id),
    line INTEGER,
    no_geometry_reason TEXT,
    CHECK ((start IS NULL) = (precision = 0))
);
SELECT AddGeometryColumn('incident', 'geom', :srid, 'POINT', 'XY');
SELECT CreateSpatialIndex('incident', 'geom');

CREATE TABLE area_set (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    file_name TEXT,
    file_sha256 TEXT
);
CREATE TABLE area (
    fid INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES area_set (id),
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (set_id, position)
);
SELECT AddGeometryColumn('area', 'geom', :srid, 'MULTIPOLYGON', 'XY');
SELECT CreateSpatialIndex('area', 'geom');
CREATE TABLE area_population (
    area_fid INTEGER NOT NULL REFERENCES area (fid),
    year INTEGER NOT NULL,
    population REAL NOT NULL,
    PRIMARY KEY (area_fid, year)
);

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    kerb_version TEXT NOT NULL,
    command TEXT NOT NULL,
    parameters TEXT NOT NULL,
    fingerprint TEXT,
    outputs TEXT
);

-- SpatiaLite notes in its history when each table was made; a store holds no time of day.
DELETE FROM spatialite_history;
