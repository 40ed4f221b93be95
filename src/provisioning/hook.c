#include "provisioning/hook.h"

#include <stdio.h>

enum { PARAMETER_NAME_MAX = 2048, PARAMETER_VALUE_MAX = 4096 }; /* [AWS identity 0.1] */

/* A byte per character at least, so nothing that fits is refused for its bytes. */
static status check_pair(const struct json *member, const char *what) {
    if (member->type != JSON_STRING)
        return FAIL(E_INVALID, "%s.%.*s is not a string", what,
                    BYTES_ARG(bytes_slice(member->name, 0, 128)));
    if (member->name.len > PARAMETER_NAME_MAX * 4 || member->text.len > PARAMETER_VALUE_MAX * 4)
        return FAIL(E_INVALID, "%s.%.*s is too long: names have up to %d characters, values %d",
                    what, BYTES_ARG(bytes_slice(member->name, 0, 128)), PARAMETER_NAME_MAX,
                    PARAMETER_VALUE_MAX);
    return OK;
}

status pairs_read(const struct json *object, const char *what, struct arena *a,
                  struct plan_pair **out_pairs, size_t *out_count) {
    size_t count = 0;
    if (object && object->type != JSON_OBJECT)
        return FAIL(E_INVALID, "%s is not an object of strings", what);
    struct plan_pair *pairs = ARENA_ARRAY(a, struct plan_pair, object ? object->count : 0);
    JSON_EACH (member, object) {
        TRY(check_pair(member, what));
        pairs[count++] = (struct plan_pair){member->name, member->text};
    }
    *out_pairs = pairs;
    *out_count = count;
    return OK;
}

/* ---- the question ---- */

static void put(struct json_writer *w, const char *name, bytes text) {
    json_name(w, name);
    json_string(w, text);
}

static void put_event(const struct fleet_caller *who, const struct hook_question *q,
                      struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    if (who->certificate_id.len > 0)
        put(&w, "claimCertificateId", who->certificate_id);
    put(&w, "certificateId", q->certificate_id);
    put(&w, "certificatePem", q->certificate_pem);
    put(&w, "templateArn", q->template_arn);
    put(&w, "clientId", who->client_id);
    json_name(&w, "parameters");
    json_object_begin(&w);
    for (size_t i = 0; i < q->parameter_count; i++) {
        json_name_bytes(&w, q->parameters[i].name);
        json_string(&w, q->parameters[i].value);
    }
    json_object_end(&w);
    json_object_end(&w);
}

/* ---- the answer ---- */

static status read_answer(bytes result, struct arena *a, struct plan_pair **out_overrides,
                          size_t *out_count) {
    const struct json *root;
    TRY(json_parse(a, result, &root));
    const struct json *allow = json_member(root, BYTES("allowProvisioning"));
    if (!allow)
        return FAIL(E_ACCESS_DENIED, "its answer has no allowProvisioning");
    if (allow->type != JSON_TRUE)
        return FAIL(E_ACCESS_DENIED, "it did not allow this device (allowProvisioning is not "
                                     "true)");
    const struct json *overrides = json_member(root, BYTES("parameterOverrides"));
    if (overrides && overrides->type == JSON_NULL)
        overrides = NULL;
    return pairs_read(overrides, "parameterOverrides", a, out_overrides, out_count);
}

static status ask(const struct fleet *f, const struct fleet_caller *who,
                  const struct hook_question *q, struct arena *a, struct plan_pair **out_overrides,
                  size_t *out_count) {
    AUTO(buf) event = {0};
    bytes result;
    put_event(who, q, &event);
    struct function_request request = {.account = who->account,
                                       .function = q->template->hook_arn,
                                       .event = buf_bytes(&event),
                                       .principal = "iot.amazonaws.com",
                                       .source_arn = q->template_arn,
                                       .timeout_ms = FUNCTION_ANSWER_MS_MAX};
    TRY(function_invoke(f->source.functions, &request, a, &result));
    return read_answer(result, a, out_overrides, out_count);
}

status hook_ask(const struct fleet *f, const struct fleet_caller *who,
                const struct hook_question *question, struct arena *a,
                struct plan_pair **out_overrides, size_t *out_count) {
    *out_overrides = NULL;
    *out_count = 0;
    if (question->template->hook_arn.len == 0)
        return OK;
    if (ask(f, who, question, a, out_overrides, out_count) == OK)
        return OK;
    char why[700];
    (void)snprintf(why, sizeof why, "%s", failure_text());
    return FAIL(E_ACCESS_DENIED, "The pre-provisioning hook %.*s refused: %s",
                BYTES_ARG(question->template->hook_arn), why);
}
