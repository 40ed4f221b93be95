#include "policy/internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

/* One document being read. */
struct parser {
    enum policy_form form;
    struct arena *arena;
    size_t statement; /* counted from 1; 0 outside of any */
    bool variables;   /* version 2012-10-17 */
};

/* Of operators in a condition and of keys under an operator; documents are short. */
enum { CONDITION_MEMBERS_MAX = 200 };

#define SHOWN(text) BYTES_ARG(bytes_slice((text), 0, 80))

static bool is_iot(const struct parser *p) {
    return p->form == POLICY_FORM_IOT;
}

/* Records a sentence that begins with AWS's [AWS control-plane 6.2] and says where. */
static status malformed(const struct parser *p, const char *format, ...) PRINTF(2, 3);
static status malformed(const struct parser *p, const char *format, ...) {
    char what[600];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const char *syntax = is_iot(p) ? "Policy document is Malformed: Invalid policy syntax."
                                   : "Syntax errors in policy.";
    if (p->statement == 0)
        return FAIL(E_POLICY_MALFORMED, "%s %s", syntax, what);
    return FAIL(E_POLICY_MALFORMED, "%s Statement %zu: %s", syntax, p->statement, what);
}

/* ---- length ---- */

size_t policy_document_length(bytes text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        bool continues = (c & 0xC0) == 0x80;
        n += !is_blank && !continues;
    }
    return n;
}

static status check_length(const struct parser *p, bytes text, size_t length_max) {
    if (text.len > POLICY_BYTES_MAX)
        return FAIL(E_POLICY_MALFORMED,
                    "Policy document is Malformed: it has %zu bytes; %d is most", text.len,
                    POLICY_BYTES_MAX);
    size_t length = policy_document_length(text);
    if (length > length_max)
        return FAIL(E_POLICY_MALFORMED,
                    "Policy document is Malformed: it has %zu characters without white space; %zu "
                    "is most. Use wildcards or several policies",
                    length, length_max);
    if (!bytes_are_utf8(text))
        return malformed(p, "it is not UTF-8");
    return OK;
}

/* ---- pieces common to all elements ---- */

struct element {
    const char *name;
    const struct json **place;
};

/* Why a document of this form cannot have an element that exists in others. */
static const char *why_unknown(const struct parser *p, bytes name) {
    if (is_iot(p) && bytes_end_with(name, BYTES("Principal")))
        return ", and an IoT policy applies to whom it is attached";
    return "";
}

/* Sorts the members of `object` into their places; what has none, or comes twice, is refused. */
static status take_elements(const struct parser *p, const struct json *object,
                            const struct element *elements, size_t count) {
    JSON_EACH (member, object) {
        const struct element *found = NULL;
        for (size_t i = 0; i < count; i++)
            if (bytes_equal(member->name, bytes_from(elements[i].name)))
                found = &elements[i];
        if (!found)
            return malformed(p, "unknown element \"%.*s\"; names are case-sensitive%s",
                             SHOWN(member->name), why_unknown(p, member->name));
        if (*found->place)
            return malformed(p, "%s is there twice", found->name);
        *found->place = member;
    }
    return OK;
}

/* Reads a string, or an array of one and more strings. */
static status take_strings(const struct parser *p, const struct json *value, const char *element,
                           const bytes **out_strings, size_t *out_count) {
    bool many = value->type == JSON_ARRAY;
    bytes *strings = ARENA_ARRAY(p->arena, bytes, many ? value->count : 1);
    size_t n = 0;
    for (const struct json *v = many ? value->first : value; v; v = many ? v->next : NULL) {
        if (!json_is_string(v))
            return malformed(p, "%s must be a string or an array of strings", element);
        strings[n++] = arena_copy(p->arena, v->text);
    }
    if (n == 0)
        return malformed(p, "%s is empty", element);
    *out_strings = strings;
    *out_count = n;
    return OK;
}

/* ---- actions and resources ---- */

static bool is_stars(bytes text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '*')
            return false;
    return text.len > 0;
}

static bytes encoded_part(const struct parser *p, bytes part) {
    return policy_template_parse(p->arena, part, POLICY_TEMPLATE_WILDCARDS).pieces[0].text;
}

/* IAM's actions are any service's: patterns, in lower case, instead of a mask. */
static status take_any_actions(const struct parser *p, struct policy_statement *out) {
    bytes *patterns = ARENA_ARRAY(p->arena, bytes, out->action_count);
    for (size_t i = 0; i < out->action_count; i++) {
        bytes name = arena_copy(p->arena, out->action_names[i]);
        bool is_every = is_stars(name);
        if (!is_every && bytes_find(name, ':') == name.len)
            return FAIL(E_POLICY_MALFORMED,
                        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, "
                        "etc. (statement %zu: \"%.*s\")",
                        p->statement, SHOWN(name));
        policy_lower(name, (uint8_t *)name.ptr);
        patterns[i] = encoded_part(p, name);
    }
    out->action_patterns = patterns;
    return OK;
}

static status take_actions(const struct parser *p, const struct json *action,
                           const struct json *not_action, struct policy_statement *out) {
    if (!action == !not_action)
        return malformed(p, action      ? "Action and NotAction exclude each other"
                            : is_iot(p) ? "Action is missing; write \"Action\": \"iot:Connect\""
                                        : "Policy statement must contain actions.");
    out->is_not_action = not_action != NULL;
    TRY(take_strings(p, action ? action : not_action, action ? "Action" : "NotAction",
                     &out->action_names, &out->action_count));
    if (!is_iot(p))
        return take_any_actions(p, out);
    for (size_t i = 0; i < out->action_count; i++)
        out->actions |= policy_action_mask(out->action_names[i]);
    if (out->is_not_action)
        out->actions ^= POLICY_ACTIONS_ALL;
    return OK;
}

static struct policy_resource parse_resource(const struct parser *p, bytes written) {
    struct policy_resource r = {.written = written, .is_any = is_stars(written)};
    bytes rest = written;
    unsigned flags = POLICY_TEMPLATE_WILDCARDS | (p->variables ? POLICY_TEMPLATE_VARIABLES : 0);
    for (size_t i = 0; i < COUNT_OF(r.parts) && !r.is_any; i++) {
        bytes part = {0};
        if (!bytes_split(&rest, ':', &part) && !is_iot(p))
            part = BYTES("*"); /* to IAM arn:aws:iot:* is all of iot */
        r.parts[i] = encoded_part(p, part);
    }
    if (!is_iot(p) && !rest.ptr)
        rest = BYTES("*");
    r.is_short = !r.is_any && !rest.ptr;
    r.rest = policy_template_parse(p->arena, r.is_any || r.is_short ? (bytes){0} : rest, flags);
    return r;
}

/* AWS lists what is neither "*" nor an ARN. */
static status check_resources(const struct parser *p, const bytes *written, size_t count) {
    struct buf wrong = {0};
    for (size_t i = 0; i < count && wrong.len < 400; i++)
        if (!is_stars(written[i]) && !bytes_start_with(written[i], BYTES("arn:")))
            buf_printf(&wrong, "%s%.*s", wrong.len ? ", " : " ", SHOWN(written[i]));
    status result = OK;
    if (wrong.len && !is_iot(p))
        result =
            FAIL(E_POLICY_MALFORMED, "Resource%s must be in ARN format or \"*\". (statement %zu)",
                 buf_string(&wrong), p->statement);
    else if (wrong.len)
        result = FAIL(E_POLICY_MALFORMED,
                      "Policy document is Malformed: The following resources are invalid :%s "
                      "(statement %zu; write arn:aws:iot:REGION:ACCOUNT:topic/NAME or *)",
                      buf_string(&wrong), p->statement);
    buf_done(&wrong);
    return result;
}

static status take_resources(const struct parser *p, const struct json *resource,
                             const struct json *not_resource, struct policy_statement *out) {
    const bytes *written;
    if (p->form == POLICY_FORM_TRUST && (resource || not_resource))
        return FAIL(E_POLICY_MALFORMED,
                    "Has prohibited field %s (statement %zu: a trust policy is about its role)",
                    resource ? "Resource" : "NotResource", p->statement);
    if (p->form == POLICY_FORM_TRUST)
        return OK;
    if (!resource == !not_resource)
        return malformed(p, resource    ? "Resource and NotResource exclude each other"
                            : is_iot(p) ? "Resource is missing; write \"Resource\": \"*\" or an ARN"
                                        : "Policy statement must contain resources.");
    out->is_not_resource = not_resource != NULL;
    TRY(take_strings(p, resource ? resource : not_resource, resource ? "Resource" : "NotResource",
                     &written, &out->resource_count));
    TRY(check_resources(p, written, out->resource_count));
    struct policy_resource *resources =
        ARENA_ARRAY(p->arena, struct policy_resource, out->resource_count);
    for (size_t i = 0; i < out->resource_count; i++)
        resources[i] = parse_resource(p, written[i]);
    out->resources = resources;
    return OK;
}

bool policy_resource_is_of(const struct policy_resource *r, const struct policy_scope *scope) {
    const bytes of_scope[COUNT_OF(r->parts)] = {
        BYTES("arn"), scope->partition.len ? scope->partition : BYTES("aws"), BYTES("iot"),
        scope->region, scope->account};
    if (r->is_any || r->is_short)
        return r->is_any;
    for (size_t i = 0; i < COUNT_OF(r->parts); i++)
        if (!policy_glob_matches(r->parts[i], of_scope[i]))
            return false;
    return true;
}

/* ---- conditions ---- */

static bool comes_again(const struct json *member) {
    for (const struct json *later = member->next; later; later = later->next)
        if (bytes_equal(later->name, member->name))
            return true;
    return false;
}

static status take_operator(const struct parser *p, const struct json *operator_,
                            struct policy_clause *clauses, size_t *count) {
    if (operator_->type != JSON_OBJECT || operator_->count > CONDITION_MEMBERS_MAX ||
        comes_again(operator_))
        return malformed(p,
                         "the condition operator \"%.*s\" must be there once, with an object of "
                         "at most %d keys and their values",
                         SHOWN(operator_->name), CONDITION_MEMBERS_MAX);
    JSON_EACH (key, operator_) {
        if (comes_again(key))
            return malformed(p,
                             "the condition key \"%.*s\" is there twice; write its values as "
                             "one array",
                             SHOWN(key->name));
        if (policy_clause_parse(p->arena, operator_->name, key, p->variables,
                                &clauses[(*count)++]) != OK)
            return malformed(p, "%s", failure_text());
    }
    return OK;
}

static status take_conditions(const struct parser *p, const struct json *condition,
                              struct policy_statement *out) {
    size_t most = 0;
    if (!condition)
        return OK;
    if (condition->type != JSON_OBJECT || condition->count > CONDITION_MEMBERS_MAX)
        return malformed(p, "Condition must be an object of at most %d operators",
                         CONDITION_MEMBERS_MAX);
    JSON_EACH (counted, condition)
        most += counted->count;
    struct policy_clause *clauses = ARENA_ARRAY(p->arena, struct policy_clause, most);
    JSON_EACH (operator_, condition)
        TRY(take_operator(p, operator_, clauses, &out->clause_count));
    out->clauses = clauses;
    return OK;
}

/* ---- principals ---- */

/* IAM's own sentences for a Principal that is missing or not wanted. */
static status take_principals(const struct parser *p, const struct json *principal,
                              const struct json *not_principal, struct policy_statement *out) {
    const char *wrong = NULL;
    if (p->form == POLICY_FORM_IDENTITY && (principal || not_principal))
        wrong = "Policy document should not specify a principal.";
    else if (p->form != POLICY_FORM_IDENTITY && !principal == !not_principal)
        wrong = principal ? "Principal and NotPrincipal exclude each other"
                          : "Missing required field Principal";
    if (wrong)
        return FAIL(E_POLICY_MALFORMED, "%s (statement %zu)", wrong, p->statement);
    if (p->form == POLICY_FORM_IDENTITY)
        return OK;
    out->is_not_principal = not_principal != NULL;
    if (policy_principals_parse(p->arena, principal ? principal : not_principal, &out->principals,
                                &out->principal_count) != OK)
        return FAIL(E_POLICY_MALFORMED, "Invalid principal in policy: %s (statement %zu)",
                    failure_text(), p->statement);
    return OK;
}

/* ---- statements ---- */

static status take_effect(const struct parser *p, const struct json *effect,
                          struct policy_statement *out) {
    if (!json_is_string(effect))
        return malformed(p, "Effect is missing; write \"Effect\": \"Allow\" or \"Deny\"");
    out->is_allow = bytes_equal(effect->text, BYTES("Allow"));
    if (!out->is_allow && !bytes_equal(effect->text, BYTES("Deny")))
        return malformed(p, "Effect is \"%.*s\"; write \"Allow\" or \"Deny\"", SHOWN(effect->text));
    return OK;
}

static status take_sid(const struct parser *p, const struct json *sid,
                       struct policy_statement *out) {
    if (!sid)
        return OK;
    if (!json_is_string(sid))
        return malformed(p, "Sid must be a string");
    out->sid = arena_copy(p->arena, sid->text);
    return OK;
}

static status take_statement(const struct parser *p, const struct json *value,
                             struct policy_statement *out) {
    const struct json *sid = NULL, *effect = NULL, *condition = NULL;
    const struct json *action = NULL, *not_action = NULL, *resource = NULL, *not_resource = NULL;
    const struct json *principal = NULL, *not_principal = NULL;
    const struct element elements[] = {
        {"Sid", &sid},
        {"Effect", &effect},
        {"Action", &action},
        {"NotAction", &not_action},
        {"Resource", &resource},
        {"NotResource", &not_resource},
        {"Condition", &condition},
        {"Principal", &principal},
        {"NotPrincipal", &not_principal},
    };
    size_t known = COUNT_OF(elements) - (is_iot(p) ? 2 : 0);
    if (value->type != JSON_OBJECT)
        return malformed(p, "it must be an object");
    TRY(take_elements(p, value, elements, known));
    TRY(take_sid(p, sid, out));
    TRY(take_effect(p, effect, out));
    TRY(take_actions(p, action, not_action, out));
    TRY(take_resources(p, resource, not_resource, out));
    if (!is_iot(p))
        TRY(take_principals(p, principal, not_principal, out));
    return take_conditions(p, condition, out);
}

static status take_statements(struct parser *p, const struct json *value,
                              struct policy_document *d) {
    bool many = value && value->type == JSON_ARRAY;
    if (!value || (many && value->count == 0))
        return malformed(p, "Statement is missing");
    struct policy_statement *statements =
        ARENA_ARRAY(p->arena, struct policy_statement, many ? value->count : 1);
    for (const struct json *v = many ? value->first : value; v; v = many ? v->next : NULL) {
        p->statement = d->statement_count + 1;
        TRY(take_statement(p, v, &statements[d->statement_count++]));
    }
    d->statements = statements;
    return OK;
}

/* ---- the document ---- */

/* Without a version IAM takes the older one, in which variables are text [AWS policy 1.1]. */
static status take_version(struct parser *p, const struct json *version,
                           struct policy_document *d) {
    if (!version)
        return OK;
    if (!json_is_string(version) || (!bytes_equal(version->text, BYTES("2012-10-17")) &&
                                     !bytes_equal(version->text, BYTES("2008-10-17"))))
        return malformed(p, "Version must be \"2012-10-17\" or \"2008-10-17\"");
    d->version = arena_copy(p->arena, version->text);
    p->variables = bytes_equal(version->text, BYTES("2012-10-17"));
    return OK;
}

static bool statement_is_static(const struct policy_statement *s) {
    for (size_t i = 0; i < s->resource_count; i++)
        if (!policy_template_is_constant(&s->resources[i].rest))
            return false;
    for (size_t i = 0; i < s->clause_count; i++)
        if (policy_key_is_of_connection(&s->clauses[i].key) ||
            policy_clause_has_variables(&s->clauses[i]))
            return false;
    return true;
}

static bool document_is_static(const struct policy_document *d) {
    for (size_t i = 0; i < d->statement_count; i++)
        if (!statement_is_static(&d->statements[i]))
            return false;
    return true;
}

static status read_document(struct parser *p, const struct json *root, struct policy_document *d) {
    const struct json *version = NULL, *id = NULL, *statement = NULL;
    const struct element elements[] = {
        {"Version", &version}, {"Id", &id}, {"Statement", &statement}};
    if (root->type != JSON_OBJECT)
        return malformed(p, "it must be a JSON object");
    TRY(take_elements(p, root, elements, COUNT_OF(elements)));
    TRY(take_version(p, version, d));
    TRY(take_statements(p, statement, d));
    d->is_static = document_is_static(d);
    return OK;
}

/* What people give instead of a document is, most often, the name of its file. */
static status check_is_object(const struct parser *p, bytes text) {
    bytes trimmed = bytes_trim(text);
    if (trimmed.len == 0)
        return malformed(p, "it is empty");
    if (trimmed.ptr[0] == '{' || trimmed.ptr[0] == '[' || trimmed.ptr[0] == '"')
        return OK;
    if (p->form == POLICY_FORM_TRUST)
        return FAIL(E_POLICY_MALFORMED, "This policy contains invalid Json");
    if (!is_iot(p))
        return malformed(p, "it is not JSON but begins \"%.*s\"", SHOWN(trimmed));
    return FAIL(E_POLICY_MALFORMED,
                "Policy document is Malformed: it is not JSON but begins \"%.*s\". If that is the "
                "name of a file, put file:// before it",
                SHOWN(trimmed));
}

static status parse_text(struct parser *p, struct arena *json, bytes text,
                         struct policy_document *d) {
    const struct json *root;
    TRY(check_is_object(p, text));
    if (json_parse(json, text, &root) != OK) {
        if (p->form == POLICY_FORM_TRUST)
            return FAIL(E_POLICY_MALFORMED, "This policy contains invalid Json");
        return malformed(p, "%s", failure_text());
    }
    return read_document(p, root, d);
}

status policy_document_parse(bytes name, bytes text, size_t length_max,
                             struct policy_document **out_document) {
    return policy_document_parse_as(POLICY_FORM_IOT, name, text, length_max, out_document);
}

status policy_document_parse_as(enum policy_form form, bytes name, bytes text, size_t length_max,
                                struct policy_document **out_document) {
    struct parser p = {.form = form};
    TRY(check_length(&p, text, length_max));
    struct policy_document *d = NEW(struct policy_document);
    struct arena json = {0};
    atomic_init(&d->refs, 1);
    p.arena = &d->memory;
    d->form = form;
    d->name = arena_copy(p.arena, name);
    status result = parse_text(&p, &json, text, d);
    arena_done(&json);
    if (result == OK)
        *out_document = d;
    else
        policy_document_unref(d);
    return result;
}

struct policy_document *policy_document_ref(struct policy_document *d) {
    unsigned before = atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    assert(before > 0);
    return d;
}

void policy_document_unref(struct policy_document *d) {
    if (!d || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_done(&d->memory);
    mem_free(d);
}

void policy_lower(bytes text, uint8_t *out) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
    }
}

bytes policy_document_name(const struct policy_document *d) {
    return d->name;
}

size_t policy_document_statement_count(const struct policy_document *d) {
    return d->statement_count;
}

bytes policy_document_sid(const struct policy_document *d, size_t statement) {
    return d->statements[statement].sid;
}

bool policy_documents_are_static(struct policy_document *const *documents, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!documents[i]->is_static)
            return false;
    return true;
}
