#include "ledger/csv.h"

#include <string.h>

#include "support/testing.h"

static struct arena memory;

static struct csv_fields split(const char *record) {
    struct csv_fields f;
    CHECK_OK(csv_split(bytes_from(record), ',', &memory, &f));
    return f;
}

TEST(a_record_is_a_line_unless_a_quote_is_open) {
    bytes rest = BYTES("\xef\xbb\xbfname,pem\r\n\r\na,\"one\ntwo\"\nb,x\n\n"), record;
    uint64_t line = 1, at;
    CHECK(csv_take(&rest, &line, &record, &at));
    CHECK_BYTES(record, BYTES("name,pem"));
    CHECK_INT(at, 1);
    CHECK(csv_take(&rest, &line, &record, &at));
    CHECK_BYTES(record, BYTES("a,\"one\ntwo\""));
    CHECK_INT(at, 3);
    CHECK(csv_take(&rest, &line, &record, &at));
    CHECK_BYTES(record, BYTES("b,x"));
    CHECK_INT(at, 5);
    CHECK(!csv_take(&rest, &line, &record, &at));
}

TEST(the_last_line_needs_no_end) {
    bytes rest = BYTES("a\nb"), record;
    uint64_t line = 1, at;
    CHECK(csv_take(&rest, &line, &record, &at) && csv_take(&rest, &line, &record, &at));
    CHECK_BYTES(record, BYTES("b"));
    CHECK_INT(at, 2);
    CHECK(!csv_take(&rest, &line, &record, &at));
}

TEST(fields_lose_their_quotes_and_the_space_around_them) {
    struct csv_fields f = split("a, b ,\"c,\"\"d\"\"\",,\" e \"");
    CHECK_INT(f.count, 5);
    CHECK_BYTES(f.items[0], BYTES("a"));
    CHECK_BYTES(f.items[1], BYTES("b"));
    CHECK_BYTES(f.items[2], BYTES("c,\"d\""));
    CHECK_INT(f.items[3].len, 0);
    CHECK_BYTES(f.items[4], BYTES(" e "));
    CHECK_INT(split("").count, 1);
    CHECK_INT(split(",").count, 2);
}

TEST(says_what_is_wrong_with_a_record) {
    struct csv_fields f;
    char many[2 * CSV_FIELDS_MAX];
    memset(many, ',', sizeof many);
    CHECK_FAILS(csv_split(BYTES("a,\"b"), ',', &memory, &f), E_MALFORMED, "never closed");
    CHECK_FAILS(csv_split(BYTES("\"a\"b,c"), ',', &memory, &f), E_MALFORMED,
                "behind a closing quote");
    CHECK_FAILS(csv_split(bytes_of(many, CSV_FIELDS_MAX), ',', &memory, &f), E_MALFORMED,
                "more than 64 fields");
}

TEST(the_separator_is_that_of_the_first_line) {
    CHECK_INT(csv_separator(BYTES("a;b,c\n")), ';');
    CHECK_INT(csv_separator(BYTES("\"a,b\"\tc\n")), '\t');
    CHECK_INT(csv_separator(BYTES("a\nb;c")), ',');
}

TEST(what_was_written_is_read_again) {
    static const char *const values[] = {"plain", "", "a,b", "say \"hi\"", "two\nlines", " edge "};
    AUTO(buf) record = {0};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (i)
            buf_append_byte(&record, ',');
        csv_append(&record, bytes_from(values[i]));
    }
    struct csv_fields f = split(buf_string(&record));
    CHECK_INT(f.count, COUNT_OF(values));
    for (size_t i = 0; i < f.count; i++)
        CHECK_BYTES(f.items[i], bytes_from(values[i]));
}

static void read_prefix(bytes prefix) {
    AUTO(arena) a = {0};
    bytes rest = prefix, record;
    uint64_t line = 1, at;
    struct csv_fields f;
    (void)csv_separator(prefix);
    while (csv_take(&rest, &line, &record, &at))
        CHECK(csv_split(record, ',', &a, &f) == OK || bytes_find(record, '"') < record.len);
}

TEST(every_truncation_is_read_or_refused) {
    test_each_truncation(BYTES("name,\"a \"\"b\"\"\"\r\n\"x\ny\",z,\n\"\",\n"), read_prefix);
}

TEST_MAIN("ledger/csv")
