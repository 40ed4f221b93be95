#include "api/xml.h"

static void escape(struct buf *out, bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '<' || c == '>' || c == '&' || c == '"')
            buf_printf(out, "&#%u;", c);
        else if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            buf_text(out, "\xef\xbf\xbd");
        else
            buf_append_byte(out, c);
    }
}

void xml_element(struct buf *out, const char *name, bytes text) {
    buf_printf(out, "<%s>", name);
    escape(out, text);
    buf_printf(out, "</%s>", name);
}
