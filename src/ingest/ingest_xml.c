/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only file that knows expat. A tag is held in memory while it is read, so one without end
 * is refused; text comes in pieces and is the handlers' to bound.
 */
#include "ingest_xml.h"

#include <expat.h>
#include <string.h>

enum { BLOCK = 1 << 18 };
#define TAG_MAX ((size_t)4 << 20) /* bytes; a longer tag is an attack or damage */

struct kerb_ingest__xml {
    XML_Parser parser;
    kerb_ingest__stream *stream;
    char *name;
    kerb_ingest__xml_handlers handlers;
    void *user;
    uint64_t n_fed;
    bool is_paused, is_last, has_doctype;
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

const char *kerb_ingest__xml_attribute(const char *const *attributes, const char *name)
{
    for (; *attributes != NULL; attributes += 2) {
        if (strcmp(local_name(attributes[0]), name) == 0) {
            return attributes[1];
        }
    }
    return NULL;
}

static void XMLCALL start_tag(void *user, const XML_Char *name, const XML_Char **attributes)
{
    kerb_ingest__xml *xml = user;
    if (xml->handlers.start != NULL) {
        xml->handlers.start(xml->user, local_name(name), (const char *const *)attributes);
    }
}

static void XMLCALL end_tag(void *user, const XML_Char *name)
{
    kerb_ingest__xml *xml = user;
    if (xml->handlers.end != NULL) {
        xml->handlers.end(xml->user, local_name(name));
    }
}

static void XMLCALL add_text(void *user, const XML_Char *text, int n)
{
    kerb_ingest__xml *xml = user;
    if (xml->handlers.text != NULL) {
        xml->handlers.text(xml->user, text, (size_t)n);
    }
}

static void XMLCALL refuse_doctype(void *user, const XML_Char *name, const XML_Char *system,
                                   const XML_Char *public, int has_subset)
{
    kerb_ingest__xml *xml = user;
    (void)name, (void)system, (void)public, (void)has_subset;
    xml->has_doctype = true;
    XML_StopParser(xml->parser, XML_FALSE);
}

kerb_status kerb_ingest__xml_open(kerb_ctx *ctx, kerb_ingest__stream *stream, const char *name,
                                  const kerb_ingest__xml_handlers *handlers, void *user,
                                  kerb_ingest__xml **out)
{
    kerb_ingest__xml *xml = kerb_calloc_array(1, sizeof *xml);
    if (xml == NULL) {
        kerb_ingest__stream_close(stream);
        return kerb_fail_nomem(ctx, "an open file");
    }
    *xml = (kerb_ingest__xml){.stream = stream,
                              .handlers = *handlers,
                              .user = user,
                              .name = kerb_text_copy(name),
                              .parser = XML_ParserCreate(NULL)};
    if (xml->parser == NULL || xml->name == NULL) {
        kerb_ingest__xml_close(xml);
        return kerb_fail_nomem(ctx, "an open file");
    }
    /* expat salts its tables by the clock; nothing here depends on their order */
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, start_tag, end_tag);
    XML_SetCharacterDataHandler(xml->parser, add_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, refuse_doctype);
    *out = xml;
    return KERB_OK;
}

void kerb_ingest__xml_close(kerb_ingest__xml *xml)
{
    if (xml == NULL) {
        return;
    }
    if (xml->parser != NULL) {
        XML_ParserFree(xml->parser);
    }
    kerb_ingest__stream_close(xml->stream);
    kerb_free(xml->name);
    kerb_free(xml);
}

void kerb_ingest__xml_pause(kerb_ingest__xml *xml)
{
    XML_StopParser(xml->parser, XML_TRUE);
}

static kerb_status fail_here(kerb_ctx *ctx, const kerb_ingest__xml *xml)
{
    if (xml->has_doctype) {
        return kerb_fail(ctx, KERB_ERR_FORMAT, "%s has a document type, which no workbook has",
                         xml->name);
    }
    if (XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY) {
        return kerb_fail_nomem(ctx, "XML");
    }
    return kerb_fail(ctx, KERB_ERR_FORMAT, "%s, line %lu: damaged XML (%s)", xml->name,
                     (unsigned long)XML_GetCurrentLineNumber(xml->parser),
                     XML_ErrorString(XML_GetErrorCode(xml->parser)));
}

static kerb_status feed(kerb_ctx *ctx, kerb_ingest__xml *xml, enum XML_Status *result)
{
    size_t n = 0;
    XML_Index at = XML_GetCurrentByteIndex(xml->parser);
    if (at >= 0 && xml->n_fed - (uint64_t)at > TAG_MAX + BLOCK) {
        return kerb_fail(ctx, KERB_ERR_FORMAT, "%s is damaged: a tag of more than 4 MiB",
                         xml->name);
    }
    char *block = XML_GetBuffer(xml->parser, BLOCK);
    if (block == NULL) {
        return kerb_fail_nomem(ctx, "XML");
    }
    kerb_status status = kerb_ingest__stream_read(ctx, xml->stream, block, BLOCK, &n);
    if (status == KERB_OK) {
        status = kerb_check_cancel(ctx);
    }
    if (status == KERB_OK) {
        xml->is_last = n == 0;
        xml->n_fed += n;
        *result = XML_ParseBuffer(xml->parser, (int)n, xml->is_last);
    }
    return status;
}

kerb_status kerb_ingest__xml_go(kerb_ctx *ctx, kerb_ingest__xml *xml, bool *is_ended)
{
    *is_ended = false;
    for (;;) {
        enum XML_Status result = XML_STATUS_OK;
        if (xml->is_paused) {
            xml->is_paused = false;
            result = XML_ResumeParser(xml->parser);
        } else if (xml->is_last) {
            *is_ended = true;
            return KERB_OK;
        } else {
            kerb_status status = feed(ctx, xml, &result);
            if (status != KERB_OK) {
                return status;
            }
        }
        if (result == XML_STATUS_ERROR) {
            return fail_here(ctx, xml);
        }
        if (result == XML_STATUS_SUSPENDED) {
            xml->is_paused = true;
            return KERB_OK;
        }
    }
}

kerb_status kerb_ingest__xml_read(kerb_ctx *ctx, kerb_ingest__stream *stream, const char *name,
                                  const kerb_ingest__xml_handlers *handlers, void *user)
{
    kerb_ingest__xml *xml = NULL;
    bool is_ended = false;
    kerb_status status = kerb_ingest__xml_open(ctx, stream, name, handlers, user, &xml);
    while (status == KERB_OK && !is_ended) {
        status = kerb_ingest__xml_go(ctx, xml, &is_ended);
    }
    kerb_ingest__xml_close(xml);
    return status;
}
