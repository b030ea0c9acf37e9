/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The style QGIS takes by itself from `NAME.qml` beside `NAME.tif`: one band in classes,
 * nothing drawn where the value is 0 or missing. Only the elements QGIS needs are written; it
 * fills in the rest (tried with 3.22). */
#include "export_internal.h"

/* Lowest value of the ramp: what is not above 0 is not drawn, unless zeros are. */
static double lowest(const kerb_raster_style *style)
{
    return style->draws_zero ? style->classes->breaks[0] : 0.0;
}

static void add_head(kerb_text *text, const kerb_raster_style *style)
{
    double highest = style->classes->breaks[style->classes->n];
    /* Streets show through by the opacity of the whole, which QGIS's legend follows; it does
     * not follow an alpha of single classes, and then map and legend have different colours. */
    kerb_text_add_format(
        text,
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        "<qgis version=\"3.22\" styleCategories=\"Symbology\">\n"
        "  <pipe>\n"
        "    <rasterrenderer type=\"singlebandpseudocolor\" band=\"%zu\" opacity=\"0.8\" "
        "alphaBand=\"-1\" nodataColor=\"\" classificationMin=\"",
        style->band + 1);
    kerb_export__add_double(text, lowest(style));
    kerb_text_add(text, "\" classificationMax=\"");
    kerb_export__add_double(text, highest);
    kerb_text_add(
        text, "\">\n"
              "      <rasterTransparency/>\n"
              "      <minMaxOrigin><limits>None</limits><extent>WholeRaster</extent>"
              "<statAccuracy>Exact</statAccuracy></minMaxOrigin>\n"
              "      <rastershader>\n"
              "        <colorrampshader colorRampType=\"DISCRETE\" classificationMode=\"1\" "
              "clip=\"0\" labelPrecision=\"6\" minimumValue=\"");
    kerb_export__add_double(text, lowest(style));
    kerb_text_add(text, "\" maximumValue=\"");
    kerb_export__add_double(text, highest);
    kerb_text_add(text, "\">\n");
}

kerb_status kerb_export__raster_qml(kerb_ctx *ctx, const kerb_raster_style *style, char **out)
{
    kerb_text text = {0};
    const kerb_classes *classes = style->classes;
    add_head(&text, style);
    if (!style->draws_zero)
        kerb_text_add(&text, "          <item value=\"0\" color=\"#ffffff\" alpha=\"0\" "
                             "label=\"0, not drawn\"/>\n");
    for (size_t i = 0; i < classes->n; i++) {
        kerb_text_add(&text, "          <item value=\"");
        /* DISCRETE colours what is <= value; the last is open, so that no rounding to float32
         * can leave the highest cell undrawn */
        if (i + 1 < classes->n)
            kerb_export__add_double(&text, classes->breaks[i + 1]);
        else
            kerb_text_add(&text, "inf");
        kerb_text_add_format(&text, "\" color=\"#%02x%02x%02x\" alpha=\"255\" label=\"",
                             classes->rgb[i][0], classes->rgb[i][1], classes->rgb[i][2]);
        kerb_export__add_xml(&text, classes->label[i]);
        kerb_text_add(&text, "\"/>\n");
    }
    kerb_text_add(&text, "        </colorrampshader>\n"
                         "      </rastershader>\n"
                         "    </rasterrenderer>\n"
                         "  </pipe>\n"
                         "  <blendMode>0</blendMode>\n"
                         "</qgis>\n");
    return kerb_text_take(ctx, &text, out);
}
