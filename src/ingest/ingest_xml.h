/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_XML_H
#define KERB_INGEST_XML_H

/* XML as it goes by, a block at a time; expat's header is included in ingest_xml.c alone. */

#include "ingest_internal.h"

typedef struct kerb_ingest__xml kerb_ingest__xml;

/* What is called for the parts of a document. Names come without their namespace ("x:row" is
 * "row"); `attributes` are pairs of name and value, NULL-ended. NULL: not wanted. */
typedef struct kerb_ingest__xml_handlers {
    void (*start)(void *user, const char *name, const char *const *attributes);
    void (*end)(void *user, const char *name);
    void (*text)(void *user, const char *text, size_t n);
} kerb_ingest__xml_handlers;

/* Takes the stream, also on failure. `name` is for messages. A document type is refused:
 * entities can make a kilobyte a gigabyte. */
kerb_status kerb_ingest__xml_open(kerb_ctx *ctx, kerb_ingest__stream *stream, const char *name,
                                  const kerb_ingest__xml_handlers *handlers, void *user,
                                  kerb_ingest__xml **out);
void kerb_ingest__xml_close(kerb_ingest__xml *xml);
/* From a handler: stop behind this part until the next kerb_ingest__xml_go(). */
void kerb_ingest__xml_pause(kerb_ingest__xml *xml);
/* Go on to the next pause or to the end (*is_ended). KERB_ERR_FORMAT: no XML. */
kerb_status kerb_ingest__xml_go(kerb_ctx *ctx, kerb_ingest__xml *xml, bool *is_ended);
/* Read a whole document. Takes the stream. */
kerb_status kerb_ingest__xml_read(kerb_ctx *ctx, kerb_ingest__stream *stream, const char *name,
                                  const kerb_ingest__xml_handlers *handlers, void *user);
/* Value of an attribute, by its name without namespace; NULL. */
const char *kerb_ingest__xml_attribute(const char *const *attributes, const char *name);

#endif
