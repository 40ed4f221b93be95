#include "http/query.h"

#include "codec/percent.h"

typedef status (*decoder)(struct arena *a, bytes text, bytes *out_data);

static status read_parameter(struct arena *a, bytes part, decoder decode,
                             struct http_parameter *out_parameter) {
    size_t equals = bytes_find(part, '=');
    TRY(decode(a, bytes_slice(part, 0, equals), &out_parameter->name));
    return decode(a, bytes_skip(part, equals + 1), &out_parameter->value);
}

static size_t count_parts(bytes text) {
    size_t count = 0;
    for (bytes part; bytes_split(&text, '&', &part);)
        count += part.len > 0;
    return count;
}

static status parse(struct arena *a, bytes text, decoder decode, struct http_query *out_query) {
    size_t count = count_parts(text), n = 0;
    if (count > HTTP_PARAMETERS_MAX)
        return FAIL(E_INVALID, "there are %zu parameters where at most %d are allowed", count,
                    HTTP_PARAMETERS_MAX);
    struct http_parameter *parameters = count ? ARENA_ARRAY(a, struct http_parameter, count) : NULL;
    for (bytes part; bytes_split(&text, '&', &part);)
        if (part.len > 0)
            TRY(read_parameter(a, part, decode, &parameters[n++]));
    *out_query = (struct http_query){parameters, count};
    return OK;
}

status http_query_parse(struct arena *a, bytes text, struct http_query *out_query) {
    return parse(a, text, percent_decode, out_query);
}

status http_form_parse(struct arena *a, bytes text, struct http_query *out_query) {
    return parse(a, text, percent_decode_form, out_query);
}

bytes http_query_find(const struct http_query *q, const char *name) {
    bytes wanted = bytes_from(name);
    for (size_t i = 0; i < q->count; i++)
        if (bytes_equal(q->parameters[i].name, wanted))
            return q->parameters[i].value;
    return (bytes){0};
}
