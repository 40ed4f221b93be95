#include "broker/directory.h"

#include "support/testing.h"

TEST(a_second_claim_names_the_holder_before_it) { /* [MQTT311-3.1.4-2] */
    struct directory *d = directory_new();
    struct holder previous;
    CHECK(!directory_claim(d, BYTES("111122223333"), BYTES("lamp"), (struct holder){0, 7},
                           &previous));
    CHECK(
        directory_claim(d, BYTES("111122223333"), BYTES("lamp"), (struct holder){1, 8}, &previous));
    CHECK(previous.loop == 0 && previous.serial == 7);
    CHECK_INT(directory_count(d), 1);
    directory_free(d);
}

TEST(accounts_do_not_share_client_identifiers) {
    struct directory *d = directory_new();
    struct holder previous;
    CHECK(!directory_claim(d, BYTES("111122223333"), BYTES("lamp"), (struct holder){0, 1},
                           &previous));
    CHECK(!directory_claim(d, BYTES("444455556666"), BYTES("lamp"), (struct holder){0, 2},
                           &previous));
    directory_free(d);
}

TEST(a_release_by_a_former_holder_changes_nothing) {
    struct directory *d = directory_new();
    struct holder previous;
    (void)directory_claim(d, BYTES("a"), BYTES("lamp"), (struct holder){0, 1}, &previous);
    (void)directory_claim(d, BYTES("a"), BYTES("lamp"), (struct holder){0, 2}, &previous);
    directory_release(d, BYTES("a"), BYTES("lamp"), (struct holder){0, 1});
    CHECK_INT(directory_count(d), 1);
    directory_release(d, BYTES("a"), BYTES("lamp"), (struct holder){0, 2});
    CHECK_INT(directory_count(d), 0);
    directory_free(d);
}

TEST_MAIN("broker/directory")
