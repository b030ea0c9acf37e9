-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the incidents of a category of a source are, and who brought them into the record;
-- category_id 0: rows without a category. A pair that is not here: nobody said.
CREATE TABLE category_kind (
    source_id INTEGER NOT NULL REFERENCES source (id),
    category_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('other', 'crime', 'asb', 'fire', 'collision', 'complaint',
                                       'stop_and_search')),
    origin TEXT NOT NULL CHECK (origin IN ('unknown', 'reported', 'police_generated', 'mixed')),
    PRIMARY KEY (source_id, category_id)
);

-- Values of columns about people, which a mapping named with a purpose (its text is in the
-- import's parameters). No analysis, export, digest or message reads them.
CREATE TABLE incident_personal (
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (incident_id, name)
) WITHOUT ROWID;
