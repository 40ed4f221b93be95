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


@pytest.mark.parametrize("query", ["thingName:(a", "a AND", "colour:red", "connectivity.connected:true", "*a OR *b", "a@b"])
def test_what_is_no_query_is_refused(indexed, query):
    with pytest.raises(indexed.exceptions.InvalidQueryException):
        indexed.search_index(queryString=query)
