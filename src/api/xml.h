/* A few lines of XML, for answers of the query protocol. */
#pragma once
#include "base/bytes.h"

/* xml_element appends <name>text</name>, escaped; characters XML cannot hold become U+FFFD. */
void xml_element(struct buf *out, const char *name, bytes text);
