/* What the API answers, row by row of the tables of the specification: exact error texts
 * [AWS identity 1.6, 1.7, control-plane 6.2] and what a repeated request comes to [control-plane
 * 7].
 *
 * All rows of a table are asked of one world, for a refusal changes nothing. In a row <name> stands
 * for what the world calls so. Rules, jobs and server certificates have tests of their own. */
#include <string.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "identity/material.h"
#include "support/testing.h"

#define ROLE "arn:aws:iam::" FIXTURE_ACCOUNT ":role/r"
#define FUNCTION "arn:aws:lambda:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":function:f"
#define TEMPLATE                                                                               \
    "{\\\"Parameters\\\":{\\\"AWS::IoT::Certificate::Id\\\":{\\\"Type\\\":\\\"String\\\"}},"   \
    "\\\"Resources\\\":{\\\"c\\\":{\\\"Type\\\":\\\"AWS::IoT::Certificate\\\","                \
    "\\\"Properties\\\":{\\\"CertificateId\\\":{\\\"Ref\\\":\\\"AWS::IoT::Certificate::%s\\\"" \
    "}}},\\\"p\\\":{\\\"Type\\\":\\\"AWS::IoT::Policy\\\",\\\"Properties\\\":{"                \
    "\\\"PolicyName\\\":\\\"p\\\"}}}}"

static struct fixture f;

/* ---- the world ---- */

static struct { const char *name, *text; } words[32];
static size_t word_count;

static void call_it(const char *name, const char *text) {
    CHECK(word_count < COUNT_OF(words));
    words[word_count].name = name;
    words[word_count++].text = text;
}

static bytes word(bytes name) {
    for (size_t i = 0; i < word_count; i++)
        if (bytes_equal(name, bytes_from(words[i].name)))
            return bytes_from(words[i].text);
    CHECK_TEXT("no such word", arena_string(&f.arena, name));
    return (bytes){0};
}

/* The text of a row with its <names> replaced. */
static const char *said(const char *text) {
    AUTO(buf) out = {0};
    for (const char *at = text; at && *at;) {
        size_t len = strcspn(at, "<");
        buf_append(&out, bytes_of(at, len));
        at += len;
        if (!*at)
            break;
        len = strcspn(at, ">");
        buf_append(&out, word(bytes_of(at + 1, len - 1)));
        at += len + 1;
    }
    return text ? arena_string(&f.arena, buf_bytes(&out)) : NULL;
}

static int request(const char *method, const char *path, const char *principal, const char *body) {
    if (!principal)
        return ask(&f, method, said(path), said(body));
    const char *header = strstr(path, "policies") ? "x-amzn-iot-principal" : "x-amzn-principal";
    return ask_as(&f, header, said(principal), method, said(path), said(body));
}

static void done_with(const char *method, const char *path, const char *principal,
                      const char *body) {
    if (request(method, path, principal, body) != 200)
        CHECK_TEXT(answer_body(&f), "no refusal");
}

static const char *const ca_true[] = {"basicConstraints", "CA:TRUE", NULL};
static const struct recipe materials[] = {
    {.subject = "CN=ca", .key = "P-256", .more = ca_true},
    {.subject = "CN=off", .key = "P-256", .more = ca_true},
    {.subject = "CN=plain", .key = "P-256"},
    {.subject = "CN=fan", .key = "P-256#2", .issuer = "CN=ca", .signer = "P-256", .version = 1},
    {.subject = "CN=a", .key = "P-256#2", .issuer = "CN=nobody", .signer = "P-256#3"},
    {.subject = "CN=a", .key = "P-256#2", .issuer = "CN=off", .signer = "P-256"},
    {.subject = "CN=weak", .key = "RSA-1024"},
    {.subject = "CN=curve", .key = "secp256k1"},
    {.subject = "CN=sha1", .key = "RSA-2048", .digest = "SHA1"},
    {.subject = "CN=past", .key = "P-256", .until_s = -60},
    {.subject = "CN=soon", .key = "P-256", .from_s = 25 * 3600, .until_s = 48 * 3600},
    {.subject = "CN=nobody", .key = "P-256#3", .more = ca_true},
};
static const char *const material_names[] = {"ca",    "off ca", "plain", "fan",
                                             "stray", "of off", "weak",  "curve",
                                             "sha1",  "past",   "soon",  "foreign ca"};

static void make_materials(void) {
    for (size_t i = 0; i < COUNT_OF(materials); i++)
        call_it(material_names[i], json_quoted(&f, material_pem(&materials[i], &f.arena)));
}

/* Registers another certificate with this status; its id and ARN are called so. */
static void add_certificate(const char *id, const char *arn, const char *as) {
    const struct recipe r = {.subject = arena_printf(&f.arena, "CN=%s", id), .key = "P-256"};
    CHECK_INT(ask(&f, "POST", "/certificate/register-no-ca",
                  arena_printf(&f.arena, "{\"certificatePem\":%s,\"status\":\"%s\"}",
                               json_quoted(&f, material_pem(&r, &f.arena)), as)),
              200);
    call_it(id, arena_string(&f.arena, answered(&f, "certificateId")));
    call_it(arn, arena_string(&f.arena, answered(&f, "certificateArn")));
}

static void add_policies(void) {
    call_it("document",
            "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Effect\\\":"
            "\\\"Allow\\\",\\\"Action\\\":\\\"iot:*\\\",\\\"Resource\\\":\\\"*\\\"}}\"");
    done_with("POST", "/policies/full", NULL, "{\"policyDocument\":<document>}");
    for (int i = 2; i <= 5; i++)
        done_with("POST", "/policies/full/version", NULL, "{\"policyDocument\":<document>}");
    done_with("POST", "/policies/used", NULL, "{\"policyDocument\":<document>}");
    done_with("PUT", "/target-policies/used", NULL, "{\"target\":\"<arn with policy>\"}");
    done_with("PUT", "/target-policies/used", NULL, "{\"target\":\"<arn with both>\"}");
}

static void add_things(void) {
    done_with("POST", "/thing-types/kind", NULL, NULL);
    done_with("POST", "/things/lamp", NULL, "{\"thingTypeName\":\"kind\"}");
    done_with("POST", "/things/free", NULL, NULL);
    done_with("PUT", "/things/lamp/principals", "<arn with both>", NULL);
    done_with("POST", "/thing-types/old", NULL, NULL);
    done_with("POST", "/thing-types/old/deprecate", NULL, NULL);
    done_with("POST", "/thing-groups/parent", NULL, NULL);
    done_with("POST", "/thing-groups/child", NULL, "{\"parentGroupName\":\"parent\"}");
    done_with("POST", "/billing-groups/bill", NULL, NULL);
}

static void register_cas(void) {
    done_with("POST", "/cacertificate?setAsActive=true", NULL,
              "{\"caCertificate\":<ca>,\"certificateMode\":\"SNI_ONLY\"}");
    call_it("ca id", arena_string(&f.arena, answered(&f, "certificateId")));
    done_with("POST", "/cacertificate", NULL,
              "{\"caCertificate\":<off ca>,\"certificateMode\":\"SNI_ONLY\"}");
    done_with("POST", "/certificate/register", NULL, "{\"certificatePem\":<fan>}");
    call_it("fan id", arena_string(&f.arena, answered(&f, "certificateId")));
}

static void start(void) {
    f = fixture_open();
    word_count = 0;
    make_materials();
    add_certificate("active", "arn active", "ACTIVE");
    add_certificate("with policy", "arn with policy", "INACTIVE");
    add_certificate("with both", "arn with both", "INACTIVE");
    add_certificate("idle", "arn idle", "INACTIVE");
    add_policies();
    add_things();
    register_cas();
    call_it("jitp", arena_printf(&f.arena, TEMPLATE, "Id"));
    call_it("bad jitp", arena_printf(&f.arena, TEMPLATE, "Country"));
    done_with("POST", "/role-aliases/alias", NULL, "{\"roleArn\":\"" ROLE "\"}");
    done_with("POST", "/authorizer/door", NULL,
              "{\"authorizerFunctionArn\":\"" FUNCTION "\",\"signingDisabled\":true}");
    done_with("POST", "/provisioning-templates", NULL,
              "{\"templateName\":\"fleet\",\"provisioningRoleArn\":\"" ROLE
              "\",\"templateBody\":\"<jitp>\"}");
}

/* ---- error texts ---- */

#define STATE 406, "CertificateStateException"
#define INVALID 400, "InvalidRequestException"
#define UNFIT 400, "CertificateValidationException"
#define CONFLICT 409, "DeleteConflictException"
#define EXISTS 409, "ResourceAlreadyExistsException"
#define MISSING 404, "ResourceNotFoundException"
#define MALFORMED 400, "MalformedPolicyException"

#define REGISTER "POST", "/certificate/register"
#define ALONE "POST", "/certificate/register-no-ca"
#define ADD_CA "POST", "/cacertificate"
#define AS_SNI_ONLY ",\"certificateMode\":\"SNI_ONLY\"}"
#define DOCUMENT(text) "{\"policyDocument\":\"" text "\"}"
#define STATEMENT(resource)                                                  \
    "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Effect\\\":" \
    "\\\"Allow\\\",\\\"Action\\\":\\\"iot:Publish\\\",\\\"Resource\\\":\\\"" resource "\\\"}}"

/* A message that ends in * goes on with words of ours. */
static const struct {
    const char *method, *path, *body;
    int http;
    const char *type, *message;
} refusals[] = {
    /* certificates [AWS identity 1.3, 1.6, 1.7, 2.6] */
    {REGISTER, "{\"certificatePem\":<stray>}", STATE,
     "No CA certificate exists for the given certificate"},
    {REGISTER, "{\"certificatePem\":<stray>,\"caCertificatePem\":<foreign ca>}", STATE,
     "No CA certificate exists for the given certificate"},
    {REGISTER, "{\"certificatePem\":<stray>,\"caCertificatePem\":<ca>}", UNFIT,
     "The certificate CN = a was not signed by the CA*"},
    {REGISTER, "{\"certificatePem\":<of off>}", STATE,
     "The CA certificate that signed it is INACTIVE*"},
    {REGISTER, "{\"certificatePem\":<fan>,\"status\":\"PENDING_ACTIVATION\"}", STATE,
     "Not allowed to register certificate with PENDING_ACTIVATION status"},
    {ALONE, "{\"certificatePem\":<stray>,\"status\":\"PENDING_ACTIVATION\"}", STATE,
     "Not allowed to register certificate with PENDING_ACTIVATION status"},
    {REGISTER, "{\"certificatePem\":<fan>}", EXISTS,
     "The certificate is already provisioned or registered"},
    {ALONE, "{\"certificatePem\":<fan>}", EXISTS,
     "The certificate is already provisioned or registered"},
    {REGISTER, "{\"certificatePem\":<weak>}", UNFIT, "The key in the certificate is not valid*"},
    {ALONE, "{\"certificatePem\":<weak>}", UNFIT, "The key in the certificate is not valid*"},
    {ALONE, "{\"certificatePem\":<curve>}", UNFIT, "The key in the certificate is not valid*"},
    {ALONE, "{\"certificatePem\":<sha1>}", UNFIT,
     "The certificate CN = sha1 is signed with sha1WithRSAEncryption*"},
    {ALONE, "{\"certificatePem\":<past>}", UNFIT, "The certificate CN = past has expired*"},
    {ALONE, "{\"certificatePem\":<soon>}", UNFIT, "The certificate CN = soon is not yet valid*"},
    {"DELETE", "/certificates/<active>", NULL, STATE,
     "Certificate must be deactivated (not ACTIVE) before deletion. Id: <active>"},
    {"DELETE", "/certificates/<active>?forceDelete=true", NULL, STATE,
     "Certificate must be deactivated (not ACTIVE) before deletion. Id: <active>"},
    {"DELETE", "/certificates/<with both>", NULL, CONFLICT,
     "Things must be detached before deletion (arn: <arn with both>)"},
    {"DELETE", "/certificates/<with both>?forceDelete=true", NULL, CONFLICT,
     "Things must be detached before deletion (arn: <arn with both>)"},
    {"DELETE", "/certificates/<with policy>", NULL, CONFLICT,
     "Certificate policies must be detached before deletion (arn: <arn with policy>)"},
    /* CA certificates [AWS identity 2.1, 2.4, 2.6] */
    {ADD_CA, "{\"caCertificate\":<plain>" AS_SNI_ONLY, UNFIT,
     "The CA certificate CN = plain does not have the basicConstraints extension as true*"},
    {ADD_CA, "{\"caCertificate\":<weak>" AS_SNI_ONLY, UNFIT,
     "The CA certificate CN = weak does not have the basicConstraints extension as true*"},
    {ADD_CA, "{\"caCertificate\":<ca>" AS_SNI_ONLY, EXISTS,
     "The CA certificate is already registered. Id: <ca id>"},
    {ADD_CA, "{\"caCertificate\":<foreign ca>}", INVALID, "verificationCertificate is missing*"},
    {ADD_CA, "{\"caCertificate\":<foreign ca>,\"verificationCertificate\":<stray>" AS_SNI_ONLY,
     INVALID, "verificationCertificate does not go with certificateMode SNI_ONLY*"},
    {ADD_CA, "{\"caCertificate\":<foreign ca>,\"verificationCertificate\":<stray>}", 400,
     "RegistrationCodeValidationException", "There is no registration code in this account*"},
    {ADD_CA, "{\"caCertificate\":<foreign ca>,\"verificationCertificate\":<fan>}", UNFIT,
     "The certificate CN = fan was not signed by the CA*"},
    {ADD_CA,
     "{\"caCertificate\":<foreign ca>,\"registrationConfig\":{\"templateName\":\"none\"}" //
     AS_SNI_ONLY,
     MISSING, "Provisioning template not found: none"},
    {ADD_CA,
     "{\"caCertificate\":<foreign ca>,\"registrationConfig\":{\"templateName\":\"fleet\"}" //
     AS_SNI_ONLY,
     INVALID, "Provisioning template fleet is of type FLEET_PROVISIONING*"},
    {ADD_CA,
     "{\"caCertificate\":<foreign ca>,\"registrationConfig\":{\"templateBody\":\"<bad jitp>\","
     "\"roleArn\":\"" ROLE "\"}" AS_SNI_ONLY,
     INVALID,
     "Invalid registration template. Cannot resolve reference value: "
     "{Ref=AWS::IoT::Certificate::Country}*"},
    {"DELETE", "/cacertificate/<ca id>", NULL, STATE,
     "CA certificate must be deactivated (not ACTIVE) before deletion. Id: <ca id>"},
    {"DELETE", "/registrationcode", NULL, MISSING, "The specified resource does not exist"},
    /* policies [AWS control-plane 6.2] */
    {"POST", "/policies/used", "{\"policyDocument\":<document>}", EXISTS,
     "Policy cannot be created - name already exists (name=used)"},
    {"POST", "/policies/new", DOCUMENT("{"), MALFORMED, "Policy document is Malformed*"},
    {"POST", "/policies/new", DOCUMENT(STATEMENT("lamp")), MALFORMED,
     "Policy document is Malformed: The following resources are invalid :*"},
    {"POST", "/policies/new", DOCUMENT("{}"), MALFORMED,
     "Policy document is Malformed: Invalid policy syntax.*"},
    {"POST", "/policies/used/version", DOCUMENT("{}"), MALFORMED,
     "Policy document is Malformed: Invalid policy syntax.*"},
    {"POST", "/policies/full/version", "{\"policyDocument\":<document>}", 409,
     "VersionsLimitExceededException",
     "The policy full already has the maximum number of versions (5)"},
    {"DELETE", "/policies/used", NULL, CONFLICT,
     "The policy cannot be deleted as the policy is attached to one or more principals "
     "(name=used)"},
    {"DELETE", "/policies/full", NULL, CONFLICT,
     "Cannot delete the policy because it has one or more policy versions attached to it "
     "(name=full)"},
    {"DELETE", "/policies/full/version/1", NULL, INVALID,
     "Cannot delete the default version of a policy"},
    {"GET", "/policies/none", NULL, MISSING, "Policy not found"},
    {"DELETE", "/policies/none", NULL, MISSING, "Policy not found"},
    {"GET", "/policies/none/version", NULL, MISSING, "Policy not found"},
    {"GET", "/policies/none/version/1", NULL, MISSING, "Policy not found"},
    {"POST", "/policies/none/version", "{\"policyDocument\":<document>}", MISSING,
     "Policy not found"},
    {"PATCH", "/policies/none/version/1", NULL, MISSING, "Policy not found"},
    {"DELETE", "/policies/none/version/1", NULL, MISSING, "Policy not found"},
    {"PUT", "/target-policies/none", "{\"target\":\"<arn idle>\"}", MISSING, "Policy not found"},
    {"POST", "/policy-targets/none", NULL, MISSING, "Policy not found"},
    /* things and groups */
    {"DELETE", "/things/lamp", NULL, INVALID,
     "Cannot delete. Thing lamp is still attached to one or more principals"},
    {"GET", "/things/none/principals", NULL, MISSING,
     "Failed to list principals for thing none because the thing does not exist in your account"},
    {"PATCH", "/things/lamp", "{\"expectedVersion\":7}", 409, "VersionConflictException",
     "The version for thing lamp does not match the expected version."},
    {"DELETE", "/things/free?expectedVersion=7", NULL, 409, "VersionConflictException",
     "The version for thing free does not match the expected version."},
    {"POST", "/things/new", "{\"thingTypeName\":\"old\"}", INVALID,
     "Can not create new thing with depreated thing type:old"},
    {"PATCH", "/things/lamp", "{\"thingTypeName\":\"old\"}", INVALID,
     "Can not update a thing to use deprecated thing type: old"},
    {"POST", "/thing-groups/child", "{}", EXISTS,
     "Thing Group child already exists in current account with different properties"},
    {"DELETE", "/thing-groups/parent", NULL, INVALID,
     " Cannot delete thing group : parent when there are still child groups attached to it"},
    {"PUT", "/thing-groups/addThingToThingGroup", "{\"thingName\":\"lamp\"}", INVALID,
     " Both thingGroupArn and thingGroupName are empty. Need to specify at least one of them"},
    {"PUT", "/thing-groups/addThingToThingGroup", "{\"thingGroupName\":\"parent\"}", INVALID,
     "Both thingArn and thingName are empty. Need to specify at least one of them"},
    {"GET", "/things/none", NULL, MISSING, "The specified resource does not exist"},
    {"GET", "/thing-types/none", NULL, MISSING, "The specified resource does not exist"},
    {"GET", "/thing-groups/none", NULL, MISSING, "The specified resource does not exist"},
    /* role aliases */
    {"POST", "/role-aliases/alias", "{\"roleArn\":\"" ROLE "\"}", EXISTS,
     "RoleAlias cannot be created - already exists (name=alias)"},
    {"GET", "/role-aliases/none", NULL, MISSING, "RoleAlias not found (name= none)"},
};

/* Row and answer as one text, so that a failure names the row. */
static const char *line(const char *method, const char *path, const char *body, int http,
                        const char *type, bytes message) {
    return arena_printf(&f.arena, "%s %s %s: %d %s %.*s", method, path, body ? body : "", http,
                        type ? type : "", BYTES_ARG(message));
}

static const char *answered_line(const char *method, const char *path, const char *body,
                                 size_t message_len_max) {
    const char *type = arena_string(&f.arena, answered(&f, "__type"));
    bytes message = bytes_slice(answered(&f, "message"), 0, message_len_max);
    return line(method, path, body, f.response.status, type, message);
}

static void check_refusal(size_t i) {
    const char *method = refusals[i].method, *path = refusals[i].path, *body = refusals[i].body;
    bytes wanted = bytes_from(said(refusals[i].message));
    size_t len_max = SIZE_MAX;
    if (bytes_end_with(wanted, BYTES("*")))
        len_max = --wanted.len;
    (void)request(method, path, NULL, body);
    CHECK_TEXT(answered_line(method, path, body, len_max),
               line(method, path, body, refusals[i].http, refusals[i].type, wanted));
}

TEST(refusals_have_the_texts_of_aws) { /* [AWS identity 1.6, 1.7, control-plane 6.2] */
    start();
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        check_refusal(i);
    fixture_done(&f);
}

/* ---- the same request again ---- */

#define FINE 200, NULL
#define TO_IDLE "{\"target\":\"<arn idle>\"}"
#define INTO_CHILD "{\"thingGroupName\":\"child\",\"thingName\":\"lamp\"}"
#define PROVIDER                                                                           \
    "{\"lambdaFunctionArn\":\"" FUNCTION "\",\"accountDefaultForOperations\":["            \
    "\"CreateCertificateFromCsr\"],\"clientToken\":\"11111111-2222-4333-8444-555555555555" \
    "\"}"
#define A_THING(colour) "{\"attributePayload\":{\"attributes\":{\"colour\":\"" colour "\"}}}"
#define A_TYPE(text) "{\"thingTypeProperties\":{\"thingTypeDescription\":\"" text "\"}}"
#define A_GROUP(text) "{\"thingGroupProperties\":{\"thingGroupDescription\":\"" text "\"}}"
#define A_BILL(text) "{\"billingGroupProperties\":{\"billingGroupDescription\":\"" text "\"}}"

/* Asked one after the other; each row stands for what the table has of its operation. */
static const struct {
    const char *method, *path, *principal, *body;
    int http;
    const char *type; /* of the refusal */
} repetitions[] = {
    {"POST", "/things/one", NULL, A_THING("red"), FINE},
    {"POST", "/things/one", NULL, A_THING("red"), FINE},
    {"POST", "/things/one", NULL, A_THING("blue"), EXISTS},
    {"POST", "/thing-types/one", NULL, A_TYPE("x"), FINE},
    {"POST", "/thing-types/one", NULL, A_TYPE("x"), FINE},
    {"POST", "/thing-types/one", NULL, A_TYPE("y"), EXISTS},
    {"POST", "/thing-groups/one", NULL, A_GROUP("x"), FINE},
    {"POST", "/thing-groups/one", NULL, A_GROUP("x"), FINE},
    {"POST", "/thing-groups/one", NULL, A_GROUP("y"), EXISTS},
    {"POST", "/billing-groups/one", NULL, A_BILL("x"), FINE},
    {"POST", "/billing-groups/one", NULL, A_BILL("x"), FINE},
    {"POST", "/billing-groups/one", NULL, A_BILL("y"), EXISTS},
    {"POST", "/policies/used", NULL, "{\"policyDocument\":<document>}", EXISTS},
    {"POST", "/role-aliases/alias", NULL, "{\"roleArn\":\"" ROLE "\"}", EXISTS},
    {"POST", "/authorizer/door", NULL,
     "{\"authorizerFunctionArn\":\"" FUNCTION "\",\"signingDisabled\":true}", EXISTS},
    {"POST", "/provisioning-templates", NULL,
     "{\"templateName\":\"fleet\",\"provisioningRoleArn\":\"" ROLE
     "\",\"templateBody\":\"<jitp>\"}",
     EXISTS},
    {REGISTER, NULL, "{\"certificatePem\":<fan>}", EXISTS},
    {ALONE, NULL, "{\"certificatePem\":<fan>}", EXISTS},
    {ADD_CA, NULL, "{\"caCertificate\":<ca>" AS_SNI_ONLY, EXISTS},
    {"PUT", "/certificates/<idle>?newStatus=INACTIVE", NULL, NULL, FINE},
    {"PUT", "/target-policies/used", NULL, TO_IDLE, FINE},
    {"PUT", "/target-policies/used", NULL, TO_IDLE, FINE},
    {"PUT", "/principal-policies/used", "<arn idle>", NULL, FINE},
    {"POST", "/target-policies/used", NULL, TO_IDLE, FINE}, /* detach */
    {"POST", "/target-policies/used", NULL, TO_IDLE, FINE},
    {"DELETE", "/principal-policies/used", "<arn idle>", NULL, FINE},
    {"PUT", "/things/lamp/principals", "<arn idle>", NULL, FINE},
    {"PUT", "/things/lamp/principals", "<arn idle>", NULL, FINE},
    {"PUT", "/things/free/principals?thingPrincipalType=EXCLUSIVE_THING", "<arn idle>", NULL,
     INVALID},
    {"DELETE", "/things/lamp/principals", "<arn idle>", NULL, FINE},
    {"DELETE", "/things/lamp/principals", "<arn idle>", NULL, FINE},
    {"DELETE", "/things/lamp", NULL, NULL, INVALID},
    {"PUT", "/thing-groups/addThingToThingGroup", NULL, INTO_CHILD, FINE},
    {"PUT", "/thing-groups/addThingToThingGroup", NULL, INTO_CHILD, FINE},
    {"PUT", "/thing-groups/removeThingFromThingGroup", NULL, INTO_CHILD, FINE},
    {"PUT", "/thing-groups/removeThingFromThingGroup", NULL, INTO_CHILD, FINE},
    {"DELETE", "/things/one", NULL, NULL, FINE},
    {"DELETE", "/things/one", NULL, NULL, FINE},
    {"DELETE", "/thing-groups/one", NULL, NULL, FINE},
    {"DELETE", "/thing-groups/one", NULL, NULL, FINE},
    {"DELETE", "/billing-groups/one", NULL, NULL, FINE},
    {"DELETE", "/billing-groups/one", NULL, NULL, FINE},
    {"DELETE", "/provisioning-templates/none", NULL, NULL, MISSING},
    {"DELETE", "/certificates/<active>", NULL, NULL, STATE},
    {"DELETE", "/certificates/<with policy>", NULL, NULL, CONFLICT},
    {"DELETE", "/certificates/<with policy>?forceDelete=true", NULL, NULL, FINE},
    {"DELETE", "/certificates/<with policy>", NULL, NULL, MISSING},
    {"DELETE", "/cacertificate/<ca id>", NULL, NULL, STATE},
    {"PUT", "/cacertificate/<ca id>?newStatus=INACTIVE", NULL, "{}", FINE},
    {"PUT", "/cacertificate/<ca id>?newStatus=INACTIVE", NULL, "{}", FINE},
    {"DELETE", "/cacertificate/<ca id>", NULL, NULL, FINE},
    {"DELETE", "/cacertificate/<ca id>", NULL, NULL, MISSING},
    {"GET", "/certificates/<fan id>", NULL, NULL, FINE}, /* stays without its CA */
    {REGISTER, NULL, "{\"certificatePem\":<fan>}", EXISTS},
    {"DELETE", "/policies/used", NULL, NULL, CONFLICT},
    {"DELETE", "/policies/full", NULL, NULL, CONFLICT},
    {"PATCH", "/policies/full/version/5", NULL, NULL, FINE},
    {"PATCH", "/policies/full/version/5", NULL, NULL, FINE},
    {"DELETE", "/registrationcode", NULL, NULL, MISSING},
    {"GET", "/registrationcode", NULL, NULL, FINE},
    {"DELETE", "/registrationcode", NULL, NULL, FINE},
    {"DELETE", "/registrationcode", NULL, NULL, MISSING},
    {"POST", "/certificate-providers/ours", NULL, PROVIDER, FINE},
    {"POST", "/certificate-providers/ours", NULL, PROVIDER, FINE},
};

TEST(a_repeated_request_comes_to_what_the_table_says) { /* [AWS control-plane 7] */
    start();
    for (size_t i = 0; i < COUNT_OF(repetitions); i++) {
        const char *method = repetitions[i].method, *path = repetitions[i].path;
        const char *body = repetitions[i].body;
        (void)request(method, path, repetitions[i].principal, body);
        CHECK_TEXT(answered_line(method, path, body, 0),
                   line(method, path, body, repetitions[i].http, repetitions[i].type, BYTES("")));
    }
    fixture_done(&f);
}

TEST(what_exists_is_named_by_id_and_arn) { /* [AWS identity 1.7, control-plane 7] */
    static const char *const paths[] = {"/certificate/register", "/certificate/register-no-ca"};
    start();
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        CHECK_INT(request("POST", paths[i], NULL, "{\"certificatePem\":<fan>}"), 409);
        CHECK_ANSWER(&f, "resourceId", said("<fan id>"));
        CHECK_ANSWER(&f, "resourceArn", said(FIXTURE_ARN("cert/<fan id>")));
    }
    CHECK_INT(request("POST", "/cacertificate", NULL, "{\"caCertificate\":<ca>" AS_SNI_ONLY), 409);
    CHECK_ANSWER(&f, "resourceId", said("<ca id>"));
    CHECK_ANSWER(&f, "resourceArn", said(FIXTURE_ARN("cacert/<ca id>")));
    fixture_done(&f);
}

/* The second account asks, whose requests its own key signs. */
static void ask_as_other(struct access_key *key) {
    struct account other;
    struct txn *t;
    CHECK_OK(store_begin_write(f.store.store, &t));
    CHECK_OK(account_create(t, BYTES("222222222222"), &other));
    CHECK_OK(access_key_load_first(t, BYTES("222222222222"), key));
    CHECK_OK(store_commit(t));
    f.signing.access_key_id = key->id;
    f.signing.secret = key->secret;
}

/* A CA in DEFAULT mode, and a certificate of the service, which are in DEFAULT mode, too. */
static void hold_in_default_mode(void) {
    CHECK_INT(ask(&f, "GET", "/registrationcode", NULL), 200);
    const struct recipe proof = {
        .subject = arena_printf(&f.arena, "CN=%.*s", BYTES_ARG(answered(&f, "registrationCode"))),
        .key = "P-256",
        .issuer = "CN=nobody",
        .signer = "P-256#3"};
    call_it("proof", json_quoted(&f, material_pem(&proof, &f.arena)));
    done_with("POST", "/cacertificate", NULL,
              "{\"caCertificate\":<foreign ca>,\"verificationCertificate\":<proof>}");
    CHECK_INT(ask(&f, "POST", "/keys-and-certificate", NULL), 200);
    call_it("issued", json_quoted(&f, answered(&f, "certificatePem")));
}

TEST(what_another_account_holds_is_refused_without_naming_it) { /* [AWS identity 1.3, 2.4, 3.3] */
    struct access_key key;
    start();
    hold_in_default_mode();
    ask_as_other(&key);
    CHECK_INT(
        request("POST", "/cacertificate", NULL, "{\"caCertificate\":<foreign ca>" AS_SNI_ONLY),
        409);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "Another account holds it in DEFAULT mode");
    CHECK(!answered_json(&f, "resourceArn") && !answered_json(&f, "resourceId"));
    CHECK_INT(request(ALONE, NULL, "{\"certificatePem\":<issued>}"), 409);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "Another account holds it in DEFAULT mode");
    CHECK(!answered_json(&f, "resourceArn") && !answered_json(&f, "resourceId"));
    CHECK_INT(request(ADD_CA, NULL, "{\"caCertificate\":<ca>" AS_SNI_ONLY), 200); /* shared */
    CHECK_INT(request(ALONE, NULL, "{\"certificatePem\":<stray>}"), 200);
    access_key_done(&key);
    fixture_done(&f);
}

TEST_MAIN("api/answers")
