"""Fleet indexing over the registry: configuration, and the query language on things."""
import pytest

REGISTRY = {"thingIndexingMode": "REGISTRY"}


@pytest.fixture
def indexed(iot):
    iot.update_indexing_configuration(thingIndexingConfiguration=REGISTRY)
    return iot


def found(iot, query, **more):
    return [thing["thingName"] for thing in iot.search_index(queryString=query, **more)["things"]]


def test_the_index_comes_and_goes_with_the_configuration(server, iot):
    assert iot.list_indices()["indexNames"] == []
    with pytest.raises(iot.exceptions.ResourceNotFoundException, match="AWS_Things"):
        iot.search_index(queryString="*")
    iot.update_indexing_configuration(thingIndexingConfiguration=REGISTRY)
    configuration = iot.get_indexing_configuration()
    assert configuration["thingIndexingConfiguration"]["thingIndexingMode"] == "REGISTRY"
    assert {"name": "thingName", "type": "String"} in configuration["thingIndexingConfiguration"]["managedFields"]
    assert configuration["thingGroupIndexingConfiguration"]["thingGroupIndexingMode"] == "OFF"
    server.stop()
    server.start()
    iot = server.client()
    assert iot.list_indices()["indexNames"] == ["AWS_Things"]
    described = iot.describe_index(indexName="AWS_Things")
    assert (described["indexName"], described["indexStatus"], described["schema"]) == ("AWS_Things", "ACTIVE", "REGISTRY")
    iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "OFF"})
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_index(indexName="AWS_Things")


def test_what_is_not_indexed_yet_is_not_promised(iot):
    with pytest.raises(iot.exceptions.ClientError, match="shadows") as refused:
        iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY_AND_SHADOW"})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert iot.list_indices()["indexNames"] == []


def test_queries_find_things_at_once_and_as_they_are(indexed):
    """[AWS query-syntax]"""
    for name, floor in [("myThing", "75"), ("my-lamp", "78"), ("tv-plasma", "80"), ("tv-led", "100")]:
        indexed.create_thing(thingName=name, attributePayload={"attributes": {"floor": floor, "wing": name[:2]}})
    assert found(indexed, "thingName:my*") == ["my-lamp", "myThing"]
    assert found(indexed, "thingName:MYTHING") == ["myThing"]
    assert found(indexed, "thingName:(tv* AND -tv-plasma)") == ["tv-led"]
    assert found(indexed, "attributes.floor:[75 TO 80]") == ["my-lamp", "myThing", "tv-plasma"]
    assert found(indexed, "attributes.floor:{75 TO 80]") == ["my-lamp", "tv-plasma"]
    assert found(indexed, "attributes.wing:tv AND attributes.floor<100") == ["tv-plasma"]
    assert found(indexed, "attributes.wing:my NOT attributes.floor>75") == ["myThing"]
    assert found(indexed, "75 OR 100") == ["myThing", "tv-led"]
    (thing,) = indexed.search_index(queryString="thingName:tv-led")["things"]
    assert thing["thingId"] == indexed.describe_thing(thingName="tv-led")["thingId"]
    assert thing["attributes"] == {"floor": "100", "wing": "tv"}
    indexed.update_thing(thingName="tv-led", attributePayload={"attributes": {"floor": "2"}})
    assert found(indexed, "attributes.floor<3") == ["tv-led"]
    indexed.delete_thing(thingName="tv-led")
    assert found(indexed, "attributes.floor<3") == []


def test_results_come_page_by_page_without_loss_or_repetition(indexed):
    for number in range(12):
        indexed.create_thing(thingName=f"thing-{number:02}", attributePayload={"attributes": {"odd": str(number % 2)}})
    names, more = [], {}
    while True:
        page = indexed.search_index(queryString="attributes.odd:1", maxResults=4, **more)
        assert len(page["things"]) <= 4
        names += [thing["thingName"] for thing in page["things"]]
        if "nextToken" not in page:
            break
        more = {"nextToken": page["nextToken"]}
    assert names == [f"thing-{number:02}" for number in range(1, 12, 2)]


def test_groups_have_an_index_of_their_own(iot):
    iot.update_indexing_configuration(thingIndexingConfiguration=REGISTRY,
                                      thingGroupIndexingConfiguration={"thingGroupIndexingMode": "ON"})
    assert iot.list_indices()["indexNames"] == ["AWS_Things", "AWS_ThingGroups"]
    assert iot.describe_index(indexName="AWS_ThingGroups")["indexStatus"] == "ACTIVE"
    iot.create_thing_group(thingGroupName="plant", thingGroupProperties={"thingGroupDescription": "all of it"})
    iot.create_thing_group(thingGroupName="hall", parentGroupName="plant")
    (group,) = iot.search_index(indexName="AWS_ThingGroups", queryString="parentGroupNames:plant")["thingGroups"]
    assert (group["thingGroupName"], group["parentGroupNames"]) == ("hall", ["plant"])
    iot.create_thing(thingName="lamp")
    iot.add_thing_to_thing_group(thingGroupName="hall", thingName="lamp")
    (thing,) = iot.search_index(queryString="thingGroupNames:hall")["things"]
    assert thing["thingGroupNames"] == ["hall"]
    iot.create_billing_group(billingGroupName="customer")
    iot.add_thing_to_billing_group(billingGroupName="customer", thingName="lamp")
    assert found(iot, "billingGroupName:customer") == ["lamp"]


def test_a_dynamic_group_holds_what_its_query_finds_at_any_moment(indexed):
    """[AWS iot dynamic-thing-groups]"""
    made = indexed.create_dynamic_thing_group(thingGroupName="old", queryString="attributes.firmware<3",
                                              thingGroupProperties={"thingGroupDescription": "to be updated"})
    assert made["queryString"] == "attributes.firmware<3" and made["indexName"] == "AWS_Things"
    for name, firmware in [("a", "1"), ("b", "2"), ("c", "3")]:
        indexed.create_thing(thingName=name, attributePayload={"attributes": {"firmware": firmware}})
    assert indexed.list_things_in_thing_group(thingGroupName="old")["things"] == ["a", "b"]
    indexed.update_thing(thingName="a", attributePayload={"attributes": {"firmware": "3"}})
    assert indexed.list_things_in_thing_group(thingGroupName="old")["things"] == ["b"]
    assert indexed.list_thing_groups_for_thing(thingName="a")["thingGroups"] == []
    (group,) = indexed.list_thing_groups_for_thing(thingName="b")["thingGroups"]
    assert group["groupName"] == "old"
    indexed.update_dynamic_thing_group(thingGroupName="old", queryString="attributes.firmware<9", expectedVersion=1,
                                       thingGroupProperties={"thingGroupDescription": "all"})
    described = indexed.describe_thing_group(thingGroupName="old")
    assert (described["status"], described["queryString"], described["version"]) == ("ACTIVE", "attributes.firmware<9", 2)
    assert indexed.list_things_in_thing_group(thingGroupName="old")["things"] == ["a", "b", "c"]
    with pytest.raises(indexed.exceptions.InvalidRequestException, match="its query decides"):
        indexed.add_thing_to_thing_group(thingGroupName="old", thingName="a")
    indexed.delete_dynamic_thing_group(thingGroupName="old")
    with pytest.raises(indexed.exceptions.ResourceNotFoundException):
        indexed.describe_thing_group(thingGroupName="old")


def test_figures_over_what_a_query_finds(indexed):
    """[AWS index-aggregate]"""
    for number in range(10):
        indexed.create_thing(thingName=f"t{number}", attributePayload={"attributes": {"watt": str(number), "odd": str(number % 2)}})
    statistics = indexed.get_statistics(queryString="attributes.watt>=2", aggregationField="attributes.watt")["statistics"]
    assert (statistics["count"], statistics["sum"], statistics["average"], statistics["maximum"]) == (8, 44, 5.5, 9)
    assert indexed.get_statistics(queryString="*")["statistics"]["count"] == 10
    assert indexed.get_cardinality(queryString="*", aggregationField="attributes.odd")["cardinality"] == 2
    (half,) = indexed.get_percentiles(queryString="*", aggregationField="attributes.watt", percents=[50])["percentiles"]
    assert (half["percent"], half["value"]) == (50, 4)
    buckets = indexed.get_buckets_aggregation(queryString="attributes.watt<9", aggregationField="attributes.odd",
                                              bucketsAggregationType={"termsAggregation": {"maxBuckets": 5}})
    assert buckets["totalCount"] == 9
    assert [(each["keyValue"], each["count"]) for each in buckets["buckets"]] == [("0", 5), ("1", 4)]


@pytest.mark.parametrize("query", ["thingName:(a", "a AND", "colour:red", "shadow.reported.on:true", "*a OR *b", "a@b"])
def test_what_is_no_query_is_refused(indexed, query):
    with pytest.raises(indexed.exceptions.InvalidQueryException):
        indexed.search_index(queryString=query)
