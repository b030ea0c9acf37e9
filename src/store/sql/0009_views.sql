-- SPDX-License-Identifier: GPL-3.0-or-later
-- The layer of incidents with all that a row has, in words; time_to is the exclusive end.

DROP VIEW incident_view;
CREATE VIEW incident_view AS
SELECT i.id AS id, i.reference AS reference, s.name AS source, c.name AS category,
       coalesce(k.kind, 'other') AS kind, coalesce(k.origin, 'unknown') AS origin,
       substr(strftime('%Y-%m-%d %H:%M:%S', i.start, 'unixepoch'), 1,
              CASE i.precision WHEN 1 THEN 7 WHEN 2 THEN 10 WHEN 3 THEN 16 ELSE 19 END) AS time,
       substr(strftime('%Y-%m-%d %H:%M:%S', i.time_end, 'unixepoch'), 1,
              CASE i.time_end % 60 WHEN 0 THEN 16 ELSE 19 END) AS time_to,
       substr(strftime('%Y-%m-%d %H:%M:%S', i.recorded, 'unixepoch'), 1,
              CASE i.recorded % 60 WHEN 0 THEN 16 ELSE 19 END) AS recorded,
       l.name AS label, a.code AS area_code, a.name AS area_name,
       coalesce(i.weight, 1.0) AS weight, f.name AS file, f.member AS member, i.line AS line,
       i.no_geometry_reason AS no_geometry_reason, i.cell_m AS cell_m, i.geom AS geom
FROM incident AS i
LEFT JOIN source AS s ON s.id = i.source_id
LEFT JOIN category AS c ON c.id = i.category_id
LEFT JOIN category_kind AS k
       ON k.source_id = i.source_id AND k.category_id = coalesce(i.category_id, 0)
LEFT JOIN label AS l ON l.id = i.label_id
LEFT JOIN area_code AS a ON a.id = i.area_code_id
LEFT JOIN file AS f ON f.id = i.file_id;
