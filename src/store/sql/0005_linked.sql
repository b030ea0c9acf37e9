-- SPDX-License-Identifier: GPL-3.0-or-later
-- Records linked to a road collision: what the collision itself says of them, and the vehicles and
-- casualties, each with the file and line it was read from. No sex, no home area, no deprivation:
-- road-safety analysis needs class, severity and age (docs/data-sources/stats19.md).
-- n_vehicles, n_casualties: as stated in the collision's row; NULL: not stated.
-- age: in years; NULL: unknown, which is no child. class, severity: NULL: unknown.
-- adjusted_serious: probability that an injury-based system had called it serious; NULL: not told.

CREATE TABLE collision (
    incident_id INTEGER PRIMARY KEY REFERENCES incident (id) ON DELETE CASCADE,
    n_vehicles INTEGER,
    n_casualties INTEGER
);
CREATE TABLE vehicle (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    vehicle_reference INTEGER NOT NULL,
    vehicle_type TEXT,
    file_id INTEGER NOT NULL REFERENCES file (id),
    line INTEGER
);
CREATE INDEX vehicle_incident ON vehicle (incident_id, vehicle_reference);
CREATE TABLE casualty (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    vehicle_reference INTEGER,
    casualty_reference INTEGER,
    class TEXT CHECK (class IN ('driver', 'passenger', 'pedestrian')),
    severity TEXT CHECK (severity IN ('fatal', 'serious', 'slight')),
    age INTEGER CHECK (age >= 0),
    type TEXT,
    adjusted_serious REAL CHECK (adjusted_serious BETWEEN 0 AND 1),
    file_id INTEGER NOT NULL REFERENCES file (id),
    line INTEGER
);
CREATE INDEX casualty_incident ON casualty (incident_id, vehicle_reference, casualty_reference);
