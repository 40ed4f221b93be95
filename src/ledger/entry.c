#include "ledger/entry.h"

#include <string.h>

#include "base/file.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "ledger/manifest.h"
#include "ledger/pem_text.h"
#include "provisioning/register_thing.h"

/* ---- columns ---- */

enum column {
    COLUMN_OTHER,
    COLUMN_CERTIFICATE,
    COLUMN_FILE,
    COLUMN_STATUS,
    COLUMN_THING_NAME,
    COLUMN_THING_TYPE,
    COLUMN_POLICIES,
    COLUMN_GROUPS,
    COLUMN_ATTRIBUTES,
    COLUMN_COUNT
};

static const struct {
    const char *name;
    enum column column;
} columns[] = {
    {"certificate", COLUMN_CERTIFICATE},
    {"certificatepem", COLUMN_CERTIFICATE},
    {"pem", COLUMN_CERTIFICATE},
    {"cert", COLUMN_CERTIFICATE},
    {"certificatefile", COLUMN_FILE},
    {"file", COLUMN_FILE},
    {"path", COLUMN_FILE},
    {"status", COLUMN_STATUS},
    {"thingname", COLUMN_THING_NAME},
    {"thing", COLUMN_THING_NAME},
    {"thingtype", COLUMN_THING_TYPE},
    {"thingtypename", COLUMN_THING_TYPE},
    {"policies", COLUMN_POLICIES},
    {"policy", COLUMN_POLICIES},
    {"policyname", COLUMN_POLICIES},
    {"groups", COLUMN_GROUPS},
    {"group", COLUMN_GROUPS},
    {"thinggroups", COLUMN_GROUPS},
    {"attributes", COLUMN_ATTRIBUTES},
    {"thingattributes", COLUMN_ATTRIBUTES},
};

static bool is_named(bytes text, const char *name) {
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == ' ' || c == '_' || c == '-')
            continue;
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[at++])
            return false;
    }
    return name[at] == '\0';
}

static enum column column_of(bytes name) {
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (is_named(name, columns[i].name))
            return columns[i].column;
    return COLUMN_OTHER;
}

bool entry_has_certificate_column(const struct csv_fields *fields) {
    for (size_t i = 0; i < fields->count; i++) {
        enum column c = column_of(fields->items[i]);
        if (c == COLUMN_CERTIFICATE || c == COLUMN_FILE)
            return true;
    }
    return false;
}

/* ---- what a piece holds ---- */

struct raw {
    bytes pem;
    struct ledger_field fields[CSV_FIELDS_MAX];
    size_t field_count;
    bytes values[COLUMN_COUNT]; /* of the columns that are understood */
};

static status read_file(bytes path, struct arena *memory, bytes *out_pem) {
    AUTO(buf) content = {0};
    TRY(file_read(arena_string(memory, path), &content));
    *out_pem = arena_copy(memory, buf_bytes(&content));
    return OK;
}

/* Relative to where the CSV lies. */
static status read_file_beside(const struct ledger *l, bytes name, struct arena *memory,
                               bytes *out_pem) {
    const char *slash = strrchr(ledger_path(l), '/');
    if (name.ptr[0] == '/' || !slash)
        return read_file(name, memory, out_pem);
    bytes path = bytes_from(arena_printf(memory, "%.*s/%.*s", (int)(slash - ledger_path(l)),
                                         ledger_path(l), BYTES_ARG(name)));
    return read_file(path, memory, out_pem);
}

static bytes with_real_line_ends(bytes text, struct arena *memory) {
    uint8_t *out = arena_alloc(memory, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool escaped = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';
        out[len++] = escaped ? '\n' : text.ptr[i];
        i += escaped;
    }
    return bytes_of(out, len);
}

/* PEM, also with its line ends written as \n, or base64 of DER. */
static status read_certificate(bytes text, struct arena *memory, bytes *out_pem) {
    AUTO(buf) pem = {0};
    bytes der;
    if (bytes_search(text, BYTES("-----BEGIN ")) < text.len) {
        bool escaped = bytes_search(text, BYTES("\\n")) < text.len;
        *out_pem = escaped ? with_real_line_ends(text, memory) : text;
        return OK;
    }
    if (base64_decode(memory, text, &der) != OK || der.len == 0)
        return FAIL(E_MALFORMED, "its certificate is neither PEM nor base64 of DER");
    pem_text_of(der, &pem);
    *out_pem = arena_copy(memory, buf_bytes(&pem));
    return OK;
}

static status read_record(const struct ledger *l, bytes record, struct arena *memory,
                          struct raw *raw) {
    const struct csv_fields *names = ledger_columns(l);
    struct csv_fields values;
    TRY(csv_split(record, ledger_separator(l), memory, &values));
    if (values.count > names->count)
        return FAIL(E_MALFORMED, "it has %zu fields, and there are %zu columns", values.count,
                    names->count);
    for (size_t i = 0; i < values.count; i++) {
        raw->fields[raw->field_count++] = (struct ledger_field){names->items[i], values.items[i]};
        enum column c = column_of(names->items[i]);
        if (raw->values[c].len == 0)
            raw->values[c] = values.items[i];
    }
    if (raw->values[COLUMN_CERTIFICATE].len > 0)
        return read_certificate(raw->values[COLUMN_CERTIFICATE], memory, &raw->pem);
    if (raw->values[COLUMN_FILE].len > 0)
        return read_file_beside(l, raw->values[COLUMN_FILE], memory, &raw->pem);
    return FAIL(E_MALFORMED, "it has no certificate");
}

static status read_element(const struct ledger_plan *plan, bytes element, struct arena *memory,
                           struct raw *raw) {
    struct manifest_device device;
    TRY(manifest_read(element, plan->vendor, plan->label, memory, &device));
    memcpy(raw->fields, device.fields, device.field_count * sizeof *device.fields);
    raw->field_count = device.field_count;
    raw->pem = device.pem;
    return OK;
}

static status read_piece(const struct ledger *l, const struct ledger_plan *plan,
                         const struct ledger_piece *piece, struct arena *memory, struct raw *raw) {
    switch (ledger_kind_of(l)) {
    case LEDGER_CSV:
        return read_record(l, piece->text, memory, raw);
    case LEDGER_MANIFEST:
        return read_element(plan, piece->text, memory, raw);
    case LEDGER_FOLDER:
        raw->fields[raw->field_count++] = (struct ledger_field){BYTES("file"), piece->text};
        return read_file(piece->text, memory, &raw->pem);
    case LEDGER_BUNDLE:
        raw->pem = piece->text;
        return OK;
    }
    return FAIL(E_INTERNAL, "a ledger of an unknown kind");
}

/* ---- what is attached ---- */

static status add_names(bytes list, bytes *names, size_t *count, size_t most, const char *what) {
    size_t at = 0;
    while (at < list.len) {
        size_t end = at;
        while (end < list.len && list.ptr[end] != '|' && list.ptr[end] != ';')
            end++;
        bytes name = bytes_trim(bytes_slice(list, at, end - at));
        at = end + 1;
        if (name.len == 0)
            continue;
        if (*count == most)
            return FAIL(E_LIMIT, "it names more than %zu %s", most, what);
        names[(*count)++] = name;
    }
    return OK;
}

static status add_patterns(const bytes *patterns, size_t pattern_count,
                           const struct placeholder_source *source, struct arena *memory,
                           bytes *names, size_t *count) {
    for (size_t i = 0; i < pattern_count; i++)
        TRY(placeholder_expand(patterns[i], source, memory, &names[(*count)++]));
    return OK;
}

static status choose(bytes column, bytes pattern, const struct placeholder_source *source,
                     struct arena *memory, bytes *out) {
    if (column.len > 0 || pattern.len == 0) {
        *out = column;
        return OK;
    }
    return placeholder_expand(pattern, source, memory, out);
}

static status read_attributes(bytes text, struct arena *memory, struct ledger_entry *e) {
    const struct json *object;
    if (text.len == 0)
        return OK;
    if (json_parse(memory, text, &object) != OK || object->type != JSON_OBJECT)
        return FAIL(E_MALFORMED, "its attributes are no JSON object");
    JSON_EACH (member, object) {
        if (!json_is_string(member) || e->attribute_count == ENTRY_ATTRIBUTES_MAX)
            return FAIL(E_MALFORMED, "its attributes are not at most %d texts",
                        ENTRY_ATTRIBUTES_MAX);
        e->attributes[e->attribute_count++] = (struct thing_attribute){member->name, member->text};
    }
    return OK;
}

static status expand_attributes(const struct ledger_plan *plan,
                                const struct placeholder_source *source, struct arena *memory,
                                struct ledger_entry *e) {
    for (size_t i = 0; i < plan->attribute_count; i++) {
        struct thing_attribute *a = &e->attributes[e->attribute_count++];
        a->name = plan->attributes[i].name;
        TRY(placeholder_expand(plan->attributes[i].value, source, memory, &a->value));
    }
    return OK;
}

static status attach(const struct raw *raw, const struct ledger_plan *plan, struct arena *memory,
                     struct ledger_entry *e) {
    const struct placeholder_source source = {raw->fields, raw->field_count, &e->certificate};
    const bytes *values = raw->values;
    TRY(choose(values[COLUMN_THING_NAME], plan->thing_name, &source, memory, &e->thing_name));
    TRY(choose(values[COLUMN_THING_TYPE], plan->thing_type, &source, memory, &e->thing_type));
    TRY(add_patterns(plan->policies, plan->policy_count, &source, memory, e->policies,
                     &e->policy_count));
    TRY(add_names(values[COLUMN_POLICIES], e->policies, &e->policy_count, ENTRY_POLICIES_MAX,
                  "policies"));
    TRY(add_patterns(plan->groups, plan->group_count, &source, memory, e->groups, &e->group_count));
    TRY(add_names(values[COLUMN_GROUPS], e->groups, &e->group_count, THING_GROUPS_PER_THING_MAX,
                  "thing groups"));
    if (plan->attribute_count || values[COLUMN_ATTRIBUTES].len)
        e->attributes = ARENA_ARRAY(memory, struct thing_attribute, 2 * ENTRY_ATTRIBUTES_MAX);
    TRY(expand_attributes(plan, &source, memory, e));
    TRY(read_attributes(values[COLUMN_ATTRIBUTES], memory, e));
    bool about_thing = e->group_count || e->attribute_count || e->thing_type.len;
    if (about_thing && e->thing_name.len == 0)
        return FAIL(E_INVALID, "it has a thing type, groups or attributes, but no name of a thing");
    return OK;
}

/* ---- by a template ---- */

/* The subject's attributes, as in just-in-time provisioning [AWS identity 6.1]. */
static const struct {
    enum x509_name attribute;
    bytes parameter;
} parameters_of_subject[] = {
    {X509_NAME_COUNTRY, BYTES("AWS::IoT::Certificate::Country")},
    {X509_NAME_ORGANIZATION, BYTES("AWS::IoT::Certificate::Organization")},
    {X509_NAME_ORGANIZATIONAL_UNIT, BYTES("AWS::IoT::Certificate::OrganizationalUnit")},
    {X509_NAME_DN_QUALIFIER, BYTES("AWS::IoT::Certificate::DistinguishedNameQualifier")},
    {X509_NAME_STATE, BYTES("AWS::IoT::Certificate::StateName")},
    {X509_NAME_COMMON_NAME, BYTES("AWS::IoT::Certificate::CommonName")},
    {X509_NAME_SERIAL_NUMBER, BYTES("AWS::IoT::Certificate::SerialNumber")},
};
enum { PARAMETERS_MAX = CSV_FIELDS_MAX + COUNT_OF(parameters_of_subject) + 1 };

static size_t gather_parameters(const struct raw *raw, const struct x509_summary *certificate,
                                struct arena *memory, struct plan_pair *out) {
    size_t count = 0;
    for (size_t i = 0; i < raw->field_count; i++)
        if (raw->fields[i].value.len > 0)
            out[count++] = (struct plan_pair){raw->fields[i].name, raw->fields[i].value};
    for (size_t i = 0; i < COUNT_OF(parameters_of_subject); i++) {
        bytes value =
            x509_names_find(&certificate->names.subject, parameters_of_subject[i].attribute, 0);
        if (value.len > 0)
            out[count++] = (struct plan_pair){parameters_of_subject[i].parameter, value};
    }
    bytes id = arena_copy(memory, bytes_from(certificate->id)); /* the plan borrows from it */
    out[count++] = (struct plan_pair){BYTES("AWS::IoT::Certificate::Id"), id};
    return count;
}

static status evaluate(const struct raw *raw, const struct ledger_plan *plan, struct arena *memory,
                       struct ledger_entry *e) {
    AUTO(issued) issued = {0};
    struct plan_pair *pairs = ARENA_ARRAY(memory, struct plan_pair, PARAMETERS_MAX);
    const struct template_parameters parameters = {
        pairs, gather_parameters(raw, &e->certificate, memory, pairs)};
    struct plan *filled = ARENA_NEW(memory, struct plan);
    TRY(template_evaluate(plan->template, &parameters, memory, filled));
    TRY(provisioning_prepare(filled, &(struct provisioning_options){0}, &issued));
    if (filled->certificate)
        e->status = filled->certificate->active ? CERTIFICATE_ACTIVE : CERTIFICATE_INACTIVE;
    e->plan = filled;
    return OK;
}

/* ---- an entry ---- */

static status read_entry(const struct ledger *l, const struct ledger_plan *plan,
                         const struct ledger_piece *piece, int64_t now_ms, struct arena *memory,
                         struct ledger_entry *e) {
    struct raw raw = {.field_count = 0};
    bytes der;
    TRY(read_piece(l, plan, piece, memory, &raw));
    e->pem = raw.pem;
    TRY(pem_text_der(e->pem, memory, &der));
    TRY(x509_summary_read(der, now_ms, memory, &e->certificate));
    if (plan->vendor && ledger_kind_of(l) != LEDGER_MANIFEST)
        TRY(vendor_verify_chain(plan->vendor, e->pem));
    e->status = plan->status;
    if (raw.values[COLUMN_STATUS].len > 0)
        TRY(certificate_status_parse(raw.values[COLUMN_STATUS], &e->status));
    return plan->template ? evaluate(&raw, plan, memory, e) : attach(&raw, plan, memory, e);
}

void entry_read(const struct ledger *ledger, const struct ledger_plan *plan,
                const struct ledger_piece *piece, int64_t now_ms, struct arena *memory,
                struct ledger_entry *out_entry) {
    struct ledger_entry e = {.line = piece->line};
    e.result = read_entry(ledger, plan, piece, now_ms, memory, &e);
    if (e.result != OK)
        e.reason = arena_string(memory, bytes_from(failure_text()));
    *out_entry = e;
}
