#include "codec/json.h"
#include "support/testing.h"
#include "template/naive.h"
#include "template/template.h"

#include <string.h>

static struct arena a;

static const struct plan_pair values[] = {
    {{(const uint8_t *)"A", 1}, {(const uint8_t *)"alpha", 5}},
    {{(const uint8_t *)"Index", 5}, {(const uint8_t *)"1", 1}},
    {{(const uint8_t *)"Undeclared", 10}, {(const uint8_t *)"x", 1}},
};
static const struct template_parameters parameters = {values, COUNT_OF(values)};

static status evaluate(const char *body, enum template_use use, struct plan *out) {
    const struct template *t;
    TRY(template_parse(&a, bytes_from(body), use, &t));
    return template_evaluate(t, &parameters, &a, out);
}

/* ---- expressions: what they give, or the sentence that refuses them [AWS identity 7.1, 7.4] ----
 */

#define AT " (at Resources.t.Properties.ThingName"
static const struct {
    const char *expression, *gives, *refused;
} expressions[] = {
    /* constants */
    {"\"text\"", "text", NULL},
    {"7", "7", NULL},
    {"1.50", "1.50", NULL},
    {"true", "true", NULL},
    {"\"${A}\"", "${A}", NULL},
    {"null", NULL, "A text or a function is expected here, not null" AT ")"},
    {"[\"a\"]", NULL, "A text or a function is expected here, not a list" AT ")"},
    {"{\"a\": \"b\"}", NULL, "A text or a function is expected here, not an object" AT ")"},
    {"{\"Ref\": \"A\", \"x\": 1}", NULL, "A function stands alone in its object, and here are 2"},
    {"{\"Fn::If\": [\"a\"]}", NULL, "There is no function Fn::If"},
    /* Ref */
    {"{\"Ref\": \"A\"}", "alpha", NULL},
    {"{\"Ref\": \"B\"}", "bee", NULL},
    {"{\"Ref\": \"Empty\"}", "", NULL},
    {"{\"Ref\": \"C\"}", NULL,
     "Cannot resolve reference value: {Ref=C}: the parameter was given no value and has no "
     "Default" AT ".Ref)"},
    {"{\"Ref\": \"Undeclared\"}", NULL,
     "Invalid registration template. Cannot resolve reference value: {Ref=Undeclared}" AT ".Ref)"},
    {"{\"Ref\": [\"A\"]}", NULL, "The form is {\"Ref\": \"parameter\"}"},
    /* Fn::Join */
    {"{\"Fn::Join\": [\"-\", [\"a\", {\"Ref\": \"A\"}, 3]]}", "a-alpha-3", NULL},
    {"{\"Fn::Join\": [\"\", [\"a\", \"b\"]]}", "ab", NULL},
    {"{\"Fn::Join\": [\"-\", []]}", "", NULL},
    {"{\"Fn::Join\": [\"-\", {\"Fn::Split\": [\"p\", {\"Ref\": \"A\"}]}]}", "al-ha", NULL},
    {"{\"Fn::Join\": [\"-\", {\"Fn::FindInMap\": [\"M\", \"k\", \"l\"]}]}", "x-y", NULL},
    {"{\"Fn::Join\": [\"-\", \"a\"]}", NULL, "A list is expected here" AT ".Fn::Join[1])"},
    {"{\"Fn::Join\": [\"-\"]}", NULL, "The form is {\"Fn::Join\""},
    {"{\"Fn::Join\": [{\"Ref\": \"A\"}, [\"a\"]]}", NULL, "The delimiter is a text"},
    {"{\"Fn::Join\": [\"-\", [\"a\", null]]}", NULL, AT ".Fn::Join[1][1])"},
    {"{\"Fn::Join\": [\"-\", {\"Ref\": \"A\"}]}", NULL,
     "A list is expected here, and Ref gives a text"},
    {"{\"Fn::Join\": [\"-\", {\"Fn::FindInMap\": [\"M\", \"k\", \"v\"]}]}", NULL,
     "A list is expected here, and the map gives a text"},
    /* Fn::Split and Fn::Select */
    {"{\"Fn::Select\": [0, {\"Fn::Split\": [\"--\", \"a--b--\"]}]}", "a", NULL},
    {"{\"Fn::Select\": [\"2\", {\"Fn::Split\": [\"--\", \"a--b--\"]}]}", "", NULL},
    {"{\"Fn::Select\": [{\"Ref\": \"Index\"}, [\"a\", \"b\"]]}", "b", NULL},
    {"{\"Fn::Select\": [0, [\"a\", null]]}", "a", NULL},
    {"{\"Fn::Select\": [1, [\"a\", null]]}", NULL,
     "The selected element is null" AT ".Fn::Select[1][1])"},
    {"{\"Fn::Select\": [2, [\"a\", \"b\"]]}", NULL,
     "There is no element 2 in a list of 2: they count from 0" AT ".Fn::Select[1])"},
    {"{\"Fn::Select\": [3, {\"Fn::Split\": [\",\", \"a,b\"]}]}", NULL, "There is no element 3"},
    {"{\"Fn::Select\": [\"one\", [\"a\"]]}", NULL, "'one' is not an index"},
    {"{\"Fn::Select\": [-1, [\"a\"]]}", NULL, "'-1' is not an index"},
    {"{\"Fn::Select\": [0]}", NULL, "The form is {\"Fn::Select\""},
    {"{\"Fn::Split\": [\"-\", \"a-b\"]}", NULL,
     "A text is expected here, and Fn::Split gives a list"},
    {"{\"Fn::Select\": [0, {\"Fn::Split\": [\"\", \"a\"]}]}", NULL, "not an empty one"},
    {"{\"Fn::Select\": [0, {\"Fn::Split\": [\"-\"]}]}", NULL, "The form is {\"Fn::Split\""},
    /* Fn::Sub */
    {"{\"Fn::Sub\": \"x-${A}-${B}\"}", "x-alpha-bee", NULL},
    {"{\"Fn::Sub\": \"${!iot:ClientId} $A ${A}\"}", "${iot:ClientId} $A alpha", NULL},
    {"{\"Fn::Sub\": [\"${n}${A}${n}\", {\"n\": {\"Ref\": \"B\"}, \"A\": \"mine\"}]}", "beeminebee",
     NULL},
    {"{\"Fn::Sub\": \"${iot:ClientId}\"}", NULL,
     "Cannot resolve reference value: {Fn::Sub=${iot:ClientId}}; what shall stay as it is (a "
     "policy "
     "variable) is written ${!iot:ClientId}"},
    {"{\"Fn::Sub\": \"${C}\"}", NULL, "{Ref=C}: the parameter was given no value"},
    {"{\"Fn::Sub\": \"a ${A\"}", NULL, "${A has no closing brace"},
    {"{\"Fn::Sub\": [\"${n}\"]}", NULL, "The form is {\"Fn::Sub\""},
    {"{\"Fn::Sub\": [\"${n}\", [\"n\"]]}", NULL, "An object of variables is expected here"},
    {"{\"Fn::Sub\": 7}", NULL, "The form is {\"Fn::Sub\""},
    /* Fn::FindInMap */
    {"{\"Fn::FindInMap\": [\"M\", \"k\", \"v\"]}", "mapped", NULL},
    {"{\"Fn::FindInMap\": [\"M\", {\"Ref\": \"A\"}, \"v\"]}", "of alpha", NULL},
    {"{\"Fn::FindInMap\": [\"M\", \"k\", \"none\"]}", NULL,
     "Invalid registration template. Mappings have no entry M.k.none"},
    {"{\"Fn::FindInMap\": [\"M\", {\"Ref\": \"B\"}, \"v\"]}", NULL,
     "Mappings have no entry M.bee.v"},
    {"{\"Fn::FindInMap\": [\"M\", \"k\", \"l\"]}", NULL, "and the map gives a list"},
    {"{\"Fn::FindInMap\": [\"M\", \"k\"]}", NULL, "The form is {\"Fn::FindInMap\""},
    /* nested */
    {"{\"Fn::Join\": [\":\", [{\"Fn::Sub\": [\"${x}!\", {\"x\": {\"Fn::Select\": [1, "
     "{\"Fn::Split\": "
     "[\"p\", {\"Ref\": \"A\"}]}]}}]}, {\"Fn::FindInMap\": [\"M\", {\"Fn::Join\": [\"\", "
     "[\"k\"]]}, "
     "\"v\"]}]]}",
     "ha!:mapped", NULL},
};

static const char *with_name(const char *expression) {
    return arena_printf(
        &a,
        "{\"Parameters\": {\"A\": {\"Type\": \"String\"}, \"B\": {\"Type\": \"String\", "
        "\"Default\": "
        "\"bee\"}, \"C\": {\"Type\": \"String\"}, \"Empty\": {\"Type\": \"String\", \"Default\": "
        "\"\"}, \"Index\": {\"Type\": \"String\"}}, \"Mappings\": {\"M\": {\"k\": {\"v\": "
        "\"mapped\", "
        "\"l\": [\"x\", \"y\"]}, \"alpha\": {\"v\": \"of alpha\"}}}, \"Resources\": {\"t\": "
        "{\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": %s}}}}",
        expression);
}

TEST(every_function_gives_what_its_row_says) {
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        const char *body = with_name(expressions[i].expression);
        struct plan plan;
        status s = evaluate(body, TEMPLATE_FLEET, &plan);
        CHECK_INT(s, expressions[i].gives ? OK : E_INVALID);
        if (expressions[i].gives)
            CHECK_BYTES(plan.thing->name, bytes_from(expressions[i].gives));
        else
            test_check_contains(failure_text(), expressions[i].refused, __FILE__, __LINE__);
    }
    arena_done(&a);
}

TEST(a_naive_evaluator_agrees_on_every_row) {
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        const struct json *root;
        bytes text;
        CHECK_OK(json_parse(&a, bytes_from(with_name(expressions[i].expression)), &root));
        const struct json *thing = json_member(json_member(root, BYTES("Resources")), BYTES("t"));
        bool given = naive_text(
            &a, root, &parameters,
            json_member(json_member(thing, BYTES("Properties")), BYTES("ThingName")), &text);
        if (expressions[i].gives)
            CHECK(given && bytes_equal(text, bytes_from(expressions[i].gives)));
    }
    arena_done(&a);
}

/* ---- bodies: what is checked when a template is stored ---- */

#define CERTIFICATE \
    "\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": {\"CertificateId\": \"1\"}}"
#define POLICY "\"p\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": \"P\"}}"
#define THING(more) \
    "\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": \"n\"" more "}}"
#define RESOURCES(list) "{\"Resources\": {" list "}}"
#define OF(type, properties) \
    RESOURCES("\"r\": {\"Type\": \"AWS::IoT::" type "\", \"Properties\": {" properties "}}")

static const struct {
    enum template_use use;
    const char *body, *refused; /* NULL: accepted */
} bodies[] = {
    {TEMPLATE_FLEET, "[]", "Template format error: it is not a JSON object"},
    {TEMPLATE_FLEET, "", "Template format error: JSON not well-formed with location of ["},
    {TEMPLATE_FLEET, "{}", "A template needs an object of Resources (at Resources)"},
    {TEMPLATE_FLEET, RESOURCES(""), NULL},
    {TEMPLATE_FLEET, "{\"Description\": 1, \"Resources\": {}}", NULL},
    {TEMPLATE_FLEET, "{\"Resources\": {}, \"Parameters\": []}", "(at Parameters)"},
    {TEMPLATE_FLEET, "{\"Resources\": {}, \"Parameters\": {\"A\": {\"Type\": \"Number\"}}}",
     "Every parameter has the type \"String\" (at Parameters.A.Type)"},
    {TEMPLATE_FLEET,
     "{\"Resources\": {}, \"Parameters\": {\"A\": {\"Type\": \"String\", \"Default\": 1}}}",
     "(at Parameters.A.Default)"},
    {TEMPLATE_FLEET,
     "{\"Resources\": {}, \"Mappings\": {\"M\": {\"k\": {\"v\": {\"Ref\": \"A\"}}}}}",
     "Mappings hold constants"},
    {TEMPLATE_FLEET, "{\"Resources\": {}, \"Mappings\": {\"M\": {\"k\": \"v\"}}}",
     "(at Mappings.M.k)"},
    /* resources */
    {TEMPLATE_FLEET, RESOURCES("\"r\": []"), "(at Resources.r)"},
    {TEMPLATE_FLEET, RESOURCES("\"r\": {}"),
     "AWS::IoT::Policy is expected here (at Resources.r.Type)"},
    {TEMPLATE_FLEET, OF("Topic", ""), "(at Resources.r.Type)"},
    {TEMPLATE_FLEET, RESOURCES("\"r\": {\"Type\": \"AWS::IoT::Thing\"}"),
     "(at Resources.r.Properties)"},
    {TEMPLATE_FLEET, RESOURCES("\"r\": {\"Type\": \"AWS::IoT::Thing\", \"DependsOn\": 1}"),
     "(at Resources.r.DependsOn)"},
    {TEMPLATE_FLEET, RESOURCES(THING("") ", " THING("")), "It is given twice (at Resources.t)"},
    {TEMPLATE_FLEET,
     RESOURCES(THING("") ", \"u\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": "
                         "{\"ThingName\": \"m\"}}"),
     "one thing and one certificate at most"},
    {TEMPLATE_FLEET,
     RESOURCES(POLICY ", \"q\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": "
                      "{\"PolicyDocument\": \"{}\"}}"),
     NULL},
    /* things */
    {TEMPLATE_FLEET, OF("Thing", ""), "A thing needs a ThingName"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"ThingName\": \"m\"")), "It is given twice"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"Name\": \"m\"")),
     "AWS::IoT::Thing has no property of this name (at Resources.t.Properties.Name)"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"ThingGroups\": \"g\"")), "A list is expected here"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"ThingGroups\": [[\"g\"]]")), "ThingGroups[0])"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"AttributePayload\": [\"g\"]")), "names and values"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"AttributePayload\": {\"attributes\": {\"a\": \"b\"}}")),
     "(at Resources.t.Properties.AttributePayload.attributes)"},
    {TEMPLATE_FLEET, RESOURCES(THING(", \"AttributePayload\": {}")), NULL},
    /* certificates */
    {TEMPLATE_THING, OF("Certificate", ""), "exactly one of CertificateSigningRequest"},
    {TEMPLATE_THING, OF("Certificate", "\"CertificateId\": \"1\", \"CertificatePem\": \"2\""),
     "exactly one of"},
    {TEMPLATE_THING, OF("Certificate", "\"CertificatePem\": \"1\", \"CACertificatePem\": \"2\""),
     NULL},
    {TEMPLATE_THING, OF("Certificate", "\"CertificateId\": \"1\", \"CACertificatePem\": \"2\""),
     "CACertificatePem goes with CertificatePem only"},
    {TEMPLATE_THING, OF("Certificate", "\"CertificateSigningRequest\": \"1\""), NULL},
    {TEMPLATE_FLEET, OF("Certificate", "\"CertificateSigningRequest\": \"1\""),
     "by its CertificateId"},
    {TEMPLATE_JITP, OF("Certificate", "\"CertificatePem\": \"1\""), "by its CertificateId"},
    {TEMPLATE_THING, OF("Certificate", "\"CertificateId\": \"1\", \"Status\": \"Active\""), NULL},
    {TEMPLATE_THING, OF("Certificate", "\"CertificateId\": \"1\", \"Status\": \"REVOKED\""),
     "'REVOKED' is not a status to register with: ACTIVE or INACTIVE (at "
     "Resources.r.Properties.Status)"},
    {TEMPLATE_THING,
     OF("Certificate", "\"CertificateId\": \"1\", \"ThingPrincipalType\": \"MINE\""),
     "EXCLUSIVE_THING or NON_EXCLUSIVE_THING"},
    /* policies */
    {TEMPLATE_THING, OF("Policy", ""),
     "Neither policyName nor policyDocument is present in the Template."},
    {TEMPLATE_THING, OF("Policy", "\"PolicyName\": \"P\", \"PolicyDocument\": \"{}\""), "either"},
    {TEMPLATE_THING, OF("Policy", "\"PolicyDocument\": [\"{}\"]"),
     "(at Resources.r.Properties.PolicyDocument)"},
    {TEMPLATE_THING,
     OF("Policy", "\"PolicyDocument\": {\"Statement\": [{\"Resource\": {\"Ref\": \"X\"}}]}"),
     "{Ref=X} (at Resources.r.Properties.PolicyDocument.Statement[0].Resource.Ref)"},
    /* OverrideSettings */
    {TEMPLATE_THING,
     RESOURCES("\"r\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": "
               "\"n\"}, \"OverrideSettings\": {\"ThingTypeName\": \"MERGE\"}}"),
     "DO_NOTHING, REPLACE or FAIL is expected here (at "
     "Resources.r.OverrideSettings.ThingTypeName)"},
    {TEMPLATE_THING,
     RESOURCES("\"r\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": "
               "\"n\"}, \"OverrideSettings\": {\"Type\": \"FAIL\"}}"),
     "no such setting"},
    {TEMPLATE_THING,
     RESOURCES("\"r\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": "
               "\"n\"}, \"OverrideSettings\": {\"PolicyName\": \"FAIL\"}}"),
     "no such setting"},
    {TEMPLATE_THING,
     RESOURCES("\"r\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": "
               "\"n\"}, \"OverrideSettings\": []}"),
     "(at Resources.r.OverrideSettings)"},
    /* uses */
    {TEMPLATE_JITP, RESOURCES(CERTIFICATE ", " POLICY), NULL},
    {TEMPLATE_JITP, RESOURCES(CERTIFICATE),
     "Invalid registration template. Neither policyName nor policyDocument is present in the "
     "Template."},
    {TEMPLATE_JITP, RESOURCES(POLICY), "The template of a CA needs an AWS::IoT::Certificate"},
    {TEMPLATE_FLEET,
     OF("Certificate", "\"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}"), NULL},
    {TEMPLATE_JITP,
     OF("Certificate", "\"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}"),
     "Cannot resolve reference value: {Ref=AWS::IoT::Certificate::Id}"},
    /* device configuration */
    {TEMPLATE_FLEET, "{\"Resources\": {}, \"DeviceConfiguration\": {\"a\": 1, \"b\": \"c\"}}",
     NULL},
    {TEMPLATE_FLEET, "{\"Resources\": {}, \"DeviceConfiguration\": {\"a\": {\"b\": \"c\"}}}",
     "(at DeviceConfiguration.a)"},
    {TEMPLATE_FLEET, "{\"Resources\": {}, \"DeviceConfiguration\": []}",
     "(at DeviceConfiguration)"},
};

TEST(every_body_is_judged_as_its_row_says) { /* [AWS identity 2.4, 7] */
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const struct template *t;
        status s = template_parse(&a, bytes_from(bodies[i].body), bodies[i].use, &t);
        CHECK_INT(s, bodies[i].refused ? E_INVALID : OK);
        if (bodies[i].refused)
            test_check_contains(failure_text(), bodies[i].refused, __FILE__, __LINE__);
    }
    arena_done(&a);
}

TEST(a_plan_holds_what_the_template_says) {
    struct plan plan;
    CHECK_OK(evaluate(
        "{\"Resources\": {\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": "
        "\"n\", "
        "\"AttributePayload\": {\"v\": 1}, \"ThingTypeName\": \"T\", \"ThingGroups\": [\"g\", "
        "\"h\"], "
        "\"BillingGroup\": \"b\"}, \"OverrideSettings\": {\"ATTRIBUTE_PAYLOAD\": \"MERGE\", "
        "\"ThingTypeName\": \"REPLACE\"}}, \"c\": {\"Type\": \"AWS::IoT::Certificate\", "
        "\"Properties\": "
        "{\"CertificateId\": {\"Ref\": \"Id\"}, \"Status\": \"inactive\", \"ThingPrincipalType\": "
        "\"EXCLUSIVE_THING\"}}, \"p\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": "
        "{\"PolicyDocument\": {\"Statement\": [{\"Resource\": {\"Fn::Sub\": \"a/${Id}\"}, \"n\": "
        "1.0}]}}}}, "
        "\"Parameters\": {\"Id\": {\"Default\": \"1\"}}, \"DeviceConfiguration\": {\"url\": "
        "{\"Ref\": "
        "\"Id\"}}}",
        TEMPLATE_FLEET, &plan));
    CHECK_BYTES(plan.thing->logical_id, BYTES("t"));
    CHECK_BYTES(plan.thing->attributes[0].value, BYTES("1"));
    CHECK_BYTES(plan.thing->type_name, BYTES("T"));
    CHECK_BYTES(plan.thing->groups[1], BYTES("h"));
    CHECK_BYTES(plan.thing->billing_group, BYTES("b"));
    CHECK(plan.thing->on_attributes == OVERRIDE_MERGE && plan.thing->on_type == OVERRIDE_REPLACE);
    CHECK(plan.thing->on_groups == OVERRIDE_UNSET);
    CHECK_BYTES(plan.certificate->id, BYTES("1"));
    CHECK(!plan.certificate->active && plan.certificate->exclusive_thing);
    CHECK_BYTES(plan.policies[0].document,
                BYTES("{\"Statement\":[{\"Resource\":\"a/1\",\"n\":1.0}]}"));
    CHECK_BYTES(plan.device_configuration[0].value, BYTES("1"));
    arena_done(&a);
}

TEST(a_template_has_10240_characters_at_most) { /* [AWS identity 7] */
    AUTO(buf) body = {0};
    const struct template *t;
    buf_text(&body, "{\"Resources\": {}, \"Description\": \"");
    while (body.len < TEMPLATE_CHARACTERS_MAX - 2)
        buf_append_byte(&body, 'x');
    buf_text(&body, "\"}");
    CHECK_OK(template_parse(&a, buf_bytes(&body), TEMPLATE_FLEET, &t));
    buf_append_byte(&body, ' ');
    CHECK_FAILS(template_parse(&a, buf_bytes(&body), TEMPLATE_FLEET, &t), E_INVALID,
                "It has 10241 characters, and 10240 are the most");
    arena_done(&a);
}

TEST(what_a_template_makes_is_bounded) {
    AUTO(buf) expression = {0};
    struct plan plan;
    for (int i = 0; i < 5; i++)
        buf_text(&expression,
                 "{\"Fn::Sub\": [\"${x}${x}${x}${x}${x}${x}${x}${x}${x}${x}\", {\"x\": ");
    buf_text(&expression, "\"0123456789\"");
    for (int i = 0; i < 5; i++)
        buf_text(&expression, "}]}");
    CHECK_FAILS(evaluate(with_name(buf_string(&expression)), TEMPLATE_FLEET, &plan), E_INVALID,
                "What comes out here is too long");
    arena_done(&a);
}

static void parse(bytes text) {
    const struct template *t;
    AUTO(arena) own = {0};
    CHECK(template_parse(&own, text, TEMPLATE_FLEET, &t) == E_INVALID);
}

TEST(no_beginning_of_a_template_is_one) {
    test_each_truncation(
        bytes_from(with_name("{\"Fn::Sub\": [\"${x}\\u00e9\", {\"x\": {\"Ref\": \"A\"}}]}")),
        parse);
    arena_done(&a);
}

TEST_MAIN("template/template")
