/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules by name, what each does in a sentence, and from sd to the bandwidth of a kernel. */
#include "bandwidth_internal.h"

#include <string.h>

#define MAX_KNN 1000000

typedef struct rule_words {
    const char *name, *sentence;
} rule_words;

static const rule_words WORDS[KERB_BANDWIDTH_RULES] = {
    [KERB_BANDWIDTH_FIXED] = {"fixed", "a length that you give, the same for every period"},
    [KERB_BANDWIDTH_SCOTT] = {"scott",
                              "how far all events spread, less for more places; meant "
                              "for one round hill, so it blurs several towns into one"},
    [KERB_BANDWIDTH_SILVERMAN] =
        {"silverman", "as scott, with the quartiles, so that a few far events do not widen it"},
    [KERB_BANDWIDTH_DIGGLE] = {"diggle",
                               "least squared error if events come in clusters; close "
                               "clusters make it narrow"},
    [KERB_BANDWIDTH_PPL] = {"ppl", "predicts each place best from all other places, as a "
                                   "likelihood; the usual choice for one map"},
    [KERB_BANDWIDTH_CVL] = {"cvl", "the land that the events take up at their density adds up "
                                   "to the window; wide where much of it is empty"},
    [KERB_BANDWIDTH_LSCV] = {"lscv", "least squared error over the map, each place left out in "
                                     "turn; led by the busiest places, varies much"},
    [KERB_BANDWIDTH_KNN] = {"knn", "half the distance to the K-th nearest event elsewhere, in "
                                   "the median: a disc that holds K others"},
};

static bool is_rule(kerb_bandwidth_rule rule)
{
    return (unsigned)rule < KERB_BANDWIDTH_RULES;
}

const char *kerb_bandwidth_rule_name(kerb_bandwidth_rule rule)
{
    return is_rule(rule) ? WORDS[rule].name : "unknown";
}

const char *kerb_bandwidth_rule_sentence(kerb_bandwidth_rule rule)
{
    return is_rule(rule) ? WORDS[rule].sentence : "unknown";
}

static bool read_knn(const char *text, size_t *k)
{
    int64_t value = 0;
    char head[5] = {0};
    if (strlen(text) < 5)
        return false;
    memcpy(head, text, 4);
    if (!kerb_text_equal_nocase(head, "knn:") ||
        !kerb_parse_int64(text + 4, strlen(text + 4), &value) || value < 1 || value > MAX_KNN)
        return false;
    *k = (size_t)value;
    return true;
}

bool kerb_bandwidth_rule_find(const char *text, kerb_bandwidth_rule *rule, size_t *k)
{
    if (text == NULL)
        return false;
    if (read_knn(text, k)) {
        *rule = KERB_BANDWIDTH_KNN;
        return true;
    }
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_KNN; r++)
        if (kerb_text_equal_nocase(text, WORDS[r].name)) {
            *rule = (kerb_bandwidth_rule)r;
            return true;
        }
    return false;
}

double kerb_kernel_of_sd_m(kerb_kernel kernel, double sd_m)
{
    return sd_m / kerb_kernel_sd_m(kernel, 1.0);
}
