"""Storms of API calls: killed in the middle, and racing for the same objects. Afterwards everything is in order.

KEDGE_STORM_KILLS and KEDGE_STORM_SEED ask for more than a test run does: 100 kills, or as many as a busy machine does
in a minute."""
import os
import random
import re
import threading
import time

import botocore.exceptions
import pytest

import storms
from devices import Authority
from server import REGION, Server, is_sanitized

SEED = os.environ.get("KEDGE_STORM_SEED", "2026")
KILLS = int(os.environ.get("KEDGE_STORM_KILLS", "15" if is_sanitized() else "100"))
ENOUGH_S = 3600 if "KEDGE_STORM_KILLS" in os.environ else 60


class QuickServer(Server):
    """One that is started often: what `kedge env` prints is read, not evaluated by a shell that asks `aws --version`."""

    def exports(self):
        return dict(re.findall(r"^export (\w+)='([^']*)'$", self.run("env", "--data", self.data).stdout, flags=re.M))


@pytest.fixture
def often(tmp_path):
    one = QuickServer(tmp_path / "server").start()
    yield one
    one.stop()


def storm_and_kill(server, callers, for_s):
    def call(caller, iot):
        while caller.step(iot):
            pass
    threads = [threading.Thread(target=call, args=(caller, server.client())) for caller in callers]
    for thread in threads:
        thread.start()
    time.sleep(for_s)
    server.kill()
    for thread in threads:
        thread.join()


def test_kill_9_in_a_storm_loses_nothing_and_leaves_nothing_half_done(often):
    chance, account = random.Random(SEED), often.account
    callers = [storms.Caller(f"caller{number}", SEED) for number in range(6)]
    for caller in callers:
        caller.account, caller.region = account, REGION
    begun, kills = time.monotonic(), 0
    while kills < KILLS and (kills < 15 or time.monotonic() - begun < ENOUGH_S):
        storm_and_kill(often, callers, chance.uniform(0.02, 0.3))
        often.check()
        often.start()
        try:
            storms.settle(callers, storms.facts_of(often.client()))
        except AssertionError as wrong:
            raise AssertionError(f"kill {kills} with seed {SEED}: {wrong}") from None
        kills += 1
    answered = sum(caller.answered for caller in callers)
    print(f"{kills} kills, {answered} calls answered")
    assert answered > 10 * kills


# Races

THINGS, POLICIES, GROUPS = ["t1", "t2"], ["p1", "p2"], ["g1", "g2"]
LEGAL = {"ResourceNotFoundException", "ResourceAlreadyExistsException", "InvalidRequestException", "DeleteConflictException",
         "CertificateStateException", "LimitExceededException", "VersionsLimitExceededException", "VersionConflictException",
         "ConflictException"}


def race(iot, chance, pems, arns, until):
    """Any call on any of a handful of objects, whatever the others do to them."""
    def any_of(names):
        return chance.choice(names)
    calls = [
        lambda: iot.create_thing(thingName=any_of(THINGS)),
        lambda: iot.delete_thing(thingName=any_of(THINGS)),
        lambda: iot.update_thing(thingName=any_of(THINGS), attributePayload={"attributes": {"a": str(chance.random())[:9]}}),
        lambda: iot.register_certificate_without_ca(certificatePem=any_of(pems), status="ACTIVE"),
        lambda: iot.update_certificate(certificateId=any_of(arns).rsplit("/", 1)[1], newStatus=any_of(["ACTIVE", "INACTIVE"])),
        lambda: iot.delete_certificate(certificateId=any_of(arns).rsplit("/", 1)[1], forceDelete=any_of([True, False])),
        lambda: iot.create_policy(policyName=any_of(POLICIES), policyDocument=storms.document(1)),
        lambda: iot.create_policy_version(policyName=any_of(POLICIES), policyDocument=storms.document(2), setAsDefault=any_of([True, False])),
        lambda: iot.delete_policy_version(policyName=any_of(POLICIES), policyVersionId=str(chance.randrange(1, 30))),
        lambda: iot.delete_policy(policyName=any_of(POLICIES)),
        lambda: iot.attach_policy(policyName=any_of(POLICIES), target=any_of(arns)),
        lambda: iot.detach_policy(policyName=any_of(POLICIES), target=any_of(arns)),
        lambda: iot.attach_thing_principal(thingName=any_of(THINGS), principal=any_of(arns)),
        lambda: iot.detach_thing_principal(thingName=any_of(THINGS), principal=any_of(arns)),
        lambda: iot.create_thing_group(thingGroupName=any_of(GROUPS)),
        lambda: iot.create_thing_group(thingGroupName=any_of(GROUPS), parentGroupName=any_of(GROUPS)),
        lambda: iot.delete_thing_group(thingGroupName=any_of(GROUPS)),
        lambda: iot.add_thing_to_thing_group(thingGroupName=any_of(GROUPS), thingName=any_of(THINGS)),
        lambda: iot.remove_thing_from_thing_group(thingGroupName=any_of(GROUPS), thingName=any_of(THINGS)),
    ]
    outcomes = {}
    while time.monotonic() < until:
        try:
            any_of(calls)()
            outcome = "done"
        except botocore.exceptions.ClientError as error:
            outcome = error.response["Error"]["Code"]
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


@pytest.mark.parametrize("round_", range(3))
def test_racing_for_the_same_objects_ends_in_a_legal_state(server, iot, round_):
    authority = Authority("races")
    pems = [authority.sign(f"leaf {number}") for number in range(2)]
    arns = [iot.register_certificate_without_ca(certificatePem=pem, status="INACTIVE")["certificateArn"] for pem in pems]
    until, outcomes = time.monotonic() + 2, []

    def run(number):
        outcomes.append(race(server.client(), random.Random(f"{SEED} {round_} {number}"), pems, arns, until))
    threads = [threading.Thread(target=run, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 10
    seen = set().union(*outcomes)
    assert seen <= LEGAL | {"done"}, seen
    assert sum(outcome.get("done", 0) for outcome in outcomes) > 100
    server.check()
    for policy in iot.list_policies()["policies"]:
        for target in iot.list_targets_for_policy(policyName=policy["policyName"])["targets"]:
            assert policy["policyName"] in [one["policyName"] for one in iot.list_attached_policies(target=target)["policies"]]
    for thing in iot.list_things()["things"]:
        for principal in iot.list_thing_principals(thingName=thing["thingName"])["principals"]:
            assert thing["thingName"] in iot.list_principal_things(principal=principal)["things"]
