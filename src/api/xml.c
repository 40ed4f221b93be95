#include "api/xml.h"

#include "codec/base64.h"
#include "codec/date.h"
#include "codec/percent.h"

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

/* ---- records ---- */

static void write_text(struct buf *out, const struct model_shape *shape, bytes text) {
    AUTO(buf) encoded = {0};
    if (shape->type == MODEL_BLOB)
        base64_encode(text, &encoded);
    else if (shape->flags & MODEL_POLICY)
        percent_encode(text, &encoded);
    else
        buf_append(&encoded, text);
    escape(out, buf_bytes(&encoded));
}

static void write_time(struct buf *out, int64_t wall_ms) {
    char text[21];
    date_format_iso(wall_ms, text);
    buf_text(out, text);
}

static void write_value(struct buf *out, const struct model_shape *shape, const struct value *v);

static void write_list(struct buf *out, const struct items *items) {
    const struct model_shape *item = model_shape(items->model, items->shape->first);
    VALUES_EACH(v, items) {
        buf_text(out, "<member>");
        write_value(out, item, v);
        buf_text(out, "</member>");
    }
}

static void write_map(struct buf *out, const struct items *items) {
    const struct model_shape *item = model_shape(items->model, items->shape->second);
    VALUES_EACH(v, items) {
        buf_text(out, "<entry>");
        xml_element(out, "key", v->key);
        buf_text(out, "<value>");
        write_value(out, item, v);
        buf_text(out, "</value></entry>");
    }
}

static void write_value(struct buf *out, const struct model_shape *shape, const struct value *v) {
    switch ((enum model_type)shape->type) {
    case MODEL_STRING:
    case MODEL_BLOB:
        write_text(out, shape, v->text);
        break;
    case MODEL_INTEGER:
    case MODEL_LONG:
        buf_printf(out, "%lld", (long long)v->number);
        break;
    case MODEL_DOUBLE:
        buf_printf(out, "%.17g", v->real);
        break;
    case MODEL_BOOLEAN:
        buf_text(out, v->flag ? "true" : "false");
        break;
    case MODEL_TIMESTAMP:
        write_time(out, v->number);
        break;
    case MODEL_LIST:
        write_list(out, v->items);
        break;
    case MODEL_MAP:
        write_map(out, v->items);
        break;
    case MODEL_STRUCTURE:
        xml_output(v->record, out);
        break;
    }
}

void xml_output(const struct record *output, struct buf *out) {
    const struct model_member *members =
        output ? model_members(output->model, output->shape) : NULL;
    for (size_t i = 0; output && i < output->shape->second; i++) {
        if (!output->values[i].present)
            continue;
        const char *name = (const char *)model_text(output->model, members[i].wire).ptr;
        buf_printf(out, "<%s>", name);
        write_value(out, model_shape(output->model, members[i].shape), &output->values[i]);
        buf_printf(out, "</%s>", name);
    }
}
