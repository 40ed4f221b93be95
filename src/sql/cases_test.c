/* The worked examples [AWS rules 11], each a row, and rows for what the tables say besides. */
#include "sql/fixture.h"
#include "support/testing.h"

#include <stdio.h>
#include <time.h>

/* ---- statements [AWS rules 11.1] ---- */

static const char binary[] = "\0\377\020";

static const struct sql_case statements[] = {
    /* 1 */ {"{\"color\":\"red\",\"temperature\":50}", "SELECT * FROM 'a/b'",
             "{\"color\":\"red\",\"temperature\":50}", .version = SQL_2016_03_23},
    /* 2 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT color FROM 'a/b'", "{\"color\":\"red\"}",
     .version = SQL_2016_03_23},
    /* 3 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT color AS my_color FROM 'a/b'",
     "{\"my_color\":\"red\"}", .version = SQL_2016_03_23},
    /* 4 */
    {"{\"color\":\"red\",\"temperature\":50}",
     "SELECT color as my_color, temperature as fahrenheit FROM 'a/b'",
     "{\"my_color\":\"red\",\"fahrenheit\":50}", .version = SQL_2016_03_23},
    /* 5 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT *, 15 as speed FROM 'a/b'",
     "{\"color\":\"red\",\"temperature\":50,\"speed\":15}", .version = SQL_2016_03_23},
    /* 6 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT VALUE color FROM 'a/b'", "\"red\"",
     .version = SQL_2016_03_23},
    /* 7 */
    {"{\"color\":{\"red\":255,\"green\":0,\"blue\":0},\"temperature\":50}",
     "SELECT color.red as red_value FROM 'a/b'", "{\"red_value\":255}", .version = SQL_2016_03_23},
    /* 8 */
    {"{\"color\":{\"red\":255,\"green\":0,\"blue\":0},\"temperature\":50}",
     "SELECT VALUE color FROM 'a/b'", "{\"red\":255,\"green\":0,\"blue\":0}",
     .version = SQL_2016_03_23},
    /* 9 */
    {"{\"color\":{\"red\":255,\"green\":0,\"blue\":0},\"temperature\":50}",
     "SELECT color.red FROM 'a/b'", "{\"red\":255}", .version = SQL_2016_03_23},
    /* 10 */
    {"{\"color\":\"red\",\"temperature\":50}",
     "SELECT (temperature - 32) * 5 / 9 AS celsius, upper(color) as my_color FROM 'a/b'",
     "{\"celsius\":10,\"my_color\":\"RED\"}", .version = SQL_2016_03_23},
    /* 11 */
    {"{\"color\":\"red\",\"temperature\":40}",
     "SELECT color AS my_color FROM 'a/b' WHERE temperature > 50 AND color <> 'red'", NULL,
     .version = SQL_2016_03_23},
    /* 12 */
    {"{\"color\":\"red\",\"temperature\":100}",
     "SELECT color AS rgb FROM 'a/b' WHERE temperature > 50", "{\"rgb\":\"red\"}",
     .version = SQL_2016_03_23},
    /* 13 */
    {"{\"temperature\":70}", "SELECT temperature AS t FROM 'topic/#'", "{\"t\":70}",
     .version = SQL_2016_03_23, .topic = "topic/subtopic-3/details"},
    /* 16 */
    {"{\"foo\":null}", "SELECT foo, bar FROM 'a/b'", "{\"foo\":null}", .version = SQL_2016_03_23},
    /* 17 */
    {"{\"any\":1}", "SELECT NULL AS n FROM 'a/b'", "{\"n\":null}", .version = SQL_2016_03_23},
    /* 18 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT size FROM 'a/b'", "{}",
     .version = SQL_2016_03_23},
    /* 19 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT VALUE size FROM 'a/b'", "",
     .version = SQL_2016_03_23},
    /* 20 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT color FROM 'a/b' WHERE humidity > 10", NULL,
     .version = SQL_2016_03_23},
    /* 21 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT color FROM 'a/b' WHERE NOT (humidity > 10)",
     NULL, .version = SQL_2016_03_23},
    /* 22 */
    {"{\"color\":\"red\",\"temperature\":50}",
     "SELECT color FROM 'a/b' WHERE isUndefined(humidity)", "{\"color\":\"red\"}",
     .version = SQL_2016_03_23},
    /* 23 */
    {"{\"x\":null}",
     "SELECT isNull(x) AS a, isUndefined(x) AS b, isNull(y) AS c, isUndefined(y) AS d FROM 'a/b'",
     "{\"a\":true,\"b\":false,\"c\":false,\"d\":true}", .version = SQL_2016_03_23},
    /* 24 */
    {"{\"temperature\":\"50\"}", "SELECT * FROM 'a/b' WHERE temperature > 49",
     "{\"temperature\":\"50\"}", .version = SQL_2016_03_23},
    /* 25 */
    {"{\"temperature\":\"50\"}", "SELECT * FROM 'a/b' WHERE temperature = 50", NULL,
     .version = SQL_2016_03_23},
    /* 26 */
    {"{\"temperature\":\"50\"}", "SELECT * FROM 'a/b' WHERE temperature <> 50",
     "{\"temperature\":\"50\"}", .version = SQL_2016_03_23},
    /* 27 */
    {"{\"temperature\":\"warm\"}", "SELECT * FROM 'a/b' WHERE temperature > 49", NULL,
     .version = SQL_2016_03_23},
    /* 28 */
    {"{\"a\":\"abc\",\"b\":\"abd\"}", "SELECT * FROM 'a/b' WHERE b > a", NULL,
     .version = SQL_2016_03_23},
    /* 29 */
    {"{\"flag\":\"TRUE\",\"t\":11}", "SELECT t FROM 'a/b' WHERE flag AND t > 10", "{\"t\":11}",
     .version = SQL_2016_03_23},
    /* 30 */
    {"{\"flag\":1,\"t\":11}", "SELECT t FROM 'a/b' WHERE flag AND t > 10", NULL,
     .version = SQL_2016_03_23},
    /* 31 */
    {"{\"flag\":1,\"t\":11}", "SELECT t FROM 'a/b' WHERE cast(flag AS Boolean) AND t > 10",
     "{\"t\":11}", .version = SQL_2016_03_23},
    /* 32 */
    {"{\"n\":5}", "SELECT 'id-' + n AS k, n + 2 AS s, '5' - 2 AS d FROM 'a/b'",
     "{\"k\":\"id-5\",\"s\":7,\"d\":3}", .version = SQL_2016_03_23},
    /* 33 */
    {"{\"n\":5}", "SELECT 'v' + true AS k, 'x' + missing AS m FROM 'a/b'", "{\"k\":\"vtrue\"}",
     .version = SQL_2016_03_23},
    /* 34 */
    {"{\"a\":7,\"b\":2}", "SELECT a / b AS q, a % b AS r FROM 'a/b'", "{\"q\":3,\"r\":1}",
     .version = SQL_2016_03_23},
    /* 35 */
    {"{\"a\":7.5,\"b\":2}", "SELECT a / b AS q, a % b AS r FROM 'a/b'", "{\"q\":3.75,\"r\":1.5}",
     .version = SQL_2016_03_23},
    /* 36 */
    {"{\"a\":7.0,\"b\":2}", "SELECT a / b AS q FROM 'a/b'", "{\"q\":3}", .version = SQL_2016_03_23},
    /* 36 */
    {"{\"a\":7.0,\"b\":2}", "SELECT a / b AS q FROM 'a/b'", "{\"q\":3.5}",
     .version = SQL_2015_10_08},
    /* 37 */
    {"{\"t\":20}", "SELECT *, t * 1.8 + 32 AS f FROM 'a/b'", "{\"t\":20,\"f\":68}",
     .version = SQL_2016_03_23},
    /* 38 */
    {"{\"a\":0.1,\"b\":0.2}", "SELECT a + b AS c FROM 'a/b'", "{\"c\":0.3}",
     .version = SQL_2016_03_23},
    /* 39 */
    {"{\"n\":12345678901234567890}", "SELECT n + 1 AS m FROM 'a/b'", "{\"m\":12345678901234567891}",
     .version = SQL_2016_03_23},
    /* 40 */
    {"{\"color\":\"yellow\"}",
     "SELECT CASE color WHEN 'green' THEN 'go' WHEN 'yellow' THEN 'caution' WHEN 'red' THEN 'stop' "
     "ELSE 'you are not at a stop light' END as instructions FROM 'a/b'",
     "{\"instructions\":\"caution\"}", .version = SQL_2016_03_23},
    /* 41 */
    {"{\"color\":\"blue\"}", "SELECT color, CASE color WHEN 'red' THEN 1 END AS c FROM 'a/b'",
     "{\"color\":\"blue\"}", .version = SQL_2016_03_23},
    /* 42 */
    {"{}", "SELECT CASE color WHEN 'red' THEN 1 ELSE 2 END AS c FROM 'a/b'", "{}",
     .version = SQL_2016_03_23},
    /* 43 */
    {"{\"lat_long\":[47.606,-122.332]}",
     "SELECT {'latitude': get(lat_long, 0),'longitude':get(lat_long, 1)} as lat_long FROM 'a/b'",
     "{\"lat_long\":{\"latitude\":47.606,\"longitude\":-122.332}}", .version = SQL_2016_03_23},
    /* 44 */
    {"{\"lat\":47.606,\"long\":-122.332}", "SELECT [lat,long] as lat_long FROM 'a/b'",
     "{\"lat_long\":[47.606,-122.332]}", .version = SQL_2016_03_23},
    /* 45 */
    {"{\"e\":[{\"n\":\"temperature\",\"u\":\"Cel\",\"t\":1234,\"v\":22.5},{\"n\":\"light\",\"u\":"
     "\"lm\",\"t\":1235,\"v\":135},{\"n\":\"acidity\",\"u\":\"pH\",\"t\":1235,\"v\":7}]}",
     "SELECT (SELECT VALUE n FROM e) as sensors FROM 'a/b'",
     "{\"sensors\":[\"temperature\",\"light\",\"acidity\"]}", .version = SQL_2016_03_23},
    /* 46 */
    {"{\"e\":[{\"n\":\"temperature\",\"u\":\"Cel\",\"t\":1234,\"v\":22.5},{\"n\":\"light\",\"u\":"
     "\"lm\",\"t\":1235,\"v\":135},{\"n\":\"acidity\",\"u\":\"pH\",\"t\":1235,\"v\":7}]}",
     "SELECT (SELECT v FROM e WHERE n = 'temperature') as temperature FROM 'a/b'",
     "{\"temperature\":[{\"v\":22.5}]}", .version = SQL_2016_03_23},
    /* 47 */
    {"{\"e\":[{\"n\":\"temperature\",\"u\":\"Cel\",\"t\":1234,\"v\":22.5},{\"n\":\"light\",\"u\":"
     "\"lm\",\"t\":1235,\"v\":135},{\"n\":\"acidity\",\"u\":\"pH\",\"t\":1235,\"v\":7}]}",
     "SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'a/b'",
     "{\"temperature\":22.5}", .version = SQL_2016_03_23},
    /* 48 */
    {"{\"e\":[{\"n\":\"temperature\",\"u\":\"Cel\",\"t\":1234,\"v\":22.5},{\"n\":\"light\",\"u\":"
     "\"lm\",\"t\":1235,\"v\":135},{\"n\":\"acidity\",\"u\":\"pH\",\"t\":1235,\"v\":7}]}",
     "SELECT (SELECT VALUE v FROM e WHERE v > 10) AS big FROM 'a/b'", "{\"big\":[22.5,135]}",
     .version = SQL_2016_03_23},
    /* 49 */
    {"{\"e\":[{\"n\":\"temperature\",\"u\":\"Cel\",\"t\":1234,\"v\":22.5},{\"n\":\"light\",\"u\":"
     "\"lm\",\"t\":1235,\"v\":135},{\"n\":\"acidity\",\"u\":\"pH\",\"t\":1235,\"v\":7}]}",
     "SELECT (SELECT n, v FROM e WHERE u = 'none') AS r FROM 'a/b'", "{\"r\":[]}",
     .version = SQL_2016_03_23},
    /* 50 */
    {"{\"a\":{\"b\":\"c\"},\"arr\":[1,2,3,4]}", "SELECT VALUE arr FROM 'a/b'", "[1,2,3,4]",
     .version = SQL_2016_03_23},
    /* 51 */
    {"{\"arr\":[1,2,3]}", "SELECT * FROM 'a/b' WHERE 3 IN arr", "{\"arr\":[1,2,3]}",
     .version = SQL_2016_03_23},
    /* 52 */
    {"{\"arr\":[1,2,3]}", "SELECT * FROM 'a/b' WHERE exists (select * from arr as a where a = 3)",
     "{\"arr\":[1,2,3]}", .version = SQL_2016_03_23},
    /* 53 */
    {"{\"arr\":[1,2]}", "SELECT * FROM 'a/b' WHERE exists (select * from arr as a where a = 3)",
     NULL, .version = SQL_2016_03_23},
    /* 54 */
    {"{\"mydata\":{\"item2\":{\"0\":{\"my-key\":\"myValue\"}}}}",
     "SELECT * FROM 'a/b' WHERE get(get(get(mydata,\"item2\"),\"0\"),\"my-key\") = \"myValue\"",
     "{\"mydata\":{\"item2\":{\"0\":{\"my-key\":\"myValue\"}}}}", .version = SQL_2016_03_23},
    /* 55 */
    {"{\"deviceid\":\"iot123\",\"temp\":54.98,\"humidity\":32.43}",
     "SELECT temp, md5(deviceid) AS hashed_id FROM 'topic/#'",
     "{\"temp\":54.98,\"hashed_id\":\"e37f81fb397e595c4aeb5645b8cbbbd1\"}",
     .version = SQL_2016_03_23, .topic = "topic/x"},
    /* 56 */
    {"{\"encoded_temp\":\"eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==\"}",
     "SELECT decode(encoded_temp,\"base64\").temperature AS temp FROM 'a/b'", "{\"temp\":33}",
     .version = SQL_2016_03_23},
    /* 57 */
    {"80",
     "SELECT decode(encode(*, 'base64'), 'base64') AS value FROM 'a/b' WHERE decode(encode(*, "
     "'base64'), 'base64') > 50",
     "{\"value\":80}", .version = SQL_2016_03_23},
    /* 58 */
    {binary, "SELECT encode(*, 'base64') AS data FROM 'a/b'", "{\"data\":\"AP8Q\"}",
     .version = SQL_2016_03_23, .len = sizeof binary - 1},
    /* 59 */
    {binary, "SELECT * FROM 'a/b'", binary, .version = SQL_2016_03_23, .len = sizeof binary - 1},
    /* 60 */
    {"", "SELECT *, clientid() AS c FROM 'a/b'", "{\"c\":\"dev1\"}", .version = SQL_2016_03_23},
    /* 61 */
    {"{\"attributes\":{\"data1\":1,\"data2\":2},\"values\":[{\"a\":3},{\"b\":4},{\"c\":5}]}",
     "select value transform(\"enrichArray\", attributes, values) from 'a/b'",
     "[{\"a\":3,\"data1\":1,\"data2\":2},{\"b\":4,\"data1\":1,\"data2\":2},{\"c\":5,\"data1\":1,"
     "\"data2\":2}]",
     .version = SQL_2016_03_23},
    /* 62 */
    {"{\"attributes\":{\"data1\":1,\"data2\":2},\"values\":[{\"a\":3},{\"b\":4},{\"c\":5}]}",
     "select value transform(\"enrichArray\", {\"key\": attributes.data1}, values) from 'a/b'",
     "[{\"a\":3,\"key\":1},{\"b\":4,\"key\":1},{\"c\":5,\"key\":1}]", .version = SQL_2016_03_23},
    /* 63 */
    {"{\"data1\":\"example\",\"data2\":{\"a\":\"first\",\"b\":\"second\",\"c\":[{\"x\":{\"i\":5},"
     "\"y\":true},{\"x\":{\"i\":10},\"y\":false}]}}",
     "select value transform('enrichArray', (select a, b from data2), (select value c from data2)) "
     "from 'a/b'",
     "[{\"x\":{\"i\":5},\"y\":true,\"a\":\"first\",\"b\":\"second\"},{\"x\":{\"i\":10},\"y\":false,"
     "\"a\":\"first\",\"b\":\"second\"}]",
     .version = SQL_2016_03_23},
    /* 64 */
    {"{\"any\":1}",
     "SELECT parse_time(\"yyyy.MM.dd G 'at' HH:mm:ss z\", 100000000, 'America/Belize') as ts FROM "
     "'a/b'",
     "{\"ts\":\"1970.01.01 AD at 21:46:40 CST\"}", .version = SQL_2016_03_23},
    /* 65 */
    {"{\"temperature\":31}", "SELECT topic(2) as device_id, temperature FROM 'device/+/data'",
     "{\"device_id\":\"22\",\"temperature\":31}", .version = SQL_2016_03_23,
     .topic = "device/22/data"},
    /* 66 */
    {"{\"color\":\"red\",\"temperature\":50}", "SELECT * as payload, topic() as topic FROM 'a/b'",
     "{\"payload\":{\"color\":\"red\",\"temperature\":50},\"topic\":\"a/b\"}",
     .version = SQL_2016_03_23},
    /* 67 */
    {"{\"color\":\"red\",\"temperature\":50}",
     "SELECT {'message': *, 't': topic()} AS env FROM 'a/b'",
     "{\"env\":{\"message\":{\"color\":\"red\",\"temperature\":50},\"t\":\"a/b\"}}",
     .version = SQL_2016_03_23},
    /* 68 */
    {"{\"color\":\"red\",\"temperature\":50}",
     "SET @c = (temperature - 32) * 5 / 9, @hot = @c > 5 SELECT @c AS celsius FROM 'a/b' WHERE "
     "@hot",
     "{\"celsius\":10}", .version = SQL_2016_03_23},
    /* 69 */
    {"{\"color\":\"red\",\"temperature\":50}",
     "SELECT topic() AS t, topic(3) AS f FROM 'Buildings/#'",
     "{\"t\":\"Buildings/B5/F2\",\"f\":\"F2\"}", .version = SQL_2016_03_23,
     .topic = "Buildings/B5/F2"},
    /* 70 */
    {"{\"state\":{\"desired\":{\"x\":1}},\"version\":7}",
     "SELECT state, version FROM '$aws/things/+/shadow/update/delta'",
     "{\"state\":{\"desired\":{\"x\":1}},\"version\":7}", .version = SQL_2016_03_23,
     .topic = "$aws/things/lamp/shadow/update/delta"},
    /* 71 */
    {"{\"certificateId\":\"5e87\",\"certificateStatus\":\"PENDING_ACTIVATION\"}",
     "SELECT * FROM '$aws/events/certificates/registered/5e87'",
     "{\"certificateId\":\"5e87\",\"certificateStatus\":\"PENDING_ACTIVATION\"}",
     .version = SQL_2016_03_23, .topic = "$aws/events/certificates/registered/5e87"},
    /* 73 */
    {"{\"a\":1}", "SELECT clientid() AS c, traceid() AS t FROM 'a/b'", "{\"c\":\"n/a\"}",
     .version = SQL_2016_03_23, .client = "-"},
    /* 74 */
    {"{\"arr\":[\"p\",\"q\"]}",
     "SELECT get(arr, 1) AS a, get(arr, 5) AS b, get(arr, \"1\") AS c FROM 'a/b'",
     "{\"a\":\"q\",\"c\":\"q\"}", .version = SQL_2016_03_23},
    /* 75 */
    {"{\"n\":\"abc\"}", "SELECT abs(n) AS a, abs(\"-5.123\") AS b, floor([1,2,3]) AS c FROM 'a/b'",
     "{\"b\":5.123}", .version = SQL_2016_03_23},
    /* 76 */
    {"{\"tags\":[\"x\",\"y\"]}",
     "SELECT concat(tags, \"z\") AS t, concat(\"n=\", 1) AS s FROM 'a/b'",
     "{\"t\":[\"x\",\"y\",\"z\"],\"s\":\"n=1\"}", .version = SQL_2016_03_23},
    /* 77 */
    {"{\"b\":true}",
     "SELECT cast(b AS Int) AS i, cast(b AS String) AS s, cast(\"x\" AS Int) AS u FROM 'a/b'",
     "{\"i\":1,\"s\":\"true\"}", .version = SQL_2016_03_23},
    /* 78 */
    {"[{\"x\":1},{\"x\":2}]", "SELECT get(*, 1).x AS x FROM 'a/b'", "{\"x\":2}",
     .version = SQL_2016_03_23},
    /* 79 */
    {"{\"foo\":{\"bar\":\"RED\"}}", "SELECT foo.bar AS bar.baz FROM 'a/b'",
     "{\"bar\":{\"baz\":\"RED\"}}", .version = SQL_2016_03_23},
    /* 80 */
    {"{\"deviceid\":\"d1\"}",
     "SELECT deviceid FROM 'a/b' WHERE regexp_matches(deviceid, '^d[0-9]+$') AND "
     "startswith(topic(), 'a')",
     "{\"deviceid\":\"d1\"}", .version = SQL_2016_03_23},
};

static void check_case(const struct sql_case *c) {
    AUTO(buf) out = {0};
    bool runs = sql_run(c, &out);
    bytes wanted = c->out && c->out == c->payload && c->len ? bytes_of(c->out, c->len)
                   : c->out                                 ? bytes_from(c->out)
                                                            : (bytes){0};
    if (runs != (c->out != NULL) || (runs && !bytes_equal(buf_bytes(&out), wanted)))
        (void)fprintf(stderr, "%s\n  on %s\n  gives %s\n", c->sql, c->payload,
                      runs ? buf_string(&out) : "no action");
    CHECK_INT(runs, c->out != NULL);
    if (c->out)
        CHECK_BYTES(buf_bytes(&out), wanted);
}

TEST(statements_give_what_the_examples_say) {
    for (size_t i = 0; i < COUNT_OF(statements); i++)
        check_case(&statements[i]);
}

/* ---- expressions [AWS rules 11.2] ---- */

struct expression {
    const char *text, *value; /* NULL: Undefined */
};

static void check_expression(const struct expression *x) {
    AUTO(buf) sql = {0};
    AUTO(buf) out = {0};
    buf_printf(&sql, "SELECT %s AS r FROM 'a/b'", x->text);
    if (x->value)
        buf_printf(&out, "{\"r\":%s}", x->value);
    else
        buf_text(&out, "{}");
    check_case(&(struct sql_case){"{\"any\":1}", buf_string(&sql), buf_string(&out),
                                  .version = SQL_2016_03_23});
}

static const struct expression documented[] = {
    {"abs(-5)", "5"},
    {"acos(0)", "1.5707963267948966"},
    {"atan2(1,0)", "1.5707963267948966"},
    {"bitand(13,5)", "5"},
    {"bitor(8,5)", "13"},
    {"bitxor(13,5)", "8"},
    {"ceil(1.2)", "2"},
    {"ceil(-1.2)", "-1"},
    {"chr(65)", "\"A\""},
    {"chr(49)", "\"1\""},
    {"concat([1,2,3],4)", "[1,2,3,4]"},
    {"concat([1,2,3],\"hello\")", "[1,2,3,\"hello\"]"},
    {"concat(\"con\",\"cat\")", "\"concat\""},
    {"concat(1,\"hello\")", "\"1hello\""},
    {"concat([1,2,3],\"hello\",[4,5,6])", "[1,2,3,\"hello\",4,5,6]"},
    {"concat()", NULL},
    {"cosh(2.3)", "5.037220649268761"},
    {"endswith(\"cat\",\"at\")", "true"},
    {"floor(1.2)", "1"},
    {"floor(-1.2)", "-2"},
    {"get([\"a\",\"b\",\"c\"],1)", "\"b\""},
    {"get({\"a\":\"b\"},\"a\")", "\"b\""},
    {"indexof(\"abcd\",\"bc\")", "1"},
    {"isNull(5)", "false"},
    {"isUndefined(floor([1,2,3]))", "true"},
    {"length(\"hi\")", "2"},
    {"length(false)", "5"},
    {"log(100)", "2"},
    {"lower(\"HELLO\")", "\"hello\""},
    {"lower([\"HELLO\"])", "\"[\\\"hello\\\"]\""},
    {"lpad(\"hello\",2)", "\"  hello\""},
    {"lpad(1,3)", "\"   1\""},
    {"ltrim(\" h i \")", "\"h i \""},
    {"md2(\"hello\")", "\"a9046c73e00331af68917d3804f70655\""},
    {"md5(\"hello\")", "\"5d41402abc4b2a76b9719d911017c592\""},
    {"mod(8,3)", "2"},
    {"nanvl(8,3)", "8"},
    {"nanvl(missing,3)", "3"},
    {"numbytes(\"hi\")", "2"},
    {"numbytes(\"€\")", "3"},
    {"power(2,5)", "32"},
    {"regexp_matches(\"aaaa\",\"a{2,}\")", "true"},
    {"regexp_matches(\"aaaa\",\"b\")", "false"},
    {"regexp_replace(\"abcd\",\"bc\",\"x\")", "\"axd\""},
    {"regexp_replace(\"abcd\",\"b(.*)d\",\"$1\")", "\"ac\""},
    {"regexp_substr(\"hihihello\",\"hi\")", "\"hi\""},
    {"regexp_substr(\"hihihello\",\"(hi)*\")", "\"hihi\""},
    {"replace(\"abcdabcd\",\"b\",\"x\")", "\"axcdaxcd\""},
    {"round(1.2)", "1"},
    {"round(1.5)", "2"},
    {"round(-1.1)", "-1"},
    {"round(-1.5)", "-2"},
    {"rpad(\"hello\",2)", "\"hello  \""},
    {"sha1(\"5\")", "\"ac3478d69a3c81fa62e60f5c3696165a4e5e6ac4\""},
    {"sign(-7)", "-1"},
    {"sign(0)", "0"},
    {"sinh(2.3)", "4.936961805545957"},
    {"sqrt(9)", "3"},
    {"startswith(\"ranger\",\"ran\")", "true"},
    {"substring(\"012345\",0)", "\"012345\""},
    {"substring(\"012345\",2)", "\"2345\""},
    {"substring(\"012345\",2.745)", "\"2345\""},
    {"substring(123,2)", "\"3\""},
    {"substring(\"012345\",-1)", "\"012345\""},
    {"substring(true,1.2)", "\"rue\""},
    {"substring(false,-2.411E247)", "\"false\""},
    {"substring(\"012345\",1,3)", "\"12\""},
    {"substring(\"012345\",-50,50)", "\"012345\""},
    {"substring(\"012345\",3,1)", "\"\""},
    {"tan(3)", "-0.1425465430742778"},
    {"tanh(2.3)", "0.9800963962661914"},
    {"time_to_epoch(\"2020-04-03 09:45:18 UTC+01:00\",\"yyyy-MM-dd HH:mm:ss VV\")",
     "1585903518000"},
    {"time_to_epoch(\"18 December 2015\",\"dd MMMM yyyy\")", "1450396800000"},
    {"time_to_epoch(\"2007-12-03 10:15:30.592 America/Los_Angeles\",\"yyyy-MM-dd HH:mm:ss.SSS z\")",
     "1196705730592"},
    {"parse_time(\"yyyy-MM-dd HH:mm:ss\",1767323045000)", "\"2026-01-02 03:04:05\""},
    {"trim(\" hi \")", "\"hi\""},
    {"trunc(2.3,0)", "2"},
    {"trunc(2.3123,2)", "2.31"},
    {"trunc(2.888,2)", "2.88"},
    {"trunc(2.00,5)", "2"},
    {"upper([\"hello\"])", "\"[\\\"HELLO\\\"]\""},
    {"encode(\"{\\\"a\\\":1}\",'base64')", "\"eyJhIjoxfQ==\""},
};

TEST(expressions_give_what_the_examples_say) {
    for (size_t i = 0; i < COUNT_OF(documented); i++)
        check_expression(&documented[i]);
}

/* ---- what the tables say besides ---- */

static const struct expression others[] = {
    /* conversions of arguments [AWS rules 2.1] */
    {"abs(true)", NULL},
    {"abs(null)", NULL},
    {"abs([1])", NULL},
    {"abs('1e2')", "100"},
    {"abs('1e+2')", NULL},
    {"length(12.50)", "4"},
    {"length(null)", NULL},
    {"length(missing)", NULL},
    {"upper(null)", NULL},
    {"get([5,6], 0.6)", "6"},
    {"get([5,6], '0.6')", "5"},
    {"get([5,6], -1)", NULL},
    {"get('aéz', 1)", "\"é\""},
    {"get({'1':2}, 1)", NULL},
    /* cast */
    {"cast(2.9 AS Int)", "2"},
    {"cast(-2.9 AS Integer)", "-2"},
    {"cast('2.9' AS int)", "2"},
    {"cast('x' AS Double)", NULL},
    {"cast(1.50 AS Decimal)", "1.5"},
    {"cast(false AS Double)", "0"},
    {"cast(0 AS Boolean)", "false"},
    {"cast(-3 AS Bool)", "true"},
    {"cast('TRUE' AS Boolean)", "true"},
    {"cast('yes' AS Boolean)", NULL},
    {"cast(null AS String)", NULL},
    {"cast({'a':[1,null]} AS Varchar)", "\"{\\\"a\\\":[1,null]}\""},
    /* operators [AWS rules 3] */
    {"true AND missing", NULL},
    {"false AND missing", NULL},
    {"false OR missing", NULL},
    {"'TRUE' OR false", "true"},
    {"1 OR true", NULL},
    {"NOT 'false'", "true"},
    {"NOT 1", NULL},
    {"NOT null", NULL},
    {"'10' > 9", "true"},
    {"'a' > 'b'", NULL},
    {"true < 2", NULL},
    {"null < 2", NULL},
    {"1 = 1.0", "true"},
    {"'5' = 5", "false"},
    {"null = null", "true"},
    {"null <> null", "false"},
    {"null <> 1", "true"},
    {"1 != 2", "true"},
    {"missing = missing", NULL},
    {"missing <> 1", NULL},
    {"[1,{'a':2}] = [1,{'a':2.0}]", "true"},
    {"{'a':1,'b':2} = {'b':2,'a':1}", "true"},
    {"{'a':1} = {'a':1,'b':2}", "false"},
    {"{'a':missing} = {}", "true"},
    {"[missing] = [null]", "true"},
    {"decode(encode('{\"a\":1,\"a\":2}', 'base64'), 'base64') = {'a':2}", "true"},
    {"decode(encode('{\"a\":1e9999,\"b\":1}', 'base64'), 'base64') = {'b':1}", "true"},
    {"1e35 + 0", "1E+35"},
    {"[1,2] = [2,1]", "false"},
    {"1 + '1'", "\"11\""},
    {"'1' + 1.50", "\"11.5\""},
    {"'a' + null", NULL},
    {"1 + true", NULL},
    {"'3' * '4'", "12"},
    {"3 - missing", NULL},
    {"7 / 2", "3"},
    {"-7 / 2", "-3"},
    {"7 / 0", NULL},
    {"7 / 2.0", "3"},
    {"7.5 / 2.5", "3"},
    {"1 / '3'", "0.3333333333333333333333333333333333"},
    {"7 % 0", NULL},
    {"-7 % 3", "-1"},
    {"7.5 % 2", "1.5"},
    {"2 + 3 * 4 - 1", "13"},
    {"(2 + 3) * 4", "20"},
    {"- -3", "3"},
    {"-'3'", "-3"},
    {"1 + 2 = 3 AND NOT 1 = 2", "true"},
    {"2 IN [1, 2.0]", "true"},
    {"'2' IN [1, 2]", "false"},
    {"2 IN 2", NULL},
    {"9999999999999999999999999999999999 + 1", "1E+34"},
    {"1e900 * 1e900", NULL},
    /* paths */
    {"any.x", NULL},
    {"{'a':{'b':7}}.a.b", "7"},
    {"[{'a':1}].a", NULL},
    {"{'from':1}.from + {'as':2}.as", "3"},
    /* CASE */
    {"CASE 2 WHEN 1 THEN 'a' WHEN 2.0 THEN 'b' END", "\"b\""},
    {"CASE 3 WHEN 1 THEN 'a' END", NULL},
    {"CASE 3 WHEN missing THEN 1 ELSE 2 END", "2"},
    {"CASE null WHEN null THEN 1 END", "1"},
    /* nested SELECTs */
    {"(SELECT VALUE x.a FROM [{'a':1},{'b':2},{'a':3}] AS x)", "[1,3]"},
    {"(SELECT a FROM {'a':1,'b':2})", "{\"a\":1}"},
    {"(SELECT VALUE a FROM {'a':1})", "1"},
    {"(SELECT * FROM [1,2,3] AS n WHERE n > 1)", "[2,3]"},
    {"(SELECT VALUE any FROM [{'b':1}])", "[]"},
    {"EXISTS (SELECT * FROM [] AS x)", "false"},
    {"EXISTS (SELECT * FROM missing)", "false"},
    /* functions whose examples leave something open [AWS rules 4] */
    {"bitnot(13)", "-14"},
    {"bitand('5.9', 4.1)", "4"},
    {"ceil('x')", NULL},
    {"chr(65.9)", "\"A\""},
    {"chr(128)", NULL},
    {"chr(-1)", NULL},
    {"concat('a', 1, null)", NULL},
    {"decode('!!', 'base64')", "null"},
    {"decode('YQ==', 'hex')", NULL},
    {"encode('a', 'base64')", "\"YQ==\""},
    {"exp(0)", "1"},
    {"indexof('abc', 'x')", "-1"},
    {"indexof('äbc', 'c')", "2"},
    {"ln(0)", NULL},
    {"sqrt(-1)", NULL},
    {"acos(2)", NULL},
    {"lower('ÄÖÜ ΑΒΓ')", "\"äöü αβγ\""},
    {"upper('straße')", "\"STRAßE\""},
    {"lpad('x', -5)", "\"x\""},
    {"length(rpad('x', 5000))", "1001"},
    {"mod(8, 0)", NULL},
    {"nanvl(null, 3)", "3"},
    {"get_or_default(missing, 'd')", "\"d\""},
    {"power(2, 0.5)", "1.4142135623730951"},
    {"regexp_matches('a', '(')", NULL},
    {"regexp_matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '^(a+)+$')", NULL},
    {"regexp_substr(rpad('x', 200) + 'éb12', '[a-z][0-9]+')", "\"b12\""},
    {"regexp_substr(rpad('', 63) + 'é1', '.1')", "\"é1\""},
    {"regexp_matches(rpad('x', 1000), 'y')", "false"},
    {"regexp_matches(rpad('x', 100), '^ ')", "false"},
    {"length(regexp_replace(rpad('x', 999), ' ', 'ab'))", "1999"},
    {"regexp_replace('abab', '', '-')", "\"-a-b-a-b-\""},
    {"regexp_replace('abc', 'b', '$9')", NULL},
    {"regexp_substr('abc', 'x')", NULL},
    {"replace('abc', '', 'x')", "\"abc\""},
    {"round(-2.5)", "-3"},
    {"substring('äöü', 1, 2)", "\"ö\""},
    {"trunc(-2.999, 1)", "-2.9"},
    {"trunc(1.5, 99)", "1.5"},
    {"trunc('7.77', 1)", "7.7"},
    {"transform('other', {}, [])", NULL},
    {"transform('enrichArray', {'a':9,'b':8}, [{'a':1}])", "[{\"a\":1,\"b\":8}]"},
    {"transform('enrichArray', {'a':9}, [7,[8]])", "[7,[8]]"},
    {"isUndefined(transform('enrichArray', {'a':rpad(rpad('x',1000),1000)}, "
     "concat([{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}],[{},{},{},{},{},{},{},{}"
     ",{},{},{},{},{},{},{},{},{},{},{},{}],[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},"
     "{},{}],[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}])))",
     "true"},
    {"abs()", NULL},
    {"abs(1, 2)", NULL},
    {"accountid()", "\"123456789012\""},
    {"clientid()", "\"dev1\""},
    {"principal()", "\"0123abcd\""},
    {"sourceip()", "\"192.0.2.7\""},
    {"traceid()", "\"6a5cbb4c-6ca5-4f1f-a4a3-1f8b5e8a0b1c\""},
    {"timestamp()", "1767323045000"},
    {"sql_version()", "\"2016-03-23\""},
    {"topic(1) + '/' + topic(2)", "\"a/b\""},
    {"topic(3)", NULL},
    {"topic(0)", NULL},
    {"get_mqtt_property('content_type')", NULL},
    {"get_user_properties()", "[]"},
    {"length(newuuid())", "36"},
    {"rand() < 1", "true"},
    {"aws_lambda('arn:x', {})", NULL},
    /* time */
    {"parse_time('EEEE, d MMM yy h:mm a', 0)", "\"Thursday, 1 Jan 70 12:00 AM\""},
    {"parse_time('yyyy-MM-dd HH:mm:ss.SSSZZ', 1767323045678, 'Asia/Tokyo')",
     "\"2026-01-02 12:04:05.678+09:00\""},
    {"parse_time('HH:mm z', 1751328000000, 'America/New_York')", "\"20:00 EDT\""},
    {"parse_time('yyyy-MM-dd EEE D', -62135596800000)", "\"0001-01-01 Mon 1\""},
    {"parse_time('yyyy-MM-dd EEE D', 253402300799999)", "\"9999-12-31 Fri 365\""},
    {"parse_time('yyyy', 0, 'Nowhere/Else')", NULL},
    {"parse_time('b', 0)", NULL},
    {"parse_time(\"yyyy''MM\", 0)", "\"1970'01\""},
    {"time_to_epoch('2024-02-30', 'yyyy-MM-dd')", NULL},
    {"time_to_epoch('2024-02-29', 'yyyy-MM-dd')", "1709164800000"},
    {"time_to_epoch('2024-02-29x', 'yyyy-MM-dd')", NULL},
    {"time_to_epoch('11:30 PM', 'h:mm a')", "84600000"},
    {"time_to_epoch('2026-07-01 12:00 Europe/Berlin', 'yyyy-MM-dd HH:mm VV')", "1782900000000"},
};

TEST(expressions_give_what_the_tables_say) {
    for (size_t i = 0; i < COUNT_OF(others); i++)
        check_expression(&others[i]);
}

static const struct sql_case more_statements[] = {
    {"{\"value\":1}", "SELECT value FROM 'a/b'", "{\"value\":1}", .version = SQL_2016_03_23},
    {"{\"value\":1}", "SELECT value + 1 AS v FROM 'a/b'", "{\"v\":2}", .version = SQL_2016_03_23},
    {"{\"end\":1}", "SELECT end, set AS s FROM 'a/b'", "{\"end\":1}", .version = SQL_2016_03_23},
    {"{\"a\":1}", "select\n  a\nfrom\t'a/b'\r\nwhere a=1", "{\"a\":1}", .version = SQL_2016_03_23},
    {"{\"a\":1,\"b\":2}", "SELECT *, a + 1 AS a FROM 'a/b'", "{\"a\":2,\"b\":2}",
     .version = SQL_2016_03_23},
    {"{\"a\":1}", "SELECT a AS x.y, a AS x.z FROM 'a/b'", "{\"x\":{\"y\":1,\"z\":1}}",
     .version = SQL_2016_03_23},
    {"{\"a\":10.0}", "SELECT a FROM 'a/b'", "{\"a\":10}", .version = SQL_2016_03_23},
    {"{\"a\":10.0}", "SELECT a FROM 'a/b'", "{\"a\":10.0}", .version = SQL_2015_10_08},
    {"{\"a\":7}", "SELECT 10.0 AS t, a / 2.0 AS q FROM 'a/b'", "{\"t\":10.0,\"q\":3.5}",
     .version = SQL_2015_10_08},
    {"{\"a\":7}", "SELECT 10.0 AS t, a / 2.0 AS q FROM 'a/b'", "{\"t\":10,\"q\":3}",
     .version = SQL_2016_03_23},
    {"{\"a\":10.0}", "SELECT * FROM 'a/b'", "{\"a\":10.0}", .version = SQL_2016_03_23},
    {"{\"a\":1}", "SELECT *, missing AS a FROM 'a/b'", "{\"a\":1}", .version = SQL_2016_03_23},
    {"{\"a\":1,\"a\":2}", "SELECT *, a AS b FROM 'a/b'", "{\"a\":2,\"b\":2}",
     .version = SQL_2016_03_23},
    {"{\"a\":{\"x\":1,\"x\":2}}", "SELECT a, 3 AS a.y FROM 'a/b'", "{\"a\":{\"x\":2,\"y\":3}}",
     .version = SQL_2016_03_23},
    {"{\"a\":1}", "SELECT missing AS x.y FROM 'a/b'", "{}", .version = SQL_2016_03_23},
    {"no JSON", "SELECT *, 1 AS k FROM 'a/b'", "no JSON", .version = SQL_2016_03_23},
    {"no JSON", "SELECT a FROM 'a/b'", "{}", .version = SQL_2016_03_23},
    {"[1,2]", "SELECT * FROM 'a/b'", "[1,2]", .version = SQL_2016_03_23},
    {"{\"t\":1}", "SELECT 'it''s' AS a, \"say \\\"x\\\"\" AS b FROM 'a/b'",
     "{\"a\":\"it's\",\"b\":\"say \\\"x\\\"\"}", .version = SQL_2016_03_23},
    {"{\"t\":1}", "SELECT t FROM 'a/b' WHERE t", NULL, .version = SQL_2016_03_23},
    {"{\"t\":\"true\"}", "SELECT t FROM 'a/b' WHERE t", NULL, .version = SQL_2016_03_23},
    {"{\"t\":1}", "SELECT t", "{\"t\":1}", .version = SQL_2016_03_23},
    {"{\"o\":{\"x\":1}}", "SET @o = o SELECT @o.x AS x FROM 'a/b'", "{\"x\":1}",
     .version = SQL_2016_03_23},
};

TEST(statements_give_what_the_tables_say) {
    for (size_t i = 0; i < COUNT_OF(more_statements); i++)
        check_case(&more_statements[i]);
}

/* ---- statements that cannot be read ---- */

static const struct {
    const char *sql, *part;
} broken[] = {
    {"", "the statement ends too early (line 1, column 1)"},
    {"SELECT", "the statement ends too early"},
    {"SELECT * FROM topic/#", "'topic' is not expected here (line 1, column 15)"},
    {"SELECT * FROM \"a/b\"", "'\"a/b\"' is not expected here"},
    {"SELECT *\nFROM 'a/b'\nWHERE (1", "the statement ends too early (line 3, column 9)"},
    {"SELECT nosuch(1) FROM 'a'", "there is no function nosuch"},
    {"SELECT machinelearning_predict('m','r',1) FROM 'a'",
     "there is no function machinelearning_predict here: it asks Amazon Machine Learning"},
    {"SELECT Get_DynamoDB('t','k',1,'r') AS a FROM 'a' WHERE get_dynamodb('t','k',2,'r').x = 1",
     "get_dynamodb can be called once in a statement (line 1, column "},
    {"SELECT get_thing_shadow('t','r') FROM 'a'", "this server has no shadows yet"},
    {"SELECT cast(1 AS Blob) FROM 'a'", "there is no type Blob to cast to"},
    {"SELECT @x FROM 'a'", "the variable @x has no value: SET gives it one"},
    {"SET @x = 1, @x = 2 SELECT @x FROM 'a'", "the variable @x has a value already"},
    {"SELECT a[0] FROM 'a'", "'[' is not expected here"},
    {"SELECT a LIKE 'b' FROM 'a'", "'LIKE' is not expected here"},
    {"SELECT 'open FROM 'a", "is not expected here"},
    {"SELECT a; FROM 'a'", "';' is no part of the language"},
    {"SELECT 1e9999 FROM 'a'", "out of range"},
    {"SELECT * FROM 'a' GROUP BY b", "'GROUP' is not expected here"},
};

TEST(what_cannot_be_read_is_refused_with_its_place) {
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct sql_statement *s = NULL;
        CHECK_FAILS(sql_compile(bytes_from(broken[i].sql), SQL_2016_03_23, &s), E_SQL_PARSE,
                    broken[i].part);
    }
}

static void compile_prefix(bytes prefix) {
    struct sql_statement *s;
    if (sql_compile(prefix, SQL_BETA, &s) == OK)
        sql_statement_free(s);
}

TEST(no_truncation_reads_beyond_its_end) {
    test_each_truncation(
        BYTES("SET @c = (temperature - 32.5e1) * 5 SELECT *, @c AS a.b, "
              "get((SELECT VALUE v FROM e AS x WHERE NOT x.n <> 'q''\\n'), 0) AS "
              "\"k\", CASE a WHEN 1 THEN [1,{'k':*}] ELSE null END FROM 'a/+/#' WHERE "
              "x IN [1, 2] AND EXISTS (SELECT * FROM y)"),
        compile_prefix);
}

TEST(depth_and_work_are_bounded) {
    AUTO(buf) deep = {0};
    AUTO(buf) wide = {0};
    AUTO(buf) out = {0};
    struct sql_statement *s;
    buf_text(&deep, "SELECT ");
    for (int i = 0; i < 5000; i++)
        buf_text(&deep, "(");
    CHECK_FAILS(sql_compile(buf_bytes(&deep), SQL_2016_03_23, &s), E_SQL_PARSE,
                "nested too deeply");
    buf_clear(&deep);
    buf_text(&deep, "SELECT 1");
    for (int i = 0; i < 5000; i++)
        buf_text(&deep, "+1");
    CHECK_FAILS(sql_compile(buf_bytes(&deep), SQL_2016_03_23, &s), E_SQL_PARSE,
                "nested too deeply");
    /* 2000³ elements, and a text that doubles forty times */
    buf_text(&wide, "{\"a\":[0");
    for (int i = 1; i < 2000; i++)
        buf_text(&wide, ",0");
    buf_text(&wide, "]}");
    (void)sql_run(
        &(struct sql_case){buf_string(&wide),
                           "SET @a = a SELECT (SELECT VALUE (SELECT VALUE (SELECT VALUE 1 "
                           "FROM @a) FROM @a) FROM @a) AS r FROM 'a/b'",
                           .version = SQL_2016_03_23},
        &out);
    CHECK(out.len < SQL_MEMORY_MAX);
    buf_clear(&deep);
    buf_text(&deep, "SET @v0 = 'xxxxxxxxxxxxxxxx'");
    for (int i = 1; i < 40; i++)
        buf_printf(&deep, ", @v%d = @v%d + @v%d", i, i - 1, i - 1);
    buf_text(&deep, " SELECT isUndefined(@v39) AS r FROM 'a/b'");
    check_case(
        &(struct sql_case){"{}", buf_string(&deep), "{\"r\":true}", .version = SQL_2016_03_23});
}

TEST(an_object_of_many_members_has_each_name_once) {
    AUTO(buf) payload = {0};
    AUTO(buf) expected = {0};
    for (int i = 0; i < 300; i++)
        buf_printf(&payload, "%s\"k%d\":%d", i ? "," : "{", i % 200, i);
    for (int i = 0; i < 200; i++)
        buf_printf(&expected, "%s\"k%d\":%d", i ? "," : "{", i, i < 100 ? i + 200 : i);
    buf_text(&payload, "}");
    buf_text(&expected, ",\"more\":1}");
    check_case(&(struct sql_case){buf_string(&payload), "SELECT *, 1 AS more FROM 'a/b'",
                                  buf_string(&expected), .version = SQL_2016_03_23});
}

/* Whether the statement ends in a bearable time: these took minutes, or would. */
TEST(no_work_of_functions_goes_uncounted) {
    static const char *const costly[] = {
        /* each place a match could begin takes four thousand steps */
        "SELECT regexp_matches(s, '(a?){12}b') AS r FROM 'a/b'",
        "SELECT (SELECT VALUE regexp_replace(s, '(a?){12}b', '') FROM l) AS r FROM 'a/b'",
        "SET @l = l, @k = [1, l] SELECT (SELECT VALUE @k = [1, @l] FROM @l) AS r FROM 'a/b'",
        "SET @l = l SELECT (SELECT VALUE -1 IN @l FROM @l) AS r FROM 'a/b'",
        "SET @l = l SELECT (SELECT VALUE get(@l, 19999) FROM @l) AS r FROM 'a/b'",
        "SET @s = s SELECT (SELECT VALUE indexof(@s, 'b') FROM l) AS r FROM 'a/b'"};
    AUTO(buf) payload = {0};
    buf_text(&payload, "{\"s\":\"");
    for (int i = 0; i < 60000; i++)
        buf_text(&payload, "a");
    buf_text(&payload, "\",\"l\":[");
    for (int i = 0; i < 20000; i++)
        buf_printf(&payload, "%s%d", i ? "," : "", i % 10);
    buf_text(&payload, "]}");
    for (size_t i = 0; i < COUNT_OF(costly); i++) {
        AUTO(buf) out = {0};
        clock_t begun = clock();
        CHECK(sql_run(
            &(struct sql_case){buf_string(&payload), costly[i], .version = SQL_2016_03_23}, &out));
        CHECK(clock() - begun < 10 * CLOCKS_PER_SEC);
    }
}

/* ---- templates [AWS rules 6.3, 11.3] ---- */

static const struct {
    const char *text, *filled;
    bool complete;
} templates[] = {
    {"plain", "plain", true},
    {"${topic()}/republish", "a/b/republish", true},
    {"${replace(topic(), '/', '-') + '-' + timestamp()}", "a-b-1767323045000", true},
    {"${parse_time('yyyy', timestamp(), 'UTC')}", "2026", true},
    {"$$aws/things/${topic(2)}/shadow/update", "$$aws/things/b/shadow/update", true},
    {"${color}", "red", true},
    {"${c}", "", false},
    {"out/${missing}/x", "out//x", false},
    {"${get({'}':1},'}')}${@t}", "150", true},
    {"${n}${list}${nothing}", "1.5[1,2]null", true},
};

TEST(templates_are_filled_from_the_message_that_came) {
    AUTO(arena) memory = {0};
    struct sql_statement *s;
    struct sql_message m = {.topic = BYTES("a/b"),
                            .payload = BYTES("{\"color\":\"red\",\"n\":1.50,\"list\":[1,2],"
                                             "\"nothing\":null,\"t\":50}"),
                            .now_ms = 1767323045000};
    CHECK_OK(sql_compile(BYTES("SET @t = t SELECT color AS c FROM 'a/b'"), SQL_2016_03_23, &s));
    struct sql_evaluation e = sql_begin(s, &m, &memory);
    for (size_t i = 0; i < COUNT_OF(templates); i++) {
        AUTO(buf) out = {0};
        struct sql_template *t;
        CHECK_OK(sql_template_compile(s, bytes_from(templates[i].text), &t));
        CHECK_INT(sql_template_is_plain(t), i == 0);
        CHECK_INT(sql_template_fill(t, &e, &out), templates[i].complete);
        CHECK_TEXT(buf_string(&out), templates[i].filled);
        sql_template_free(t);
    }
    struct sql_template *t;
    CHECK_FAILS(sql_template_compile(s, BYTES("x${1 + }"), &t), E_SQL_PARSE, "ends too early");
    CHECK_FAILS(sql_template_compile(s, BYTES("x${topic("), &t), E_SQL_PARSE, "closing brace");
    CHECK_FAILS(sql_template_compile(s, BYTES("${@nope}"), &t), E_SQL_PARSE, "@nope has no value");
    sql_statement_free(s);
}

/* ---- functions that ask others ---- */

static status invoke(void *context, bytes function, bytes event, struct arena *a, bytes *out) {
    UNUSED(context);
    if (bytes_equal(function, BYTES("broken")))
        return FAIL(E_UNAVAILABLE, "it does not answer");
    *out = bytes_from(
        arena_printf(a, "{\"f\":\"%.*s\",\"event\":%.*s}", BYTES_ARG(function), BYTES_ARG(event)));
    return OK;
}

static status registry_data(void *context, bytes operation, bytes thing, bytes role,
                            struct arena *a, bytes *out) {
    UNUSED(context);
    *out = bytes_from(arena_printf(a, "{\"asked\":\"%.*s %.*s %.*s\"}", BYTES_ARG(operation),
                                   BYTES_ARG(thing), BYTES_ARG(role)));
    return OK;
}

static status row(void *context, bytes table, const struct sql_key *keys, size_t count, bytes role,
                  struct arena *a, bytes *out) {
    AUTO(buf) asked = {0};
    UNUSED(context);
    if (bytes_equal(table, BYTES("locked")))
        return FAIL(E_UNAVAILABLE, "it is locked");
    for (size_t i = 0; i < count; i++)
        buf_printf(&asked, " %.*s=%s%.*s", BYTES_ARG(keys[i].column), keys[i].is_number ? "#" : "",
                   BYTES_ARG(keys[i].value));
    *out = bytes_from(arena_printf(a, "{\"asked\":\"%.*s%s as %.*s\",\"n\":1.50}", BYTES_ARG(table),
                                   buf_string(&asked), BYTES_ARG(role)));
    if (bytes_equal(table, BYTES("empty")))
        *out = (bytes){0};
    return OK;
}

TEST(get_dynamodb_asks_for_the_row_of_its_keys) { /* [AWS rules 4] */
    static const struct {
        const char *call, *result, *failures;
    } rows[] = {
        {"get_dynamodb('t', 'id', topic(2), 'r')", "{\"v\":{\"asked\":\"t id=b as r\",\"n\":1.50}}",
         ""},
        {"get_dynamodb('t', 'id', x, 'r').asked", "{\"v\":\"t id=#1 as r\"}", ""},
        {"GET_DYNAMODB('t', 'id', 'a', 'at', x + 0.5, 'r').asked",
         "{\"v\":\"t id=a at=#1.5 as r\"}", ""},
        {"get_dynamodb('empty', 'id', 'a', 'r')", "{}", ""},
        {"get_dynamodb('t', 'id', missing, 'r')", "{}", ""},
        {"get_dynamodb('t', 'id', true, 'r')", "{}", ""},
        {"get_dynamodb('t', 'id', 'a', 'at', 'r')", "{}", ""},
        {"get_dynamodb('locked', 'id', 'a', 'r')", "{}", "get_dynamodb: it is locked\n"},
    };
    struct sql_outside outside = {.row = row};
    struct sql_message m = {.topic = BYTES("a/b"), .payload = BYTES("{\"x\":1}")};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) memory = {0};
        AUTO(buf) text = {0};
        AUTO(buf) out = {0};
        AUTO(buf) failures = {0};
        struct sql_statement *s;
        bool json;
        buf_printf(&text, "SELECT %s AS v FROM 'a/b'", rows[i].call);
        CHECK_OK(sql_compile(buf_bytes(&text), SQL_2016_03_23, &s));
        CHECK(sql_reads_rows(s));
        struct sql_evaluation e = sql_begin(s, &m, &memory);
        e.outside = &outside;
        e.failures = &failures;
        sql_select(&e, &out, &json);
        CHECK_TEXT(buf_string(&out), rows[i].result);
        CHECK_TEXT(buf_string(&failures), rows[i].failures);
        sql_statement_free(s);
    }
}

TEST(functions_that_ask_others_are_lent_and_their_failures_noted) {
    AUTO(arena) memory = {0};
    AUTO(buf) out = {0};
    AUTO(buf) failures = {0};
    struct sql_outside outside = {.invoke = invoke, .registry_data = registry_data};
    struct sql_message m = {.topic = BYTES("a/b"), .payload = BYTES("{\"x\":1}")};
    struct sql_statement *s;
    bool json;
    CHECK_OK(sql_compile(
        BYTES("SELECT aws_lambda('f', {'all':*}).event.all.x AS x, aws_lambda('broken', 1) AS b, "
              "get_registry_data('DescribeThing', topic(2), 'r').asked AS r FROM 'a/b'"),
        SQL_2016_03_23, &s));
    struct sql_evaluation e = sql_begin(s, &m, &memory);
    e.outside = &outside;
    e.failures = &failures;
    sql_select(&e, &out, &json);
    CHECK_TEXT(buf_string(&out), "{\"x\":1,\"r\":\"DescribeThing b r\"}");
    CHECK_TEXT(buf_string(&failures), "aws_lambda: it does not answer\n");
    sql_statement_free(s);
}

/* m.proto, of proto2: message M { optional int32 t = 1; } */
static status object(void *context, bytes bucket, bytes key, struct arena *a, bytes *out) {
    static const char types[] = "\x0a\x19\x0a\x07m.proto\x22\x0e\x0a\x01M\x12\x09\x0a\x01t"
                                "\x18\x01\x20\x01\x28\x05";
    UNUSED(context);
    UNUSED(a);
    if (!bytes_equal(bucket, BYTES("b")) || !bytes_equal(key, BYTES("m.desc")))
        return FAIL(E_NOT_FOUND, "no such object");
    *out = bytes_of(types, sizeof types - 1);
    return OK;
}

TEST(decode_reads_protocol_buffers) { /* [AWS rules 4] */
    static const struct {
        const char *expression, *result, *failures;
    } rows[] = {
        {"decode(*, 'proto', 'b', 'm.desc', 'm', 'M')", "{\"v\":{\"t\":42}}", ""},
        {"decode(*, 'PROTO', 'b', 'm.desc', 'm.proto', 'M').t + 1", "{\"v\":43}", ""},
        {"decode('CCo=', 'proto', 'b', 'm.desc', 'm', 'M').t", "{\"v\":42}", ""},
        {"decode(encode(*, 'base64'), 'proto', 'b', 'm.desc', 'm', 'M').t", "{\"v\":42}", ""},
        {"decode('CCo', 'proto', 'b', 'm.desc', 'm', 'M')", "{}", "decode: "},
        {"decode(*, 'proto', 'b', 'other', 'm', 'M')", "{}", "decode: no such object\n"},
        {"decode(*, 'proto', 'b', 'm.desc', 'm', 'N')", "{}",
         "decode: the descriptor set has no message N of m\n"},
        {"decode('CA==', 'proto', 'b', 'm.desc', 'm', 'M')", "{}",
         "decode: the data is no such message of Protocol Buffers\n"},
        {"decode(missing, 'proto', 'b', 'm.desc', 'm', 'M')", "{}",
         "decode: what is to be decoded is Undefined\n"},
        {"decode(*, 'proto', 'b')", "{}", ""},
    };
    struct sql_outside outside = {.object = object};
    struct sql_message m = {.topic = BYTES("a"), .payload = BYTES("\x08\x2a")};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) memory = {0};
        AUTO(buf) text = {0};
        AUTO(buf) out = {0};
        AUTO(buf) failures = {0};
        struct sql_statement *s;
        bool json;
        buf_printf(&text, "SELECT %s AS v FROM 'a'", rows[i].expression);
        CHECK_OK(sql_compile(buf_bytes(&text), SQL_2016_03_23, &s));
        struct sql_evaluation e = sql_begin(s, &m, &memory);
        e.outside = &outside;
        e.failures = &failures;
        sql_select(&e, &out, &json);
        CHECK_TEXT(buf_string(&out), rows[i].result);
        CHECK(bytes_start_with(buf_bytes(&failures), bytes_from(rows[i].failures)));
        CHECK(rows[i].failures[0] || failures.len == 0);
        sql_statement_free(s);
    }
}

static status secret(void *context, bytes id, bool is_binary, bytes role, struct arena *a,
                     bytes *out) {
    UNUSED(context);
    UNUSED(a);
    if (!bytes_equal(role, BYTES("r")))
        return FAIL(E_ACCESS_DENIED, "%.*s may not", BYTES_ARG(role));
    if (is_binary != bytes_equal(id, BYTES("binary")))
        return FAIL(E_NOT_FOUND, "no such value of %.*s", BYTES_ARG(id));
    *out = is_binary                        ? BYTES("\x01\x02\xff")
           : bytes_equal(id, BYTES("json")) ? BYTES("{\"k\":\"v\",\"n\":1}")
                                            : BYTES("plain");
    return OK;
}

static const struct {
    const char *expression, *result; /* NULL: Undefined */
    const char *failures;
} secrets[] = {
    {"get_secret('text', 'SecretString', 'r')", "\"plain\"", ""},
    {"get_secret('json', 'SecretString', 'r')", "{\"k\":\"v\",\"n\":1}", ""},
    {"get_secret('json', 'SecretString', 'r').n + 1", "2", ""},
    {"get_secret('json', 'SecretString', 'k', 'r')", "\"v\"", ""},
    {"get_secret('json', 'SecretString', 'n', 'r')", "1", ""},
    {"get_secret('binary', 'SecretBinary', 'r')", "\"AQL/\"", ""},
    {"get_secret('json', 'SecretString', 'other', 'r')", NULL,
     "get_secret: the secret is no JSON object with a member other\n"},
    {"get_secret('text', 'SecretString', 'k', 'r')", NULL,
     "get_secret: the secret is no JSON object with a member k\n"},
    {"get_secret('binary', 'SecretBinary', 'k', 'r')", NULL,
     "get_secret: a key is a text, and only for a SecretString\n"},
    {"get_secret('text', 'SecretBinary', 'r')", NULL, "get_secret: no such value of text\n"},
    {"get_secret('text', 'Secret', 'r')", NULL,
     "get_secret: its second argument is SecretString or SecretBinary\n"},
    {"get_secret('text', 'SecretString', 'x')", NULL, "get_secret: x may not\n"},
    {"get_secret('text', 'SecretString')", NULL, ""},
    {"get_secret(1, missing, 'r')", NULL, ""},
};

TEST(secrets_are_asked_for_and_their_values_stay_out_of_failures) { /* [AWS rules 4 get_secret] */
    struct sql_outside outside = {.secret = secret};
    struct sql_message m = {.topic = BYTES("a/b"), .payload = BYTES("{\"x\":1}")};
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        AUTO(arena) memory = {0};
        AUTO(buf) sql = {0};
        AUTO(buf) out = {0};
        AUTO(buf) failures = {0};
        struct sql_statement *s;
        bool json;
        buf_printf(&sql, "SELECT VALUE %s FROM 'a/b'", secrets[i].expression);
        CHECK_OK(sql_compile(buf_bytes(&sql), SQL_BETA, &s));
        struct sql_evaluation e = sql_begin(s, &m, &memory);
        e.outside = &outside;
        e.failures = &failures;
        sql_select(&e, &out, &json);
        CHECK_TEXT(buf_string(&out), secrets[i].result ? secrets[i].result : "");
        CHECK_TEXT(buf_string(&failures), secrets[i].failures);
        sql_statement_free(s);
    }
}

TEST(a_template_tells_whether_it_asks_others) {
    static const struct {
        const char *text;
        bool asks, reads;
    } rows[] = {{"${topic()}", false, false},
                {"plain", false, false},
                {"${topic()}/${upper(aws_lambda('f', 1))}", true, false},
                {"get_dynamodb/${topic()}", false, false},
                {"${get_dynamodb('t', 'k', 1, 'r').site}/${topic()}", true, true},
                {"${get_registry_data('DescribeThing', 't', 'r').version}", true, false},
                {"${get_secret('s', 'SecretString', 'r')}", false, false}};
    struct sql_statement *s;
    CHECK_OK(sql_compile(BYTES("SELECT 1"), SQL_2016_03_23, &s));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sql_template *t;
        CHECK_OK(sql_template_compile(s, bytes_from(rows[i].text), &t));
        CHECK_INT(sql_template_asks_others(t), rows[i].asks);
        CHECK_INT(sql_template_reads_rows(t), rows[i].reads);
        sql_template_free(t);
    }
    sql_statement_free(s);
}

TEST_MAIN("sql/cases")
