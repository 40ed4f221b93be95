#include "api/encode.h"

#include "codec/base64.h"
#include "codec/json.h"

static void encode_record(struct json_writer *w, const struct record *r);

static void encode_double(struct json_writer *w, double real) {
    AUTO(buf) text = {0};
    buf_printf(&text, "%.17g", real);
    json_raw(w, buf_bytes(&text));
}

static void encode_blob(struct json_writer *w, bytes data) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    json_string(w, buf_bytes(&text));
}

static void encode_value(struct json_writer *w, const struct model *m,
                         const struct model_shape *shape, const struct value *v);

static void encode_items(struct json_writer *w, const struct items *items) {
    bool map = items->shape->type == MODEL_MAP;
    const struct model_shape *item =
        model_shape(items->model, map ? items->shape->second : items->shape->first);
    if (map)
        json_object_begin(w);
    else
        json_array_begin(w);
    VALUES_EACH(v, items) {
        if (map)
            json_name_bytes(w, v->key);
        encode_value(w, items->model, item, v);
    }
    if (map)
        json_object_end(w);
    else
        json_array_end(w);
}

static void encode_value(struct json_writer *w, const struct model *m,
                         const struct model_shape *shape, const struct value *v) {
    switch ((enum model_type)shape->type) {
    case MODEL_STRING:
        json_string(w, v->text);
        break;
    case MODEL_BLOB:
        encode_blob(w, v->text);
        break;
    case MODEL_INTEGER:
    case MODEL_LONG:
        json_i64(w, v->number);
        break;
    case MODEL_DOUBLE:
        encode_double(w, v->real);
        break;
    case MODEL_BOOLEAN:
        json_bool(w, v->flag);
        break;
    case MODEL_TIMESTAMP:
        json_seconds(w, v->number);
        break;
    case MODEL_LIST:
    case MODEL_MAP:
        encode_items(w, v->items);
        break;
    case MODEL_STRUCTURE:
        encode_record(w, v->record);
        break;
    }
}

static void encode_record(struct json_writer *w, const struct record *r) {
    const struct model_member *members = model_members(r->model, r->shape);
    json_object_begin(w);
    for (size_t i = 0; i < r->shape->second; i++) {
        if (!r->values[i].present || members[i].location != MODEL_BODY)
            continue;
        json_name_bytes(w, model_text(r->model, members[i].wire));
        encode_value(w, r->model, model_shape(r->model, members[i].shape), &r->values[i]);
    }
    json_object_end(w);
}

bool encode_is_payload(const struct record *output, bytes *out_payload) {
    const struct model_member *members =
        output ? model_members(output->model, output->shape) : NULL;
    for (size_t i = 0; output && i < output->shape->second; i++) {
        if (members[i].location != MODEL_PAYLOAD ||
            model_shape(output->model, members[i].shape)->type != MODEL_BLOB)
            continue;
        *out_payload = output->values[i].text;
        return true;
    }
    return false;
}

void encode_output(const struct record *output, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    if (output) {
        encode_record(&w, output);
    } else {
        json_object_begin(&w);
        json_object_end(&w);
    }
}
