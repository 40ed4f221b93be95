"""Thing types and tags, through boto3."""
import pytest

from server import REGION


def test_a_type_lives_from_creation_to_deletion(standard_server):
    """In the profile without AWS's quotas nobody waits five minutes between deprecation and deletion."""
    iot = standard_server.client()
    arn = f"arn:aws:iot:{REGION}:{standard_server.account}:thingtype/lamp"
    properties = {"thingTypeDescription": "gives light", "searchableAttributes": ["room", "watt"]}
    made = iot.create_thing_type(thingTypeName="lamp", thingTypeProperties=properties)
    assert (made["thingTypeName"], made["thingTypeArn"]) == ("lamp", arn)
    assert iot.create_thing_type(thingTypeName="lamp", thingTypeProperties=properties)["thingTypeId"] == made["thingTypeId"]
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as refused:
        iot.create_thing_type(thingTypeName="lamp")
    assert refused.value.response["resourceArn"] == arn
    described = iot.describe_thing_type(thingTypeName="lamp")
    assert described["thingTypeProperties"] == properties
    assert list(described["thingTypeMetadata"]) == ["deprecated", "creationDate"]
    iot.create_thing(thingName="lamp1", thingTypeName="lamp", attributePayload={"attributes": {str(n): "v" for n in range(50)}})
    iot.deprecate_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="depreated thing type:lamp"):
        iot.create_thing(thingName="lamp2", thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="thing lamp1 still has it"):
        iot.delete_thing_type(thingTypeName="lamp")
    iot.delete_thing(thingName="lamp1")
    iot.delete_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing_type(thingTypeName="lamp")


def test_five_minutes_pass_between_deprecation_and_deletion(iot):
    """[AWS iot thing-types]"""
    iot.create_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="deprecated first"):
        iot.delete_thing_type(thingTypeName="lamp")
    iot.deprecate_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="wait for 5 minutes"):
        iot.delete_thing_type(thingTypeName="lamp")
    iot.deprecate_thing_type(thingTypeName="lamp", undoDeprecate=True)
    assert iot.describe_thing_type(thingTypeName="lamp")["thingTypeMetadata"]["deprecated"] is False


def test_types_and_their_things_are_listed_page_by_page(iot):
    """[AWS control-plane 5]"""
    for number in range(7):
        iot.create_thing_type(thingTypeName=f"type{number}")
        iot.create_thing(thingName=f"thing{number}", thingTypeName=f"type{number % 2}")
    pages = iot.get_paginator("list_thing_types").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["thingTypes"]) for page in pages] == [3, 3, 1]
    assert [one["thingTypeName"] for one in iot.list_thing_types(thingTypeName="type6")["thingTypes"]] == ["type6"]
    pages = iot.get_paginator("list_things").paginate(thingTypeName="type0", PaginationConfig={"PageSize": 3})
    assert [one["thingName"] for page in pages for one in page["things"]] == ["thing0", "thing2", "thing4", "thing6"]


def test_tags_are_put_on_resources_and_taken_off(server, iot):
    arn = iot.create_thing_type(thingTypeName="lamp", tags=[{"Key": "site", "Value": "plant 7"}])["thingTypeArn"]
    iot.tag_resource(resourceArn=arn, tags=[{"Key": "site", "Value": "plant 8"}, {"Key": "größe", "Value": ""}])
    assert iot.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "größe", "Value": ""}, {"Key": "site", "Value": "plant 8"}]
    iot.untag_resource(resourceArn=arn, tagKeys=["größe", "none"])
    assert [one["Key"] for one in iot.list_tags_for_resource(resourceArn=arn)["tags"]] == ["site"]
    with pytest.raises(iot.exceptions.LimitExceededException):
        iot.tag_resource(resourceArn=arn, tags=[{"Key": f"key{number}", "Value": "v"} for number in range(50)])
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.list_tags_for_resource(resourceArn=arn + "s")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="cannot have tags"):
        iot.list_tags_for_resource(resourceArn=f"arn:aws:iot:{REGION}:{server.account}:thing/lamp")


def test_what_is_created_with_tags_has_them(iot):
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}}'
    tags = [{"Key": "site", "Value": "plant 7"}]
    for arn in (iot.create_policy(policyName="p", policyDocument=document, tags=tags)["policyArn"],
                iot.create_role_alias(roleAlias="a", roleArn="arn:aws:iam::123456789012:role/r", tags=tags)["roleAliasArn"]):
        assert iot.list_tags_for_resource(resourceArn=arn)["tags"] == tags
    iot.delete_role_alias(roleAlias="a")
    arn = iot.create_role_alias(roleAlias="a", roleArn="arn:aws:iam::123456789012:role/r")["roleAliasArn"]
    assert iot.list_tags_for_resource(resourceArn=arn)["tags"] == []
