/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values of STATS19 in one language, whether a file has codes or labels. Source of codes and
 * labels: Department for Transport, Road Safety Open Dataset Data Guide (2024). The enhanced
 * severities are not in order: 5, 6 and 7 are grades of serious, 3 stays slight.
 */
#include "ingest_linked.h"

#include <math.h>

static bool is_word(kerb_ingest__field field, const char *word)
{
    if (field.length != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < field.length; i++) {
        char c = field.text[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        if (c != word[i]) {
            return false;
        }
    }
    return true;
}

static bool is_unknown(kerb_ingest__field field)
{
    static const char *const words[] = {
        "", "-1", "null", "na", "n/a", "unknown", "not known", "data missing or out of range"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_word(field, words[i])) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------ severity, class */

typedef struct word_value {
    const char *word;
    int value;
} word_value;

static kerb_ingest__value find_value(kerb_ingest__field field, const word_value *words,
                                     size_t n, int *out)
{
    for (size_t i = 0; i < n; i++) {
        if (is_word(field, words[i].word)) {
            *out = words[i].value;
            return KERB_VALUE_OK;
        }
    }
    return is_unknown(field) ? KERB_VALUE_MISSING : KERB_VALUE_BAD;
}

kerb_ingest__value kerb_ingest__severity_parse(kerb_ingest__field field, kerb_severity *out)
{
    static const word_value words[] = {
        {"1", KERB_SEVERITY_FATAL},
        {"2", KERB_SEVERITY_SERIOUS},
        {"3", KERB_SEVERITY_SLIGHT},
        {"5", KERB_SEVERITY_SERIOUS},
        {"6", KERB_SEVERITY_SERIOUS},
        {"7", KERB_SEVERITY_SERIOUS},
        {"fatal", KERB_SEVERITY_FATAL},
        {"killed", KERB_SEVERITY_FATAL},
        {"serious", KERB_SEVERITY_SERIOUS},
        {"slight", KERB_SEVERITY_SLIGHT},
        {"very serious", KERB_SEVERITY_SERIOUS},
        {"moderately serious", KERB_SEVERITY_SERIOUS},
        {"less serious", KERB_SEVERITY_SERIOUS},
    };
    int value = KERB_SEVERITY_UNKNOWN;
    kerb_ingest__value result = find_value(field, words, sizeof words / sizeof *words, &value);
    *out = (kerb_severity)value;
    return result;
}

kerb_ingest__value kerb_ingest__casualty_class_parse(kerb_ingest__field field,
                                                     kerb_casualty_class *out)
{
    static const word_value words[] = {
        {"1", KERB_CASUALTY_DRIVER},
        {"2", KERB_CASUALTY_PASSENGER},
        {"3", KERB_CASUALTY_PEDESTRIAN},
        {"driver", KERB_CASUALTY_DRIVER},
        {"rider", KERB_CASUALTY_DRIVER},
        {"driver or rider", KERB_CASUALTY_DRIVER},
        {"driver/rider", KERB_CASUALTY_DRIVER},
        {"passenger", KERB_CASUALTY_PASSENGER},
        {"vehicle or pillion passenger", KERB_CASUALTY_PASSENGER},
        {"pedestrian", KERB_CASUALTY_PEDESTRIAN},
    };
    int value = KERB_CASUALTY_UNKNOWN;
    kerb_ingest__value result = find_value(field, words, sizeof words / sizeof *words, &value);
    *out = (kerb_casualty_class)value;
    return result;
}

kerb_ingest__value kerb_ingest__whole_parse(kerb_ingest__field field, int32_t max, int32_t *out)
{
    double value = 0.0;
    *out = -1;
    if (is_unknown(field)) {
        return KERB_VALUE_MISSING;
    }
    if (kerb_ingest__number_parse(field.text, field.length, &value) != KERB_NUMBER_OK ||
        value < 0.0 || value > (double)max || value != floor(value)) {
        return KERB_VALUE_BAD;
    }
    *out = (int32_t)value;
    return KERB_VALUE_OK;
}

/* --------------------------------------------------------------------- types */

typedef struct code_words {
    int code;
    const char *vehicle, *casualty;
} code_words;

/* Codes over 100 are those of earlier specifications. */
static const code_words types[] = {
    {0, NULL, "Pedestrian"},
    {1, "Pedal cycle", "Cyclist"},
    {2, "Motorcycle 50cc and under", "Motorcycle 50cc and under rider or passenger"},
    {3, "Motorcycle 125cc and under", "Motorcycle 125cc and under rider or passenger"},
    {4, "Motorcycle over 125cc and up to 500cc",
     "Motorcycle over 125cc and up to 500cc rider or passenger"},
    {5, "Motorcycle over 500cc", "Motorcycle over 500cc rider or passenger"},
    {8, "Taxi/Private hire car", "Taxi/Private hire car occupant"},
    {9, "Car", "Car occupant"},
    {10, "Minibus (8 - 16 passenger seats)", "Minibus (8 - 16 passenger seats) occupant"},
    {11, "Bus or coach (17 or more pass seats)",
     "Bus or coach occupant (17 or more pass seats)"},
    {16, "Ridden horse", "Horse rider"},
    {17, "Agricultural vehicle", "Agricultural vehicle occupant"},
    {18, "Tram", "Tram occupant"},
    {19, "Van / Goods 3.5 tonnes mgw or under",
     "Van / Goods vehicle (3.5 tonnes mgw or under) occupant"},
    {20, "Goods over 3.5t. and under 7.5t",
     "Goods vehicle (over 3.5t. and under 7.5t.) occupant"},
    {21, "Goods 7.5 tonnes mgw and over", "Goods vehicle (7.5 tonnes mgw and over) occupant"},
    {22, "Mobility scooter", "Mobility scooter rider"},
    {23, "Electric motorcycle", "Electric motorcycle rider or passenger"},
    {90, "Other vehicle", "Other vehicle occupant"},
    {97, "Motorcycle - unknown cc", "Motorcycle - unknown cc rider or passenger"},
    {98, "Goods vehicle - unknown weight", "Goods vehicle (unknown weight) occupant"},
    {99, "Unknown vehicle type (self rep only)", "Unknown vehicle type (self rep only)"},
    {103, "Motorcycle - Scooter (1979-1998)", "Motorcycle - Scooter (1979-1998)"},
    {104, "Motorcycle (1979-1998)", "Motorcycle (1979-1998)"},
    {105, "Motorcycle - Combination (1979-1998)", "Motorcycle - Combination (1979-1998)"},
    {106, "Motorcycle over 125cc (1999-2004)", "Motorcycle over 125cc (1999-2004)"},
    {108, "Taxi (excluding private hire cars) (1979-2004)",
     "Taxi (excluding private hire cars) (1979-2004)"},
    {109, "Car (including private hire cars) (1979-2004)",
     "Car (including private hire cars) (1979-2004)"},
    {110, "Minibus/Motor caravan (1979-1998)", "Minibus/Motor caravan (1979-1998)"},
    {113, "Goods over 3.5 tonnes (1979-1998)", "Goods over 3.5 tonnes (1979-1998)"},
};

static const code_words *find_type(kerb_ingest__field code)
{
    int32_t number = 0;
    if (kerb_ingest__whole_parse(code, 999, &number) != KERB_VALUE_OK) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code == number) {
            return &types[i];
        }
    }
    return NULL;
}

const char *kerb_ingest__vehicle_type_of(kerb_ingest__field code)
{
    const code_words *found = find_type(code);
    return found != NULL ? found->vehicle : NULL;
}

const char *kerb_ingest__casualty_type_of(kerb_ingest__field code)
{
    const code_words *found = find_type(code);
    return found != NULL ? found->casualty : NULL;
}

const char *kerb_ingest__type_words(kerb_ingest__field field, bool is_casualty,
                                    kerb_text *scratch)
{
    const char *known = is_casualty ? kerb_ingest__casualty_type_of(field)
                                    : kerb_ingest__vehicle_type_of(field);
    if (known != NULL || is_unknown(field)) {
        return known;
    }
    scratch->length = 0;
    for (size_t i = 0; i < field.length; i++) {
        bool is_run = i > 0 && field.text[i] == ' ' && field.text[i - 1] == ' ';
        if (!is_run) {
            kerb_text_add_n(scratch, &field.text[i], 1);
        }
    }
    return scratch->data;
}
