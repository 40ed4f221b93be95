"""Role aliases, and which events are published."""
import time

import pytest

from server import REGION

ROLE = "arn:aws:iam::123456789012:role/lamp"


def test_a_role_alias_describes_itself(server, iot):
    """[AWS identity 11.3]"""
    made = iot.create_role_alias(roleAlias="lamp=1", roleArn=ROLE, credentialDurationSeconds=900)
    arn = f"arn:aws:iot:{REGION}:{server.account}:rolealias/lamp=1"
    assert (made["roleAlias"], made["roleAliasArn"]) == ("lamp=1", arn)
    described = iot.describe_role_alias(roleAlias="lamp=1")["roleAliasDescription"]
    created = described.pop("creationDate")
    assert abs(created.timestamp() - time.time()) < 60 and described.pop("lastModifiedDate") == created
    assert described == {"roleAlias": "lamp=1", "roleAliasArn": arn, "roleArn": ROLE, "owner": server.account,
                         "credentialDurationSeconds": 900}
    changed = iot.update_role_alias(roleAlias="lamp=1", roleArn=ROLE + "s")
    assert changed["roleAliasArn"] == arn
    described = iot.describe_role_alias(roleAlias="lamp=1")["roleAliasDescription"]
    assert (described["roleArn"], described["credentialDurationSeconds"]) == (ROLE + "s", 900)
    assert described["lastModifiedDate"] > described["creationDate"]


def test_role_aliases_are_listed_in_either_order_page_by_page(iot):
    for number in range(5):
        iot.create_role_alias(roleAlias=f"alias-{number}", roleArn=ROLE)
    names, marker = [], {}
    while True:
        page = iot.list_role_aliases(pageSize=2, ascendingOrder=True, **marker)
        names += page["roleAliases"]
        if "nextMarker" not in page:
            break
        marker = {"marker": page["nextMarker"]}
    assert names == [f"alias-{number}" for number in range(5)]
    assert iot.list_role_aliases()["roleAliases"] == names[::-1]


def test_a_role_alias_that_is_missing_or_there_is_said(server, iot):
    iot.create_role_alias(roleAlias="lamp", roleArn=ROLE)
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as there:
        iot.create_role_alias(roleAlias="lamp", roleArn=ROLE)
    assert there.value.response["resourceArn"].endswith(":rolealias/lamp")
    iot.delete_role_alias(roleAlias="lamp")
    for ask in (iot.delete_role_alias, iot.describe_role_alias, iot.update_role_alias):
        with pytest.raises(iot.exceptions.ResourceNotFoundException, match="lamp"):
            ask(roleAlias="lamp")
    server.stop()
    server.start()
    assert server.client().list_role_aliases()["roleAliases"] == []


def test_events_are_off_until_switched_on(iot):
    before = iot.describe_event_configurations()
    assert set(before["eventConfigurations"]) >= {"THING", "JOB", "CA_CERTIFICATE"} and "creationDate" not in before
    assert not any(each["Enabled"] for each in before["eventConfigurations"].values())
    iot.update_event_configurations(eventConfigurations={"CERTIFICATE": {"Enabled": True}})
    iot.update_event_configurations(eventConfigurations={"POLICY": {"Enabled": True}, "THING": {"Enabled": False}})
    after = iot.describe_event_configurations()
    assert {name for name, each in after["eventConfigurations"].items() if each["Enabled"]} == {"CERTIFICATE", "POLICY"}
    assert after["lastModifiedDate"] >= after["creationDate"]


def test_events_that_are_not_published_yet_are_not_promised(iot):
    with pytest.raises(iot.exceptions.ClientError, match="does not publish events of type JOB yet") as refused:
        iot.update_event_configurations(eventConfigurations={"JOB": {"Enabled": True}})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
