#include "api/fixture.h"
#include "codec/json.h"
#include "support/testing.h"

#define ROLE "arn:aws:iam::123456789012:role/lamp"

TEST(a_role_alias_is_created_described_changed_and_deleted) { /* [AWS identity 11.3] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/role-aliases/lamp", "{\"roleArn\":\"" ROLE "\"}"), 200);
    CHECK_ANSWER(&f, "roleAlias", "lamp");
    CHECK_ANSWER(&f, "roleAliasArn", FIXTURE_ARN("rolealias/lamp"));
    CHECK_INT(ask(&f, "GET", "/role-aliases/lamp", NULL), 200);
    CHECK_ANSWER(&f, "roleAliasDescription.roleArn", ROLE);
    CHECK_ANSWER(&f, "roleAliasDescription.owner", FIXTURE_ACCOUNT);
    CHECK_ANSWER(&f, "roleAliasDescription.credentialDurationSeconds", "3600");
    CHECK_INT(ask(&f, "PUT", "/role-aliases/lamp", "{\"credentialDurationSeconds\":900}"), 200);
    CHECK_ANSWER(&f, "roleAliasArn", FIXTURE_ARN("rolealias/lamp"));
    CHECK_INT(ask(&f, "GET", "/role-aliases/lamp", NULL), 200);
    CHECK_ANSWER(&f, "roleAliasDescription.roleArn", ROLE);
    CHECK_ANSWER(&f, "roleAliasDescription.credentialDurationSeconds", "900");
    CHECK_INT(ask(&f, "GET", "/role-aliases", NULL), 200);
    CHECK_ANSWER(&f, "roleAliases.0", "lamp");
    CHECK_INT(ask(&f, "DELETE", "/role-aliases/lamp", NULL), 200);
    (void)ask(&f, "GET", "/role-aliases/lamp", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "RoleAlias not found (name= lamp)");
    fixture_done(&f);
}

TEST(a_role_alias_that_is_there_or_wrong_is_refused) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/role-aliases/lamp", "{\"roleArn\":\"" ROLE "\"}"), 200);
    (void)ask(&f, "POST", "/role-aliases/lamp", "{\"roleArn\":\"" ROLE "\"}");
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "RoleAlias cannot be created - already exists (name=lamp)");
    CHECK_ANSWER(&f, "resourceArn", FIXTURE_ARN("rolealias/lamp"));
    (void)ask(&f, "POST", "/role-aliases/fan", "{\"roleArn\":\"arn:aws:iam::lamp-is-no-role\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is not the ARN of a role");
    (void)ask(&f, "PUT", "/role-aliases/lamp", "{\"credentialDurationSeconds\":899}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "credentialDurationSeconds");
    (void)ask(&f, "DELETE", "/role-aliases/fan", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "RoleAlias not found (name= fan)");
    fixture_done(&f);
}

TEST(events_are_off_until_switched_on_and_only_those_that_are_published) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "GET", "/event-configurations", NULL), 200);
    CHECK_INT(answered_json(&f, "eventConfigurations")->count, 11);
    CHECK_ANSWER(&f, "eventConfigurations.THING_GROUP.Enabled", "false");
    CHECK(!answered_json(&f, "creationDate"));
    CHECK_INT(ask(&f, "PATCH", "/event-configurations",
                  "{\"eventConfigurations\":{\"CERTIFICATE\":{\"Enabled\":true},"
                  "\"THING\":{\"Enabled\":false}}}"),
              200);
    CHECK_INT(ask(&f, "PATCH", "/event-configurations",
                  "{\"eventConfigurations\":{\"POLICY\":{\"Enabled\":true}}}"),
              200);
    CHECK_INT(ask(&f, "GET", "/event-configurations", NULL), 200);
    CHECK_ANSWER(&f, "eventConfigurations.CERTIFICATE.Enabled", "true");
    CHECK_ANSWER(&f, "eventConfigurations.POLICY.Enabled", "true");
    CHECK_ANSWER(&f, "eventConfigurations.CA_CERTIFICATE.Enabled", "false");
    CHECK(answered_json(&f, "creationDate") && answered_json(&f, "lastModifiedDate"));
    (void)ask(&f, "PATCH", "/event-configurations",
              "{\"eventConfigurations\":{\"JOB\":{\"Enabled\":true}}}");
    CHECK_REFUSED(&f, 501, "NotImplementedException", "events of type JOB yet");
    (void)ask(&f, "PATCH", "/event-configurations",
              "{\"eventConfigurations\":{\"LAMP\":{\"Enabled\":true}}}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "Map keys must satisfy");
    fixture_done(&f);
}

TEST_MAIN("api/role_aliases")
