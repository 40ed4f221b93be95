#include "api/xml.h"

#include "support/testing.h"

TEST(text_is_escaped) {
    AUTO(buf) out = {0};
    xml_element(&out, "A", BYTES("a<b>&\"c\x01"));
    CHECK_BYTES(buf_bytes(&out), BYTES("<A>a&#60;b&#62;&#38;&#34;c\xef\xbf\xbd</A>"));
}

TEST(an_element_may_be_empty) {
    AUTO(buf) out = {0};
    xml_element(&out, "A", BYTES(""));
    CHECK_BYTES(buf_bytes(&out), BYTES("<A></A>"));
}

TEST_MAIN("api/xml")
