// A thing's whole life by AWS's SDK for JavaScript v3, run by test_sdk_js.py. Ends with a line "done".
"use strict";
const assert = require("node:assert");
const iot = require("@aws-sdk/client-iot");

const client = new iot.IoTClient({ endpoint: process.env.AWS_ENDPOINT_URL, maxAttempts: 1 });
const call = (operation, input = {}) => client.send(new iot[operation + "Command"](input));
const refused = (name, promise) => assert.rejects(promise, (error) => {
    assert.strictEqual(error.name, name);
    assert.ok(error instanceof iot.IoTServiceException && error.$metadata.requestId);
    return true;
});
const allow = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }] });

async function main() {
    assert.match((await call("DescribeEndpoint", { endpointType: "iot:Data-ATS" })).endpointAddress, /./);
    // A certificate with its policy
    const { certificateArn, certificateId, keyPair } = await call("CreateKeysAndCertificate", { setAsActive: true });
    assert.match(keyPair.PrivateKey, /BEGIN RSA PRIVATE KEY/);
    await call("CreatePolicy", { policyName: "all", policyDocument: allow, tags: [{ Key: "made-by", Value: "js" }] });
    await refused("ResourceAlreadyExistsException", call("CreatePolicy", { policyName: "all", policyDocument: allow }));
    await call("AttachPolicy", { policyName: "all", target: certificateArn });
    assert.deepStrictEqual((await call("ListTargetsForPolicy", { policyName: "all" })).targets, [certificateArn]);
    // A thing of a type, in groups
    await call("CreateThingType", { thingTypeName: "bulb", thingTypeProperties: { searchableAttributes: ["watt"] } });
    const thing = await call("CreateThing", { thingName: "lamp", thingTypeName: "bulb", attributePayload: { attributes: { watt: "5" } } });
    await call("AttachThingPrincipal", { thingName: "lamp", principal: certificateArn, thingPrincipalType: "EXCLUSIVE_THING" });
    assert.deepStrictEqual((await call("ListThingPrincipalsV2", { thingName: "lamp" })).thingPrincipalObjects,
        [{ principal: certificateArn, thingPrincipalType: "EXCLUSIVE_THING" }]);
    await call("CreateThingGroup", { thingGroupName: "plant" });
    await call("AddThingToThingGroup", { thingGroupName: "plant", thingName: "lamp" });
    await call("UpdateThing", { thingName: "lamp", attributePayload: { attributes: { room: "7" }, merge: true }, expectedVersion: 1 });
    await refused("VersionConflictException", call("UpdateThing", { thingName: "lamp", expectedVersion: 1 }));
    const described = await call("DescribeThing", { thingName: "lamp" });
    assert.deepStrictEqual([described.thingId, described.version, described.attributes], [thing.thingId, 2, { watt: "5", room: "7" }]);
    // Pages by the SDK's own paginator, and a search
    for (let i = 0; i < 5; i++) await call("CreateThing", { thingName: `spare${i}` });
    const names = [];
    for await (const page of iot.paginateListThings({ client, pageSize: 2 }, {})) names.push(...page.things.map((t) => t.thingName));
    assert.deepStrictEqual(names, ["lamp", "spare0", "spare1", "spare2", "spare3", "spare4"]);
    await call("UpdateIndexingConfiguration", { thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" } });
    const { things } = await call("SearchIndex", { queryString: "thingGroupNames:plant AND attributes.watt<6" });
    assert.deepStrictEqual(things.map((t) => t.thingName), ["lamp"]);
    const { effectivePolicies } = await call("GetEffectivePolicies", { thingName: "lamp", principal: certificateArn });
    assert.deepStrictEqual(effectivePolicies.map((p) => p.policyName), ["all"]);
    // Its end
    await refused("InvalidRequestException", call("DeleteThing", { thingName: "lamp" }));
    await call("DetachThingPrincipal", { thingName: "lamp", principal: certificateArn });
    await call("DeleteThing", { thingName: "lamp" });
    await refused("ResourceNotFoundException", call("DescribeThing", { thingName: "lamp" }));
    await refused("DeleteConflictException", call("DeletePolicy", { policyName: "all" }));
    await call("DetachPolicy", { policyName: "all", target: certificateArn });
    await call("DeletePolicy", { policyName: "all" });
    await refused("CertificateStateException", call("DeleteCertificate", { certificateId }));
    await call("UpdateCertificate", { certificateId, newStatus: "INACTIVE" });
    await call("DeleteCertificate", { certificateId });
    assert.deepStrictEqual((await call("ListCertificates")).certificates, []);
    console.log("done");
}

main().catch((error) => { console.error(error); process.exit(1); });
