#include "api/model.h"

#include "api/generated/iot.h"
#include "support/testing.h"

static const struct model *m = &model_iot;

TEST(holds_all_operations_of_the_current_model) { /* [AWS control-plane 8] */
    CHECK_INT(m->operation_count, 272);
    CHECK_INT(IOT_OPERATIONS, 272);
    CHECK_BYTES(model_text(m, m->operations[IOT_DESCRIBE_THING].name), BYTES("DescribeThing"));
    CHECK(model_find_operation(m, BYTES("ListThingPrincipalsV2")) ==
          &m->operations[IOT_LIST_THING_PRINCIPALS_V2]);
    CHECK(model_find_operation(m, BYTES("DescribeThin")) == NULL);
}

TEST(every_index_of_the_tables_stays_inside) {
    for (size_t i = 0; i < m->shape_count; i++) {
        const struct model_shape *s = &m->shapes[i];
        CHECK(s->type <= MODEL_STRUCTURE && s->pattern < m->pattern_count);
        if (s->type == MODEL_STRUCTURE)
            CHECK(s->first + s->second <= (int)m->member_count);
        if (s->type == MODEL_LIST || s->type == MODEL_MAP)
            CHECK(s->first < m->shape_count && s->second < m->shape_count);
    }
    for (size_t i = 0; i < m->member_count; i++)
        CHECK(m->members[i].id < MEMBER_COUNT && m->members[i].shape < m->shape_count);
    for (size_t i = 0; i < m->operation_count; i++) {
        const struct model_operation *o = &m->operations[i];
        CHECK(o->input == MODEL_NO_SHAPE || m->shapes[o->input].type == MODEL_STRUCTURE);
        CHECK(o->output == MODEL_NO_SHAPE || m->shapes[o->output].type == MODEL_STRUCTURE);
        for (size_t e = 0; e < o->error_count; e++)
            CHECK(m->error_lists[o->error_first + e] < m->error_count);
    }
}

TEST(what_a_status_looks_like_is_what_the_model_declares) { /* [AWS control-plane 6.1] */
    size_t declared = 0;
    for (status s = OK + 1; s < STATUS_COUNT; s++) {
        const struct status_info *info = status_info(s);
        const struct model_error *e = model_find_error(m, bytes_from(info->aws_type));
        if (e)
            CHECK_INT(info->http, e->http);
        declared += e != NULL;
    }
    CHECK(declared > 15);
}

TEST(knows_how_lists_are_paged) { /* [AWS control-plane 5] */
    size_t marker = 0, token = 0;
    for (size_t i = 0; i < m->operation_count; i++) {
        marker += (m->operations[i].flags & MODEL_PAGE_MARKER) != 0;
        token += (m->operations[i].flags & MODEL_PAGE_TOKEN) != 0;
    }
    CHECK_INT(marker, 12);
    CHECK_INT(token, 52);
}

TEST(methods_have_names) {
    enum model_method method;
    CHECK(model_method_find(BYTES("PATCH"), &method) && method == MODEL_PATCH);
    CHECK_TEXT(model_method_name(MODEL_DELETE), "DELETE");
    CHECK(!model_method_find(BYTES("patch"), &method));
}

TEST_MAIN("api/model")
