-- SPDX-License-Identifier: GPL-3.0-or-later
-- Two layers for people: incidents and areas with their names in words.

CREATE VIEW incident_view AS
SELECT i.id AS id, i.reference AS reference, s.name AS source, c.name AS category,
       substr(strftime('%Y-%m-%d %H:%M:%S', i.start, 'unixepoch'), 1,
              CASE i.precision WHEN 1 THEN 7 WHEN 2 THEN 10 WHEN 3 THEN 16 ELSE 19 END) AS time,
       l.name AS label, a.code AS area_code, a.name AS area_name,
       coalesce(i.weight, 1.0) AS weight, f.name AS file, f.member AS member, i.line AS line,
       i.no_geometry_reason AS no_geometry_reason, i.geom AS geom
FROM incident AS i
LEFT JOIN source AS s ON s.id = i.source_id
LEFT JOIN category AS c ON c.id = i.category_id
LEFT JOIN label AS l ON l.id = i.label_id
LEFT JOIN area_code AS a ON a.id = i.area_code_id
LEFT JOIN file AS f ON f.id = i.file_id;

CREATE VIEW area_view AS
SELECT a.fid AS fid, s.name AS area_set, s.role AS role, a.id AS id, a.name AS name, a.geom AS geom
FROM area AS a
JOIN area_set AS s ON s.id = a.set_id;

INSERT INTO views_geometry_columns
    (view_name, view_geometry, view_rowid, f_table_name, f_geometry_column, read_only)
VALUES ('incident_view', 'geom', 'id', 'incident', 'geom', 1),
       ('area_view', 'geom', 'fid', 'area', 'geom', 1);
INSERT INTO views_geometry_columns_statistics (view_name, view_geometry)
VALUES ('incident_view', 'geom'), ('area_view', 'geom');
INSERT INTO views_geometry_columns_auth (view_name, view_geometry, hidden)
VALUES ('incident_view', 'geom', 0), ('area_view', 'geom', 0);
