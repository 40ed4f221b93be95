"""Seeded storms of API calls: what each caller was told, and what the server says when asked afterwards.

A `Caller` works on objects of its own and keeps what must be true as a set of facts, such as
("attached", policy, certificate). A call that was not answered leaves its change in doubt: done or not, nothing between."""
import json
import random

import botocore.exceptions

from devices import signing_request

REQUEST = signing_request()
BROKEN = (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)


def document(number):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": f"s{number}", "Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]})


class Doubt:
    """A change whose call was not answered."""

    def __init__(self, removed=(), added=(), makes_certificate=False):
        self.removed, self.added, self.makes_certificate = set(removed), set(added), makes_certificate


class Caller:
    def __init__(self, name, seed):
        self.name, self.chance = name, random.Random(f"{name} {seed}")
        self.facts, self.doubt, self.answered, self.made = set(), None, 0, 0
        self.numbers = {}

    def of(self, kind, *rest):
        """Facts of a kind whose first members are `rest`, in an order that the seed alone decides."""
        return sorted(fact for fact in self.facts if fact[:1 + len(rest)] == (kind, *rest))

    def pick(self, kind, *rest):
        return self.chance.choice(self.of(kind, *rest) or [None])

    def fresh(self, what):
        self.made += 1
        return f"{self.name}-{what}-{self.made}"

    def note_numbers(self):
        """The highest number a version of each policy ever had: numbers are not used again."""
        for _, policy, number, _ in self.of("version"):
            self.numbers[policy] = max(self.numbers.get(policy, 0), int(number))

    # Each step gives (operation, parameters, facts removed, facts added), or None when there is nothing to do.

    def create_thing(self):
        if len(self.of("thing")) < 4:
            name, colour = self.fresh("thing"), self.chance.choice(["red", "blue"])
            return ("create_thing", {"thingName": name, "attributePayload": {"attributes": {"colour": colour}}},
                    [], [("thing", name, colour)])

    def update_thing(self):
        thing = self.pick("thing")
        if thing:
            colour = self.fresh("colour")
            return ("update_thing", {"thingName": thing[1], "attributePayload": {"attributes": {"colour": colour}}},
                    [thing], [("thing", thing[1], colour)])

    def delete_thing(self):
        thing = self.pick("thing")
        if thing and not self.of("principal", thing[1]):
            return "delete_thing", {"thingName": thing[1]}, [thing, *self.of("member", thing[1])], []

    def create_certificate(self):
        if len(self.of("certificate")) < 4:
            return ("create_certificate_from_csr", {"certificateSigningRequest": REQUEST, "setAsActive": True}, [],
                    lambda answer: [("certificate", answer["certificateId"], "ACTIVE", answer["certificateArn"])])

    def update_certificate(self):
        one = self.pick("certificate")
        if one:
            status = "INACTIVE" if one[2] == "ACTIVE" else "ACTIVE"
            return ("update_certificate", {"certificateId": one[1], "newStatus": status}, [one],
                    [("certificate", one[1], status, one[3])])

    def delete_certificate(self):
        one = self.pick("certificate")
        holds = one and [fact for fact in self.of("principal") if fact[2] == one[1]]
        if one and one[2] == "INACTIVE" and not holds:
            attached = [fact for fact in self.of("attached") if fact[2] == one[1]]
            return ("delete_certificate", {"certificateId": one[1], "forceDelete": bool(attached)}, [one, *attached], [])

    def create_policy(self):
        if len({fact[1] for fact in self.of("version")}) < 3:
            name = self.fresh("policy")
            return ("create_policy", {"policyName": name, "policyDocument": document(self.made)}, [],
                    [("version", name, "1", True)])

    def create_version(self):
        some = self.pick("version")
        if some and len(self.of("version", some[1])) < 5:
            def added(answer):
                others = [(*fact[:3], False) for fact in before]
                return [*others, ("version", some[1], answer["policyVersionId"], True)]
            before = self.of("version", some[1])
            return ("create_policy_version", {"policyName": some[1], "policyDocument": document(self.made), "setAsDefault": True},
                    before, added)

    def delete_version(self):
        some = self.pick("version")
        if some and not some[3]:
            return "delete_policy_version", {"policyName": some[1], "policyVersionId": some[2]}, [some], []

    def set_default(self):
        some = self.pick("version")
        if some:
            before = self.of("version", some[1])
            return ("set_default_policy_version", {"policyName": some[1], "policyVersionId": some[2]}, before,
                    [(*fact[:3], fact == some) for fact in before])

    def delete_policy(self):
        some = self.pick("version")
        if some and len(self.of("version", some[1])) == 1 and not self.of("attached", some[1]):
            return "delete_policy", {"policyName": some[1]}, [some], []

    def attach_policy(self):
        some, one = self.pick("version"), self.pick("certificate")
        if some and one:
            return "attach_policy", {"policyName": some[1], "target": one[3]}, [], [("attached", some[1], one[1])]

    def detach_policy(self):
        attached = self.pick("attached")
        if attached:
            one, = self.of("certificate", attached[2])
            return "detach_policy", {"policyName": attached[1], "target": one[3]}, [attached], []

    def attach_principal(self):
        thing, one = self.pick("thing"), self.pick("certificate")
        if thing and one:
            return ("attach_thing_principal", {"thingName": thing[1], "principal": one[3]}, [],
                    [("principal", thing[1], one[1])])

    def detach_principal(self):
        held = self.pick("principal")
        if held:
            one, = self.of("certificate", held[2])
            return "detach_thing_principal", {"thingName": held[1], "principal": one[3]}, [held], []

    def create_group(self):
        if len(self.of("group")) < 2:
            name = self.fresh("group")
            return ("create_thing_group", {"thingGroupName": name, "tags": [{"Key": "k", "Value": name}]}, [],
                    [("group", name, name)])

    def tag_group(self):
        group = self.pick("group")
        if group:
            value = self.fresh("value")
            arn = f"arn:aws:iot:{self.region}:{self.account}:thinggroup/{group[1]}"
            return ("tag_resource", {"resourceArn": arn, "tags": [{"Key": "k", "Value": value}]}, [group],
                    [("group", group[1], value)])

    def delete_group(self):
        group = self.pick("group")
        if group and not [fact for fact in self.of("member") if fact[2] == group[1]]:
            return "delete_thing_group", {"thingGroupName": group[1]}, [group], []

    def join_group(self):
        group, thing = self.pick("group"), self.pick("thing")
        if group and thing:
            return ("add_thing_to_thing_group", {"thingGroupName": group[1], "thingName": thing[1]}, [],
                    [("member", thing[1], group[1])])

    def leave_group(self):
        member = self.pick("member")
        if member:
            return ("remove_thing_from_thing_group", {"thingGroupName": member[2], "thingName": member[1]}, [member], [])

    STEPS = (create_thing, update_thing, delete_thing, create_certificate, update_certificate, delete_certificate, create_policy,
             create_version, delete_version, set_default, delete_policy, attach_policy, detach_policy, attach_principal,
             detach_principal, create_group, tag_group, delete_group, join_group, leave_group)

    def step(self, iot):
        """One call; False when it was not answered."""
        chosen = self.chance.choice(self.STEPS)(self)
        if not chosen:
            return True
        operation, parameters, removed, added = chosen
        try:
            answer = getattr(iot, operation)(**parameters)
        except BROKEN:
            if operation == "create_policy_version":
                number = 1 + self.numbers[parameters["policyName"]]
                added = [(*fact[:3], False) for fact in removed] + [("version", parameters["policyName"], number, True)]
            self.doubt = Doubt(removed, [] if callable(added) else added, callable(added))
            return False
        self.facts -= set(removed)
        self.facts |= set(added(answer) if callable(added) else added)
        self.note_numbers()
        self.answered += 1
        return True


def pages(iot, operation, key, **parameters):
    return [item for page in iot.get_paginator(operation).paginate(**parameters) for item in page[key]]


def facts_of(iot):
    """What the server says is true."""
    facts = {("thing", thing["thingName"], thing["attributes"]["colour"]) for thing in pages(iot, "list_things", "things")}
    for thing in [fact[1] for fact in facts]:
        facts |= {("principal", thing, arn.rsplit("/", 1)[1])
                  for arn in iot.list_thing_principals(thingName=thing)["principals"]}
        facts |= {("member", thing, group["groupName"])
                  for group in iot.list_thing_groups_for_thing(thingName=thing)["thingGroups"]}
    for one in pages(iot, "list_certificates", "certificates", pageSize=250):
        facts.add(("certificate", one["certificateId"], one["status"], one["certificateArn"]))
        facts |= {("attached", policy["policyName"], one["certificateId"])
                  for policy in pages(iot, "list_attached_policies", "policies", target=one["certificateArn"])}
    for policy in pages(iot, "list_policies", "policies", pageSize=250):
        facts |= {("version", policy["policyName"], version["versionId"], version["isDefaultVersion"])
                  for version in iot.list_policy_versions(policyName=policy["policyName"])["policyVersions"]}
    for group in pages(iot, "list_thing_groups", "thingGroups"):
        tags = iot.list_tags_for_resource(resourceArn=group["groupArn"])["tags"]
        facts.add(("group", group["groupName"], tags[0]["Value"] if len(tags) == 1 else str(tags)))
    return facts


def unversioned(facts):
    """Facts as text: what was guessed in a doubt may be of another type."""
    return {tuple(str(part) for part in fact) for fact in facts}


def settle(callers, facts):
    """Gives each caller what is true of its objects; what cannot be explained by a doubt is an error."""
    for caller in callers:
        doubt, caller.doubt = caller.doubt or Doubt(), None
        ids = {fact[1] for fact in caller.facts if fact[0] == "certificate"}
        mine = {fact for fact in facts if any(part in ids or str(part).startswith(f"{caller.name}-") for part in fact[1:])}
        before, after = caller.facts, (caller.facts - doubt.removed) | doubt.added
        got = unversioned(mine)
        assert got in (unversioned(before), unversioned(after)), (
            f"{caller.name}: lost {unversioned(before) - got}, gained {got - unversioned(before)}, in doubt "
            f"{doubt.removed} -> {doubt.added}")
        caller.facts = mine
        caller.note_numbers()
        facts = facts - mine
        if doubt.makes_certificate:
            unknown = {fact for fact in facts if fact[0] == "certificate" and not any(
                fact[1] in (other[1] for other in one.facts if other[0] == "certificate") for one in callers)}
            adopted = set(sorted(unknown)[:1])
            caller.facts |= adopted
            facts -= adopted
    assert facts == set(), f"nobody made {facts}"
