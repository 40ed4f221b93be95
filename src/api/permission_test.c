/* The tables of permissions: that they cover what is written and name what there is, and what they
 * make of an input. */
#include "api/permission.h"

#include <stdio.h>

#include "api/authorize.h"
#include "api/fixture.h"
#include "api/generated/iot.h"
#include "support/testing.h"

TEST(every_operation_that_is_written_has_a_row) {
    struct fixture f = fixture_open();
    for (int i = 0; i < FACE_COUNT; i++) {
        const struct face *face = &faces[i];
        const struct service service = {.face = (enum face_index)i};
        const struct exchange x = {.api = f.api, .service = &service};
        for (size_t n = 0; n < face->model->operation_count; n++) {
            const struct permission *row = permission_of(&x, &face->model->operations[n]);
            if (!face->handlers[n].answer || (row && row->kind != PERMISSION_UNKNOWN))
                continue;
            (void)fprintf(
                stderr, "%s:%s has no row in permissions_%s.c\n", face->model->service,
                (const char *)model_text(face->model, face->model->operations[n].name).ptr,
                face->model->service);
            CHECK(row && row->kind != PERMISSION_UNKNOWN);
        }
    }
    fixture_done(&f);
}

TEST(every_row_names_members_of_its_operation) {
    struct fixture f = fixture_open();
    for (int i = 0; i < FACE_COUNT; i++) {
        const struct model *m = faces[i].model;
        const struct service service = {.face = (enum face_index)i};
        const struct exchange x = {.api = f.api, .service = &service};
        for (size_t n = 0; n < m->operation_count; n++) {
            const struct permission *row = permission_of(&x, &m->operations[n]);
            if (row)
                CHECK_OK(permission_check_row(row, m, &m->operations[n]));
        }
    }
    fixture_done(&f);
}

/* Rows: a service and an operation, members of the input as name=value, what is asked. */
static const struct {
    enum face_index face;
    const char *operation, *input, *needs;
} inputs[] = {
    {FACE_IOT, "CreateThing", "thingName=lamp", "iot:CreateThing on I:thing/lamp"},
    {FACE_IOT, "CreateThing", "thingName=lamp;billingGroupName=b",
     "iot:CreateThing on I:thing/lamp, iot:CreateThing on I:billinggroup/b"},
    {FACE_IOT, "ListThings", "", "iot:ListThings on *"},
    {FACE_IOT, "AttachPolicy", "policyName=p;target=arn:aws:iot:r:1:cert/c",
     "iot:AttachPolicy on arn:aws:iot:r:1:cert/c"},
    {FACE_IOT, "AttachPolicy", "policyName=p;target=cognito", "iot:AttachPolicy on *"},
    {FACE_IOT, "SearchIndex", "queryString=x", "iot:SearchIndex on I:index/AWS_Things"},
    {FACE_IOT, "SearchIndex", "indexName=AWS_ThingGroups",
     "iot:SearchIndex on I:index/AWS_ThingGroups"},
    {FACE_IOT, "UpdateCertificate", "certificateId=ab", "iot:UpdateCertificate on I:cert/ab"},
    {FACE_IOT, "AddThingToThingGroup", "thingName={thingGroupName};thingGroupName=g",
     "iot:AddThingToThingGroup on I:thing/{thingGroupName}, "
     "iot:AddThingToThingGroup on I:thinggroup/g"},
    {FACE_IOT, "CreateRoleAlias", "roleAlias=a;roleArn=arn:aws:iam::1:role/r",
     "iot:CreateRoleAlias on I:rolealias/a, iam:PassRole on arn:aws:iam::1:role/r to "
     "credentials.iot.amazonaws.com"},
    {FACE_IOT, "CreateProvisioningTemplate",
     "templateName=t;provisioningRoleArn=arn:aws:iam::1:role/r",
     "iot:CreateProvisioningTemplate on I:provisioningtemplate/t, iam:PassRole on "
     "arn:aws:iam::1:role/r to iot.amazonaws.com"},
    {FACE_LAMBDA, "Invoke", "FunctionName=f", "lambda:InvokeFunction on L:function:f"},
    {FACE_LAMBDA, "Invoke", "FunctionName=f;Qualifier=v1",
     "lambda:InvokeFunction on L:function:f:v1"},
    {FACE_LAMBDA, "Invoke", "FunctionName=arn:aws:lambda:r:1:function:f:v2",
     "lambda:InvokeFunction on L:function:f:v2"},
    {FACE_LAMBDA, "GetFunction", "FunctionName=123456789012:function:f",
     "lambda:GetFunction on L:function:f"},
    {FACE_LAMBDA, "CreateFunction", "FunctionName=f;Role=arn:aws:iam::1:role/r",
     "lambda:CreateFunction on L:function:f, iam:PassRole on arn:aws:iam::1:role/r to "
     "lambda.amazonaws.com"},
    {FACE_LAMBDA, "ListFunctions", "", "lambda:ListFunctions on *"},
    {FACE_LOGS, "GetLogEvents", "logGroupName=/aws/lambda/f;logStreamName=s",
     "logs:GetLogEvents on G:log-group:/aws/lambda/f:log-stream:s"},
    {FACE_LOGS, "FilterLogEvents", "logGroupName=g",
     "logs:FilterLogEvents on G:log-group:g:log-stream:"},
    {FACE_LOGS, "FilterLogEvents", "logGroupIdentifier=arn:aws:logs:r:1:log-group:g:*",
     "logs:FilterLogEvents on G:log-group:g:log-stream:"},
    {FACE_LOGS, "DescribeLogGroups", "", "logs:DescribeLogGroups on G:log-group::log-stream:"},
    {FACE_ACM, "DescribeCertificate", "CertificateArn=arn:aws:acm:r:1:certificate/x",
     "acm:DescribeCertificate on arn:aws:acm:r:1:certificate/x"},
    {FACE_SECRETSMANAGER, "GetSecretValue", "SecretId=app/key",
     "secretsmanager:GetSecretValue on S:secret:app/key-??????"},
    {FACE_SECRETSMANAGER, "CreateSecret", "Name=new",
     "secretsmanager:CreateSecret on S:secret:new-??????"},
    {FACE_IAM, "CreateUser", "UserName=bob;Path=/team/",
     "iam:CreateUser on arn:aws:iam::" FIXTURE_ACCOUNT ":user/team/bob"},
    {FACE_IAM, "GetUser", "", "iam:GetUser on arn:aws:iam::" FIXTURE_ACCOUNT ":user/eve"},
    {FACE_IAM, "CreateRole", "RoleName=r",
     "iam:CreateRole on arn:aws:iam::" FIXTURE_ACCOUNT ":role/r"},
    {FACE_IAM, "CreatePolicy", "PolicyName=p",
     "iam:CreatePolicy on arn:aws:iam::" FIXTURE_ACCOUNT ":policy/p"},
};

static void put_members(struct record *in, const char *text) {
    bytes rest = bytes_from(text), part;
    while (bytes_split(&rest, ';', &part)) {
        size_t equals = bytes_find(part, '=');
        const struct model_member *members = model_members(in->model, in->shape);
        for (size_t i = 0; i < in->shape->second; i++)
            if (bytes_equal(model_text(in->model, members[i].name), bytes_slice(part, 0, equals))) {
                in->values[i].present = true;
                in->values[i].text = bytes_skip(part, equals + 1);
            }
    }
}

static bytes written(struct arena *a, const struct permission_needs *needs) {
    static const char *const briefs[][2] = {
        {"arn:aws:iot:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":", "I:"},
        {"arn:aws:lambda:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":", "L:"},
        {"arn:aws:secretsmanager:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":", "S:"},
        {"arn:aws:logs:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":", "G:"}};
    AUTO(buf) text = {0};
    for (size_t i = 0; i < needs->count; i++) {
        const struct permission_need *n = &needs->items[i];
        bytes name = n->resource;
        const char *brief = "";
        for (size_t b = 0; b < COUNT_OF(briefs); b++)
            if (bytes_start_with(name, bytes_from(briefs[b][0]))) {
                name = bytes_skip(name, bytes_from(briefs[b][0]).len);
                brief = briefs[b][1];
            }
        buf_printf(&text, "%s%.*s on %s%.*s", i ? ", " : "", BYTES_ARG(n->action), brief,
                   BYTES_ARG(name));
        if (n->passed_to.len)
            buf_printf(&text, " to %.*s", BYTES_ARG(n->passed_to));
    }
    return arena_copy(a, buf_bytes(&text));
}

TEST(a_row_and_an_input_make_questions) {
    struct fixture f = fixture_open();
    const struct iam_caller eve = {.kind = IAM_USER,
                                   .account = BYTES(FIXTURE_ACCOUNT),
                                   .arn = BYTES("arn:aws:iam::" FIXTURE_ACCOUNT ":user/eve")};
    for (size_t i = 0; i < COUNT_OF(inputs); i++) {
        const struct model *m = faces[inputs[i].face].model;
        const struct model_operation *o = model_find_operation(m, bytes_from(inputs[i].operation));
        const struct service service = {.face = inputs[i].face};
        const struct exchange x = {.api = f.api, .service = &service};
        struct registry r = {NULL, &f.arena, BYTES(FIXTURE_ACCOUNT), BYTES(FIXTURE_REGION)};
        struct permission_needs needs;
        struct record *in = record_new(&f.arena, m, o->input);
        put_members(in, inputs[i].input);
        CHECK_OK(store_begin_read(f.store.store, &r.txn));
        CHECK_OK(permission_needs(permission_of(&x, o), m->service, bytes_from(inputs[i].operation),
                                  in, &r, &eve, &needs));
        CHECK_BYTES(written(&f.arena, &needs), bytes_from(inputs[i].needs));
        store_rollback(r.txn);
    }
    fixture_done(&f);
}

TEST_MAIN("api/permission")
