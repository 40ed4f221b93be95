/* Inside provisioning/: what its tests share: a registry in memory, and templates run in it. */
#pragma once
#include "provisioning/register_thing.h"
#include "registry/fixture.h"
#include "template/template.h"

extern struct registry_fixture f;
extern struct provisioned done; /* what the last run gave */

/* fixture_issuer makes the service's issuer once; it goes at exit. */
struct issuer *fixture_issuer(void);
void start(void);
void stop(void);
/* provision runs a template (as of RegisterThing) with parameters "Name=value", …, NULL. After a
 * failure what it did is undone. */
status provision(const char *body, const char *const *parameters);
/* The ARN under a logical id; no bytes when there is none. */
bytes arn_of(const char *logical_id);
