#include "support/testing.h"
#include "template/template.h"

TEST(a_template_without_resources_is_none) {
    AUTO(arena) a = {0};
    const struct template *t;
    CHECK_FAILS(
        template_parse(&a, BYTES("{}"), TEMPLATE_FLEET, &t), E_INVALID,
        "Invalid registration template. A template needs an object of Resources (at Resources)");
}

TEST_MAIN("template/template")
