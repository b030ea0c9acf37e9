/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The style of a layer of areas, kept in the GeoPackage's layer_styles, from where QGIS takes
 * it by itself: classes of one column, or a plain outline that leaves the map below readable.
 */
#include "export_internal.h"

#include <math.h>

static void add_property(kerb_text *text, const char *key, const char *value)
{
    kerb_text_add_format(text, "        <prop k=\"%s\" v=\"%s\"/>\n", key, value);
}

/* A fill symbol. Outlines are thin and grey, so that many small areas do not turn black. */
static void add_symbol(kerb_text *text, size_t number, const unsigned char rgb[3],
                       const char *alpha, const char *style, const char *outline,
                       const char *outline_mm)
{
    char colour[32];
    snprintf(colour, sizeof colour, "%d,%d,%d,255", rgb[0], rgb[1], rgb[2]);
    kerb_text_add_format(
        text,
        "    <symbol type=\"fill\" name=\"%zu\" alpha=\"%s\" "
        "clip_to_extent=\"1\" force_rhr=\"0\">\n"
        "      <layer class=\"SimpleFill\" enabled=\"1\" locked=\"0\" pass=\"0\">\n",
        number, alpha);
    add_property(text, "color", colour);
    add_property(text, "style", style);
    add_property(text, "outline_color", outline);
    add_property(text, "outline_style", "solid");
    add_property(text, "outline_width", outline_mm);
    add_property(text, "outline_width_unit", "MM");
    add_property(text, "joinstyle", "round");
    kerb_text_add(text, "      </layer>\n    </symbol>\n");
}

static void add_outline(kerb_text *text)
{
    static const unsigned char none[3] = {255, 255, 255};
    kerb_text_add(text, "  <renderer-v2 type=\"singleSymbol\" forceraster=\"0\" "
                        "symbollevels=\"0\" enableorderby=\"0\">\n   <symbols>\n");
    add_symbol(text, 0, none, "1", "no", "171,50,1,255", "0.6");
    kerb_text_add(text, "   </symbols>\n  </renderer-v2>\n");
}

static void add_classes(kerb_text *text, const kerb_export_field *field,
                        const kerb_classes *classes)
{
    kerb_text_add(text, "  <renderer-v2 type=\"graduatedSymbol\" attr=\"");
    kerb_export__add_xml(text, field->name);
    kerb_text_add(text, "\" graduatedMethod=\"GraduatedColor\" forceraster=\"0\" "
                        "symbollevels=\"0\" enableorderby=\"0\">\n   <ranges>\n");
    for (size_t i = 0; i < classes->n; i++) {
        kerb_text_add(text, "    <range lower=\"");
        kerb_export__add_double(text, classes->breaks[i]);
        kerb_text_add(text, "\" upper=\"");
        kerb_export__add_double(text, classes->breaks[i + 1]);
        kerb_text_add_format(text, "\" symbol=\"%zu\" render=\"true\" label=\"", i);
        kerb_export__add_xml(text, classes->label[i]);
        kerb_text_add(text, "\"/>\n");
    }
    kerb_text_add(text, "   </ranges>\n   <symbols>\n");
    for (size_t i = 0; i < classes->n; i++)
        add_symbol(text, i, classes->rgb[i], "0.85", "solid", "70,70,70,255", "0.15");
    kerb_text_add(text, "   </symbols>\n  </renderer-v2>\n");
}

/* The styled column as numbers (owned); NULL in *out when there is none that can be coloured.
 */
static kerb_status copy_values(kerb_ctx *ctx, const kerb_layer *layer, double **out)
{
    *out = NULL;
    if (layer->style_column >= layer->n_fields ||
        layer->fields[layer->style_column].type == KERB_FIELD_TEXT)
        return KERB_OK;
    const kerb_export_field *field = &layer->fields[layer->style_column];
    double *values = kerb_alloc_array(layer->n_rows, sizeof *values);
    if (values == NULL)
        return kerb_fail_nomem(ctx, "values to classify");
    for (size_t row = 0; row < layer->n_rows; row++) {
        bool is_real = field->type == KERB_FIELD_REAL;
        values[row] = is_real ? field->real[row] : (double)field->integer[row];
        if (!kerb_layer__has_value(field, row))
            values[row] = (double)NAN;
    }
    *out = values;
    return KERB_OK;
}

kerb_status kerb_layer__qml(kerb_ctx *ctx, const kerb_layer *layer, char **out)
{
    kerb_text text = {0};
    kerb_classes classes;
    double *values = NULL;
    kerb_status status = copy_values(ctx, layer, &values);
    if (status != KERB_OK)
        return status;
    if (values)
        status = kerb_classes_make(ctx, values, layer->n_rows, layer->style_scheme, NULL,
                                   layer->fields[layer->style_column].unit, &classes);
    kerb_free(values);
    if (status != KERB_OK)
        return status;
    kerb_text_add(&text, "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
                         "<qgis version=\"3.22\" styleCategories=\"Symbology\">\n");
    if (values)
        add_classes(&text, &layer->fields[layer->style_column], &classes);
    else
        add_outline(&text);
    kerb_text_add(&text, "  <blendMode>0</blendMode>\n"
                         "  <layerGeometryType>2</layerGeometryType>\n"
                         "</qgis>\n");
    return kerb_text_take(ctx, &text, out);
}
