#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load files as a person would drop them on QGIS and see the style they get by themselves.

  render_qgis.py describe FILE...      prints one JSON object a file
  render_qgis.py draw OUT.png FILE...  draws map and legend

Needs python3-qgis, and HOME, XDG_RUNTIME_DIR and QT_QPA_PLATFORM=offscreen set.
Ends by os._exit(): QGIS sometimes dies while it cleans up.
"""
import json
import os
import sys

from qgis.core import (
    QgsApplication, QgsLayout, QgsLayoutExporter, QgsLayoutItemLegend, QgsLayoutItemMap,
    QgsLayoutPoint, QgsLayoutSize, QgsProject, QgsRasterLayer, QgsUnitTypes, QgsVectorLayer)


def load(path):
    name = os.path.splitext(os.path.basename(path))[0]
    if path.endswith((".tif", ".tiff")):
        layer = QgsRasterLayer(path, name)
    else:
        layer = QgsVectorLayer(path, name, "ogr")
    if not layer.isValid():
        sys.exit(f"QGIS cannot load {path}")
    return layer


def describe(layer):
    renderer = layer.renderer()
    found = {"renderer": renderer.type(), "crs": layer.crs().authid()}
    if isinstance(layer, QgsRasterLayer):
        items = renderer.shader().rasterShaderFunction().colorRampItemList()
        found["classes"] = [
            {"upper": str(item.value), "label": item.label, "colour": item.color.name(),
             "alpha": item.color.alpha()} for item in items]
    elif renderer.type() == "graduatedSymbol":
        found["column"] = renderer.classAttribute()
        found["classes"] = [
            {"lower": r.lowerValue(), "upper": r.upperValue(), "label": r.label(),
             "colour": r.symbol().color().name()} for r in renderer.ranges()]
    if isinstance(layer, QgsVectorLayer):
        found["features"] = layer.featureCount()
    return found


def draw(layers, out):
    project = QgsProject.instance()
    for layer in reversed(layers):
        project.addMapLayer(layer)
    project.setCrs(layers[0].crs())
    layout = QgsLayout(project)
    layout.initializeDefaults()
    millimetres = QgsUnitTypes.LayoutMillimeters
    page = layout.pageCollection().page(0)
    page.setPageSize(QgsLayoutSize(260, 160, millimetres))
    view = QgsLayoutItemMap(layout)
    view.attemptMove(QgsLayoutPoint(5, 5, millimetres))
    view.attemptResize(QgsLayoutSize(170, 150, millimetres))
    view.setLayers(layers)
    view.setExtent(layers[0].extent())
    layout.addLayoutItem(view)
    legend = QgsLayoutItemLegend(layout)
    legend.attemptMove(QgsLayoutPoint(180, 8, millimetres))
    layout.addLayoutItem(legend)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 110
    if QgsLayoutExporter(layout).exportToImage(out, settings) != QgsLayoutExporter.Success:
        sys.exit(f"QGIS cannot draw {out}")


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("describe", "draw"):
        sys.exit(__doc__)
    app = QgsApplication([], False)  # kept: QGIS ends with it
    app.initQgis()
    if sys.argv[1] == "describe":
        for path in sys.argv[2:]:
            print(json.dumps(describe(load(path)), sort_keys=True, ensure_ascii=False))
    else:
        draw([load(path) for path in sys.argv[3:]], sys.argv[2])
    sys.stdout.flush()
    os._exit(0)


main()
