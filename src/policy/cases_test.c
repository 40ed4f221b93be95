/* The worked cases [AWS policy 9.2, 9.3]: 83 policies, 176 questions, decided by the compiled set,
 * by the naive evaluator, and where a policy is the same for every connection, without context.
 *
 * Notation of policies and contexts: fixture.h. Policies of a case: names joined by ","; G(P17) is
 * attached to a thing group and counts when the thing resolves; IAM(…) IOT(…) are the two gates of
 * a Cognito identity. A question is ACTION RESOURCE, " + " joins several that must all pass. A is
 * allowed, X explicitly denied, I implicitly denied. Origin: doc, a documentation's sample or
 * sentence; drv, derived from documented rules; rec, a recommendation where AWS is silent. */
#include <stdio.h>
#include <string.h>

#include "policy/fixture.h"
#include "policy/naive.h"
#include "support/testing.h"

static const struct {
    const char *name, *notation;
} policies[] = {
    {"P01", "[{'E':'Allow','A':'Connect','R':'C:client1'}]"},
    {"P02", "[{'E':'Deny','A':['Connect'],'R':['C:client1','C:client2']},"
            "{'E':'Allow','A':['Connect'],'R':['C:${iot:Connection.Thing.ThingName}']}]"},
    {"P03", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}}]"},
    {"P04", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringNotEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}}]"},
    {"P05", "[{'E':'Allow','A':'Connect','R':'*'},"
            "{'E':'Deny','A':'Connect','R':'*','C':{'ForAnyValue:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}}]"},
    {"P06", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect','LastWill']}}}]"},
    {"P07", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['LastWill']}}}]"},
    {"P08", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':[]}}}]"},
    {"P09", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAnyValue:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}}]"},
    {"P10", "[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect','LastWill']}}},"
            "{'E':'Deny','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}},"
            "{'E':'Deny','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['LastWill']}}},"
            "{'E':'Deny','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':[]}}}]"},
    {"P11", "[{'E':'Deny','A':'Connect','R':'*','C':{'ForAnyValue:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}},"
            "{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['LastWill']}}}]"},
    {"P12", "[{'E':'Allow','A':'Connect','R':'*','C':{'ArnEquals':{'iot:LastWillTopic':'T:my/"
            "lastwill/topicName'}}}]"},
    {"P13", "[{'E':'Allow','A':'Connect','R':'*','C':{'ArnEquals':{'iot:LastWillTopic':'T:my/"
            "lastwill/topicName'}}},"
            "{'E':'Deny','A':'Connect','R':'*','C':{'ForAnyValue:StringEquals':{'iot:"
            "ConnectAttributes':['PersistentConnect']}}}]"},
    {"P14", "[{'E':'Allow','A':['Connect'],'R':['*'],'C':{'Bool':{'iot:Connection.Thing.IsAttached'"
            ":['true']}}}]"},
    {"P15",
     "[{'E':'Allow','A':['Publish'],'R':'T:device/"
     "stats','C':{'StringEquals':{'iot:Connection.Thing.Attributes[env]':'prod','iot:Connection."
     "Thing.ThingTypeName':'Sensor'},'Bool':{'iot:Connection.Thing.IsAttached':'true'}}}]"},
    {"P16", "[{'E':'Allow','A':['Publish'],'R':'T:${iot:Connection.Thing.Attributes[site]}/*'}]"},
    {"P17", "[{'E':'Allow','A':'Publish','R':'T:${iot:Connection.Thing.ThingName}/*'}]"},
    {"P18", "[{'E':'Allow','A':'Publish','R':'T:${iot:ClientId}/*'},"
            "{'E':'Deny','A':'Publish','R':'T:${iot:ClientId}/bar'}]"},
    {"P19", "[{'E':'Allow','A':'Subscribe','R':'F:some/+/topic'}]"},
    {"P20", "[{'E':'Allow','A':'Subscribe','R':'F:some/*/topic'}]"},
    {"P21", "[{'E':'Allow','A':'Publish','R':'T:some/?????"
            "/topic'}]"},
    {"P22", "[{'E':'Allow','A':'Subscribe','R':'F:some/sensor???"
            "/topic'}]"},
    {"P23", "[{'E':'Allow','A':'Subscribe','R':'F:a/*'},"
            "{'E':'Deny','A':'Subscribe','R':'F:a/restricted/*'},"
            "{'E':'Allow','A':'Receive','NR':'T:a/restricted/*'}]"},
    {"P24", "[{'E':'Allow','A':'Subscribe','R':'F:device/update'},"
            "{'E':'Deny','A':'Receive','R':'T:device/update'}]"},
    {"P25", "[{'E':'Allow','A':'Subscribe','R':'F:my/${iot:ClientId}/topic'}]"},
    {"P26", "[{'E':'Allow','A':'Publish','R':'T:${iot:CertificateId}'}]"},
    {"P27", "[{'E':'Allow','A':'Publish','R':'T:${iot:Certificate.Subject.CommonName}'}]"},
    {"P28", "[{'E':'Allow','A':'Publish','R':'T:admin/"
            "*','C':{'StringEquals':{'iot:Certificate.Subject.CommonName.2':'Administrator'}}}]"},
    {"P29", "[{'E':'Allow','A':'Publish','R':'T:admin','C':{'ForAnyValue:StringEquals':{'iot:"
            "Certificate.Subject.CommonName.List':'Administrator'}}}]"},
    {"P30", "[{'E':'Allow','A':'Publish','R':'T:my/topic/"
            "${iot:ClientId}','C':{'ForAllValues:StringEquals':{'iot:Certificate.Subject."
            "Organization.List':['Example Corp','AnyCompany']}}}]"},
    {"P31", "[{'E':'Allow','A':['Publish','RetainPublish'],'R':'T:device/sample/configuration'}]"},
    {"P32", "[{'E':'Allow','A':'Publish','R':'T:device/sample/configuration'}]"},
    {"P33", "[{'E':'Allow','A':'Connect','R':'C:*','C':{'ForAllValues:StringEquals':{'iot:"
            "ConnectAttributes':['LastWill']}}},"
            "{'E':'Allow','A':['Publish','RetainPublish'],'R':'T:will'}]"},
    {"P34", "[{'E':'Allow','A':'ListRetainedMessages','R':['*']},"
            "{'E':'Allow','A':'GetRetainedMessage','R':['T:foo']}]"},
    {"P35", "[{'E':'Allow','A':'UpdateThingShadow','R':'TH:thing1'}]"},
    {"P36", "[{'E':'Allow','A':'Publish','R':'T:$aws/things/thing1/shadow/update'}]"},
    {"P37",
     "[{'E':'Allow','A':'Subscribe','R':'F:$aws/things/${iot:Connection.Thing.ThingName}/shadow/"
     "*'},"
     "{'E':'Allow','A':'Receive','R':'T:$aws/things/${iot:Connection.Thing.ThingName}/shadow/*'}]"},
    {"P38",
     "[{'E':'Allow','A':['GetPendingJobExecutions','DescribeJobExecution'],'R':'TH:thing1'}]"},
    {"P39", "[{'E':'Allow','A':'Publish','R':'T:$aws/things/thing1/jobs/*'}]"},
    {"P40", "[{'E':'Allow','A':'AssumeRoleWithCertificate','R':'RA:alias1'}]"},
    {"P41", "[{'E':'Allow','A':'SendDirectMessage','R':'C:dev1','C':{'StringLike':{'iot:Topic':'"
            "cmd/*'}}}]"},
    {"P42", "[{'E':'Allow','A':'Publish','R':'T:$aws/rules/BuildingManager/*'}]"},
    {"P43", "[{'E':'Allow','A':'iot:*','R':'*'}]"},
    {"P44",
     "[{'E':'Allow','A':['iot:Connect','iot:Publish','iot:Receive','iot:Subscribe'],'R':['*']}]"},
    {"P45", "[{'E':'Allow','A':'Publish','R':'F:foo/bar'}]"},
    {"P46", "[{'E':'Allow','A':'Publish','R':'arn:aws:iot:eu-west-1:123456789012:topic/foo'}]"},
    {"P47", "[{'E':'Allow','A':'Publish','R':'T:Foo/Bar'}]"},
    {"P48", "[{'V':'2008-10-17','E':'Allow','A':'Publish','R':'T:my/${iot:ClientId}'}]"},
    {"P49", "[{'E':'Allow','NA':'Publish','R':'*'}]"},
    {"P50", "[{'E':'Allow','A':'Connect','R':'*','C':{'IpAddress':{'aws:SourceIp':['192.0.2.0/"
            "24','2001:db8::/32']}}}]"},
    {"P51", "[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:DomainName':'iot."
            "example.com'}}}]"},
    {"P52", "[{'E':'Allow','A':'Publish','R':'*'},"
            "{'E':'Deny','A':'Publish','R':'*','C':{'StringEquals':{'iot:Connection.Thing."
            "Attributes[env]':'lab'}}}]"},
    {"P53", "[{'E':'Allow','A':'Publish','R':'T:*'},"
            "{'E':'Deny','A':'Publish','R':'T:${iot:Connection.Thing.ThingName}/secret'}]"},
    {"P54", "[{'E':'Allow','A':'Publish','R':'T:${iot:Connection.Thing.Attributes[site], "
            "`nosite`}/data'}]"},
    {"P55", "[{'E':'Allow','A':'Publish','R':'T:a${*}b'}]"},
    {"P56", "[{'E':'Allow','A':'Subscribe','R':'F:$share/workers/jobs/*'}]"},
    {"P57", "[{'E':'Allow','A':'Receive','R':'T:jobs/*'}]"},
    {"P58", "[{'E':'Allow','A':'Publish','R':'T:x','C':{'StringEqualsIfExists':{'iot:Connection."
            "Thing.ThingTypeName':'Sensor'}}}]"},
    {"P59", "[{'E':'Allow','A':'Publish','R':'T:x','C':{'Null':{'iot:Connection.Thing."
            "ThingTypeName':'false'}}}]"},
    {"P60", "[{'E':'Allow','A':'Subscribe','R':'F:*'},"
            "{'E':'Allow','A':'Receive','R':'T:ok/*'}]"},
    {"P61", "[{'E':'Allow','A':'Publish','R':'arn:aws:iot:us-east-1:123456789012:*'}]"},
    {"P62", "[{'E':'Allow','A':'Publish','R':'arn:aws:iot:*:*:topic/foo'}]"},
    {"P63", "[{'E':'Allow','A':'Pub*','R':'T:foo'}]"},
    {"P64", "[{'E':'Deny','A':'*','R':'*'}]"},
    {"P65", "[{'E':'Allow','A':'Connect','R':'C:${iot:Connection.Thing.ThingName}'}]"},
    {"P66", "[{'E':'Allow','A':'Publish','R':'*'},"
            "{'E':'Deny','A':'Publish','R':'*','C':{'StringNotEquals':{'iot:Connection.Thing."
            "Attributes[env]':'prod'}}}]"},
    {"P67", "[{'E':'Allow','A':'Publish','R':'T:sn/${iot:Certificate.SerialNumber}'}]"},
    {"P68", "[{'E':'Allow','A':'Connect','R':'C:${iot:Certificate.Subject.CommonName}'}]"},
    {"P69", "[{'E':'Allow','A':'Connect','R':'*','C':{'StringLike':{'iot:ClientId':'dev-*'}}}]"},
    {"P70", "[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:ClientId':'${iot:"
            "Certificate.Subject.CommonName}'}}}]"},
    {"P71", "[{'E':'Allow','A':['Publish','RetainPublish'],'R':'T:*'},"
            "{'E':'Deny','A':'RetainPublish','R':'T:cfg/*'}]"},
    {"P72", "[{'E':'Allow','A':'GetConnection','R':'C:*','C':{'Bool':{'iot:"
            "IncludeSocketInformation':'false'}}}]"},
    {"P73", "[{'E':'Allow','A':'Subscribe','R':'F:#'}]"},
    {"P74", "[{'E':'Allow','A':'Publish','R':'*'},"
            "{'E':'Deny','A':'Publish','NR':'T:ok/*'}]"},
    {"P75", "[{'E':'Allow','A':'IOT:pUBLISH','R':'T:y','C':{'StringEqualsIgnoreCase':{'IOT:"
            "clientid':'DEV1'}}}]"},
    {"P76", "[{'E':'Allow','A':'Publish','R':'T:z','C':{'StringEquals':{'iot:Certificate.Subject."
            "Organization':'Acme\\\\, Inc.'}}}]"},
    {"P77", "[{'E':'Allow','A':'Publish','R':'T:z','C':{'StringEquals':{'iot:Certificate.Subject."
            "Organization':'Acme, Inc.'}}}]"},
    {"P78", "[{'E':'Allow','A':'Publish','R':'T:${iot:Thing.ThingName}/*'}]"},
    {"P79", "[{'E':'Allow','A':'Subscribe','R':'F:${iot:Connection.Thing.ThingName}/room*'},"
            "{'E':'Allow','A':'Receive','R':'T:${iot:Connection.Thing.ThingName}/room*'}]"},
    {"P80", "[{'E':'Allow','A':['Publish','Receive'],'R':'T:iotmonitor/provisioning/987654321098'},"
            "{'E':'Allow','A':'Subscribe','R':'F:iotmonitor/provisioning/987654321098'}]"},
    {"P81", "[{'E':'Allow','A':'Publish','R':'T:$aws/certificates/create/*'},"
            "{'E':'Allow','A':['Subscribe'],'R':['F:$aws/certificates/create/*']},"
            "{'E':'Allow','A':'Receive','R':'T:$aws/certificates/create/*'}]"},
    {"P82", "[{'E':'Allow','A':'UpdateThingShadow','R':'TH:thing1/cfg'}]"},
    {"P83", "[{'E':'Allow','A':'Publish','R':'T:d/"
            "*','C':{'StringNotLike':{'iot:ClientId':['test-*','tmp-*']}}}]"},
};

static const struct worked_case {
    int number;
    const char *policies, *context, *question;
    char expected;
    const char *origin;
} cases[] = {
    {1, "P01", "cid=client1", "Connect C:client1", 'A', "doc Connect examples"},
    {2, "P01", "cid=client2", "Connect C:client2", 'I', "drv"},
    {3, "P02", "cid=thing9; thing=thing9", "Connect C:thing9", 'A', "doc"},
    {4, "P02", "cid=client1; thing=client1", "Connect C:client1", 'X', "doc"},
    {5, "P02", "cid=ghost", "Connect C:ghost", 'I', "doc (not a registered, attached thing)"},
    {6, "P03", "cid=a; ca=", "Connect C:a", 'A', "drv (empty set satisfies ForAllValues)"},
    {7, "P03", "cid=a; ca=PersistentConnect", "Connect C:a", 'A', "doc"},
    {8, "P03", "cid=a; ca=LastWill", "Connect C:a", 'I', "drv"},
    {9, "P04", "cid=a; ca=PersistentConnect", "Connect C:a", 'I', "doc"},
    {10, "P04", "cid=a; ca=LastWill", "Connect C:a", 'A', "doc"},
    {11, "P04", "cid=a; ca=PersistentConnect&LastWill", "Connect C:a", 'I', "drv"},
    {12, "P05", "cid=a; ca=PersistentConnect", "Connect C:a", 'X', "doc"},
    {13, "P05", "cid=a; ca=", "Connect C:a", 'A', "doc"},
    {14, "P06", "cid=a; ca=PersistentConnect&LastWill", "Connect C:a", 'A', "doc"},
    {15, "P06", "cid=a; ca=NewFeature", "Connect C:a", 'I', "doc (\"new feature not allowed\")"},
    {16, "P07", "cid=a; ca=LastWill", "Connect C:a", 'A', "doc"},
    {17, "P07", "cid=a; ca=", "Connect C:a", 'A', "doc (\"with or without\")"},
    {18, "P07", "cid=a; ca=PersistentConnect", "Connect C:a", 'I', "doc"},
    {19, "P08", "cid=a; ca=", "Connect C:a", 'A', "doc"},
    {20, "P08", "cid=a; ca=LastWill", "Connect C:a", 'I', "doc"},
    {21, "P09", "cid=a; ca=", "Connect C:a", 'I', "doc"},
    {22, "P09", "cid=a; ca=PersistentConnect&NewFeature", "Connect C:a", 'A', "doc"},
    {23, "P10", "cid=a; ca=PersistentConnect&LastWill", "Connect C:a", 'A', "doc"},
    {24, "P10", "cid=a; ca=PersistentConnect", "Connect C:a", 'X', "doc"},
    {25, "P10", "cid=a; ca=", "Connect C:a", 'X', "doc"},
    {26, "P11", "cid=a; ca=PersistentConnect&LastWill", "Connect C:a", 'X', "doc"},
    {27, "P11", "cid=a; ca=LastWill", "Connect C:a", 'A', "doc"},
    {28, "P12", "cid=a; ca=LastWill; will=my/lastwill/topicName", "Connect C:a", 'A', "doc"},
    {29, "P12", "cid=a; ca=LastWill; will=other", "Connect C:a", 'I', "doc"},
    {30, "P12", "cid=a; ca=", "Connect C:a", 'I', "drv (key missing)"},
    {31, "P13", "cid=a; ca=LastWill&PersistentConnect; will=my/lastwill/topicName", "Connect C:a",
     'X', "doc"},
    {32, "P14", "cid=t1; thing=t1", "Connect C:t1", 'A', "doc Thing policy examples"},
    {33, "P14", "cid=t1", "Connect C:t1", 'I', "doc"},
    {34, "P15", "cid=t1; thing=t1; type=Sensor; attr.env=prod", "Publish T:device/stats", 'A',
     "doc"},
    {35, "P15", "cid=t1; thing=t1; type=Sensor; attr.env=lab", "Publish T:device/stats", 'I',
     "doc"},
    {36, "P15", "cid=t1; thing=t1; attr.env=prod", "Publish T:device/stats", 'I', "drv (no type)"},
    {37, "P16", "cid=t1; thing=t1; attr.site=osaka", "Publish T:osaka/temp/1", 'A', "doc"},
    {38, "P16", "cid=t1", "Publish T:osaka/temp/1", 'I',
     "doc (\"won't be resolved … access denied\")"},
    {39, "P17", "cid=thing1; thing=thing1", "Publish T:thing1/a/b", 'A',
     "doc Publish/Subscribe examples"},
    {40, "P17", "cid=thing1; thing=thing1", "Publish T:thing2/a", 'I', "drv"},
    {41, "P17", "cid=thing1; thing=thing1", "Publish T:thing1", 'I', "drv (needs the slash)"},
    {42, "P18", "cid=client1", "Publish T:client1/foo", 'A', "doc"},
    {43, "P18", "cid=client1", "Publish T:client1/bar", 'X', "doc"},
    {44, "P18", "cid=client1", "Publish T:client1/bar/x", 'A', "drv"},
    {45, "P18", "http", "Publish T:client1/foo", 'I', "drv (no client id over HTTPS)"},
    {46, "P18", "cid=*", "Publish T:victim/x", 'I', "rec (substituted text is literal)"},
    {47, "P19", "cid=c", "Subscribe F:some/+/topic", 'A', "doc"},
    {48, "P19", "cid=c", "Subscribe F:some/a/topic", 'I', "doc (\"only the string\")"},
    {49, "P20", "cid=c", "Subscribe F:some/string1/topic", 'A', "doc"},
    {50, "P20", "cid=c", "Subscribe F:some/+/topic", 'A', "doc"},
    {51, "P20", "cid=c", "Subscribe F:some/a/b/topic", 'A', "doc (* crosses levels)"},
    {52, "P20", "cid=c", "Subscribe F:some/#", 'I', "drv"},
    {53, "P21", "cid=c", "Publish T:some/abcde/topic", 'A', "doc"},
    {54, "P21", "cid=c", "Publish T:some/ab/cd/topic", 'A', "drv (? matches /)"},
    {55, "P21", "cid=c", "Publish T:some/abcd/topic", 'I', "drv"},
    {56, "P22", "cid=c", "Subscribe F:some/sensor001/topic", 'A', "doc"},
    {57, "P23", "cid=c", "Subscribe F:a/#", 'A', "doc (the pitfall)"},
    {58, "P23", "cid=c", "Subscribe F:a/restricted/x", 'X', "doc"},
    {59, "P23", "cid=c", "Receive T:a/restricted/x", 'I', "doc (NotResource)"},
    {60, "P23", "cid=c", "Receive T:a/open", 'A', "doc"},
    {61, "P24", "cid=c", "Subscribe F:device/update", 'A', "doc"},
    {62, "P24", "cid=c", "Receive T:device/update", 'X', "doc"},
    {63, "P25", "cid=+", "Subscribe F:my/+/topic", 'A', "doc (warning)"},
    {64, "P25", "cid=c1", "Subscribe F:my/+/topic", 'I', "drv"},
    {65, "P26", "cid=c; certid=abc123", "Publish T:abc123", 'A', "doc Certificate examples"},
    {66, "P27", "cid=c; CN=dev7", "Publish T:dev7", 'A', "doc"},
    {67, "P27", "cid=c; CN=dev*7", "Publish T:dev*7", 'I',
     "doc (wildcard in attribute is not substituted)"},
    {68, "P27", "cid=c", "Publish T:dev7", 'I', "drv (no CN)"},
    {69, "P27", "cid=c; CN=first&second", "Publish T:first", 'A', "doc (bare name = first)"},
    {70, "P28", "cid=c; CN=a&b&Administrator", "Publish T:admin/x", 'A', "doc (.2 = third value)"},
    {71, "P28", "cid=c; CN=a&Administrator", "Publish T:admin/x", 'I', "doc (index missing)"},
    {72, "P29", "cid=c; CN=a&Administrator", "Publish T:admin", 'A', "doc"},
    {73, "P29", "cid=c; CN=a", "Publish T:admin", 'I', "doc"},
    {74, "P30", "cid=c1; O=AnyCompany", "Publish T:my/topic/c1", 'A', "doc"},
    {75, "P30", "cid=c1; O=AnyCompany&Evil", "Publish T:my/topic/c1", 'I', "drv"},
    {76, "P30", "cid=c1", "Publish T:my/topic/c1", 'A',
     "drv (no O at all: ForAllValues is vacuous; hazard)"},
    {77, "P31", "cid=device1",
     "Publish T:device/sample/configuration + RetainPublish T:device/sample/configuration", 'A',
     "doc Retained examples"},
    {78, "P32", "cid=device1",
     "Publish T:device/sample/configuration + RetainPublish T:device/sample/configuration", 'I',
     "doc"},
    {79, "P33", "cid=d; ca=LastWill; will=will",
     "Connect C:d + Publish T:will + RetainPublish T:will", 'A', "doc"},
    {80, "P33", "cid=d; ca=LastWill; will=other", "Connect C:d + Publish T:other", 'I',
     "doc (will topic must be publishable)"},
    {81, "P34", "http", "ListRetainedMessages *", 'A', "doc"},
    {82, "P34", "http", "GetRetainedMessage T:bar", 'I', "drv"},
    {83, "P35", "http", "UpdateThingShadow TH:thing1", 'A', "doc Shadow REST"},
    {84, "P35", "cid=thing1", "Publish T:$aws/things/thing1/shadow/update", 'I',
     "doc (MQTT needs topic permission)"},
    {85, "P35", "http", "UpdateThingShadow TH:thing1/cfg", 'I',
     "drv (named shadow is another resource)"},
    {86, "P82", "http", "UpdateThingShadow TH:thing1/cfg", 'A', "doc action resources"},
    {87, "P36", "cid=thing1", "Publish T:$aws/things/thing1/shadow/update", 'A', "doc Shadow MQTT"},
    {88, "P36", "http", "UpdateThingShadow TH:thing1", 'I', "drv"},
    {89, "P37", "cid=thing1; thing=thing1", "Subscribe F:$aws/things/thing1/shadow/#", 'A', "drv"},
    {90, "P37", "cid=thing1; thing=thing1", "Subscribe F:$aws/things/+/shadow/update/delta", 'I',
     "drv"},
    {91, "P37", "cid=thing1; thing=thing1", "Receive T:$aws/things/thing2/shadow/update/delta", 'I',
     "drv"},
    {92, "P38", "http", "GetPendingJobExecutions TH:thing1", 'A', "doc"},
    {93, "P38", "cid=thing1", "Publish T:$aws/things/thing1/jobs/get", 'I',
     "doc (job actions are HTTPS only)"},
    {94, "P39", "cid=thing1", "Publish T:$aws/things/thing1/jobs/$next/get", 'A', "drv"},
    {95, "P40", "http", "AssumeRoleWithCertificate RA:alias1", 'A', "doc Credential provider"},
    {96, "P40", "http", "AssumeRoleWithCertificate RA:alias2", 'I', "drv"},
    {97, "P41", "http; topic=cmd/reboot", "SendDirectMessage C:dev1", 'A', "doc Direct Messaging"},
    {98, "P41", "http; topic=data/x", "SendDirectMessage C:dev1", 'I', "drv"},
    {99, "P42", "cid=c", "Publish T:$aws/rules/BuildingManager/Buildings/1", 'A',
     "doc Basic Ingest"},
    {100, "P42", "cid=c", "Publish T:Buildings/1", 'I', "drv"},
    {101, "P43", "cid=any", "Subscribe F:#", 'A', "doc/seen (iot:* on *)"},
    {102, "P44", "cid=any", "Publish T:t + RetainPublish T:t", 'I',
     "drv (RetainPublish not listed)"},
    {103, "P45", "cid=c", "Publish T:foo/bar", 'I', "drv (wrong resource type)"},
    {104, "P46", "cid=c", "Publish T:foo", 'I', "drv (other region)"},
    {105, "P47", "cid=c", "Publish T:foo/bar", 'I', "drv (case)"},
    {106, "P48", "cid=c1", "Publish T:my/c1", 'I', "drv IAM (2008: variable is text)"},
    {107, "P48", "cid=c1", "Publish T:my/${iot:ClientId}", 'A', "drv IAM"},
    {108, "P49", "cid=c", "Subscribe F:x", 'A', "drv (NotAction)"},
    {109, "P49", "cid=c", "Publish T:x", 'I', "drv"},
    {110, "P50", "cid=c; ip=192.0.2.77", "Connect C:c", 'A', "drv"},
    {111, "P50", "cid=c; ip=198.51.100.1", "Connect C:c", 'I', "drv"},
    {112, "P50", "cid=c; ip=2001:db8::5", "Connect C:c", 'A', "drv"},
    {113, "P51", "cid=c; sni=iot.example.com", "Connect C:c", 'A', "drv (key seen in practice)"},
    {114, "P51", "cid=c; sni=other.example.com", "Connect C:c", 'I', "drv"},
    {115, "P52", "cid=t; thing=t; attr.env=lab", "Publish T:q", 'X', "drv"},
    {116, "P52", "cid=t", "Publish T:q", 'A', "drv (missing key: Deny does not apply)"},
    {117, "P53", "cid=t; thing=t", "Publish T:t/secret", 'X', "drv"},
    {118, "P53", "cid=t", "Publish T:t/secret", 'A', "drv (undefined variable in Deny; hazard)"},
    {119, "P54", "cid=t; thing=t; attr.site=s1", "Publish T:s1/data", 'A', "drv IAM"},
    {120, "P54", "cid=t; thing=t", "Publish T:nosite/data", 'A', "drv IAM (default text)"},
    {121, "P55", "cid=c", "Publish T:a*b", 'A', "drv IAM"},
    {122, "P55", "cid=c", "Publish T:axb", 'I', "drv IAM"},
    {123, "P56", "cid=c", "Subscribe F:$share/workers/jobs/1", 'A', "drv (SDK sample policies)"},
    {124, "P56", "cid=c", "Subscribe F:jobs/1", 'I', "drv"},
    {125, "P57", "cid=c", "Subscribe F:$share/workers/jobs/1", 'I', "drv"},
    {126, "P58", "cid=c", "Publish T:x", 'A', "drv IfExists"},
    {127, "P58", "cid=t; thing=t; type=Pump", "Publish T:x", 'I', "drv"},
    {128, "P59", "cid=c", "Publish T:x", 'I', "drv Null"},
    {129, "P59", "cid=t; thing=t; type=Pump", "Publish T:x", 'A', "drv Null"},
    {130, "P60", "cid=c", "Subscribe F:#", 'A', "drv"},
    {131, "P60", "cid=c", "Receive T:secret/x", 'I', "drv (delivered only what Receive allows)"},
    {132, "P60", "cid=c", "Receive T:ok/x", 'A', "drv"},
    {133, "P61", "cid=c", "Publish T:anything/x", 'A', "drv"},
    {134, "P62", "cid=c", "Publish T:foo", 'A', "drv"},
    {135, "P63", "cid=c", "Publish T:foo", 'A', "drv (action wildcard)"},
    {136, "P63", "cid=c", "Subscribe F:foo", 'I', "drv"},
    {137, "P43,P64", "cid=c", "Connect C:c", 'X', "drv (Deny in another policy wins)"},
    {138, "P01,P32", "cid=client1", "Publish T:device/sample/configuration", 'A',
     "drv (policies add up)"},
    {139, "(none)", "cid=c", "Connect C:c", 'I', "doc (implicit deny)"},
    {140, "P65,G(P17)", "cid=t1; thing=t1", "Publish T:t1/x", 'A',
     "doc (group policy, client id = thing name)"},
    {141, "G(P43)", "cid=other", "Connect C:other", 'I', "doc (client id is not the thing's name)"},
    {142, "P66", "cid=t", "Publish T:q", 'X', "drv (negated operator true on a missing key)"},
    {143, "P66", "cid=t; thing=t; attr.env=prod", "Publish T:q", 'A', "drv"},
    {144, "P67", "cid=c; serial=92:12:85:cb:b7:a5:e0:86", "Publish T:sn/10525622389124227206", 'A',
     "doc (decimal)"},
    {145, "P67", "cid=c; serial=92:12:85:cb:b7:a5:e0:86", "Publish T:sn/921285cbb7a5e086", 'I',
     "drv"},
    {146, "P68", "cid=dev7; CN=dev7", "Connect C:dev7", 'A', "drv"},
    {147, "P68", "cid=dev8; CN=dev7", "Connect C:dev8", 'I', "drv"},
    {148, "P69", "cid=dev-12", "Connect C:dev-12", 'A', "drv"},
    {149, "P69", "cid=xdev-12", "Connect C:xdev-12", 'I', "drv"},
    {150, "P70", "cid=dev7; CN=dev7", "Connect C:dev7", 'A', "drv (variable in condition value)"},
    {151, "P70", "cid=dev7", "Connect C:dev7", 'I', "drv (variable undefined)"},
    {152, "P71", "cid=c", "Publish T:cfg/a + RetainPublish T:cfg/a", 'X', "drv"},
    {153, "P71", "cid=c", "Publish T:cfg/a", 'A', "drv"},
    {154, "P72", "http; sock=false", "GetConnection C:dev1", 'A', "drv"},
    {155, "P72", "http; sock=true", "GetConnection C:dev1", 'I', "drv"},
    {156, "P73", "cid=c", "Subscribe F:#", 'A', "doc (literal)"},
    {157, "P73", "cid=c", "Subscribe F:a/b", 'I', "doc (# does not widen)"},
    {158, "P74", "cid=c", "Publish T:ok/1", 'A', "drv"},
    {159, "P74", "cid=c", "Publish T:no/1", 'X', "drv"},
    {160, "P75", "cid=dev1", "Publish T:y", 'A', "drv (names are case-insensitive)"},
    {161, "P76", "cid=c; O=Acme, Inc.", "Publish T:z", 'A', "doc (backslash rule)"},
    {162, "P77", "cid=c; O=Acme, Inc.", "Publish T:z", 'I', "drv"},
    {163, "P78", "cid=t; thing=t", "Publish T:t/x", 'I',
     "rec (name in a guide sample, not a defined variable)"},
    {164, "P79", "cid=thing1; thing=thing1", "Subscribe F:thing1/room7", 'A', "doc"},
    {165, "P79", "cid=thing1; thing=thing1", "Subscribe F:thing1/+", 'I', "drv"},
    {166, "P79", "cid=thing1; thing=thing1", "Receive T:thing1/room7/light", 'A', "drv"},
    {167, "P80", "cid=client1", "Receive T:iotmonitor/provisioning/987654321098", 'A', "doc"},
    {168, "P80", "cid=client1", "Subscribe F:iotmonitor/provisioning/+", 'I', "drv"},
    {169, "P81", "cid=claim", "Publish T:$aws/certificates/create/json", 'A', "drv"},
    {170, "P81", "cid=claim", "Publish T:$aws/certificates/create-from-csr/json", 'I', "drv"},
    {171, "P83", "cid=prod-1", "Publish T:d/x", 'A', "drv"},
    {172, "P83", "cid=tmp-1", "Publish T:d/x", 'I',
     "drv (negated operator: no listed value may match)"},
    {173, "IAM(P43) IOT(P44)", "cid=u", "Publish T:t", 'A', "doc Cognito"},
    {174, "IAM(P43) IOT()", "cid=u", "Publish T:t", 'I', "doc Cognito (no IoT policy attached)"},
    {175, "IAM(P01) IOT(P43)", "cid=u", "Publish T:t", 'I', "doc Cognito (least of both)"},
    {176, "IAM(P43) IOT()", "http", "ListRetainedMessages *", 'A',
     "doc Cognito (other actions: IAM only)"},
};

/* ---- policies of a case ---- */

enum { DOCUMENTS_MAX = 4 };

struct attached {
    struct policy_document *documents[DOCUMENTS_MAX];
    const struct json *trees[DOCUMENTS_MAX];
    size_t count;
};

static void attach(struct attached *to, struct arena *a, bytes name) {
    const struct json *tree = NULL;
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        if (!bytes_equal(name, bytes_from(policies[i].name)))
            continue;
        to->documents[to->count] = fixture_document(policies[i].name, policies[i].notation);
        CHECK_OK(json_parse(a, fixture_text(a, policies[i].notation), &tree));
    }
    CHECK(tree);
    to->trees[to->count++] = tree;
}

/* "P01,G(P17)"; a group's policies count for a thing that resolves [AWS policy 7]. */
static struct attached attach_all(struct arena *a, bytes names, const struct policy_context *c) {
    struct attached all = {0};
    bytes part;
    while (names.len && !bytes_equal(names, BYTES("(none)")) && bytes_split(&names, ',', &part)) {
        if (!bytes_start_with(part, BYTES("G(")))
            attach(&all, a, part);
        else if (c->thing)
            attach(&all, a, bytes_slice(part, 2, part.len - 3));
    }
    return all;
}

static void detach_all(struct attached *all) {
    for (size_t i = 0; i < all->count; i++)
        policy_document_unref(all->documents[i]);
}

/* ---- questions ---- */

static const char verdict_letters[] = {
    [POLICY_IMPLICIT_DENY] = 'I', [POLICY_EXPLICIT_DENY] = 'X', [POLICY_ALLOWED] = 'A'};

/* "Publish T:some/topic" to the action and the name behind "topic/". */
static enum policy_action read_question(bytes question, bytes *out_name) {
    char action[64];
    enum policy_action found = POLICY_CONNECT;
    size_t space = bytes_find(question, ' ');
    (void)snprintf(action, sizeof action, "iot:%.*s", (int)space, (const char *)question.ptr);
    CHECK(policy_action_find(bytes_from(action), &found));
    bytes resource = bytes_skip(question, space + 1);
    size_t colon = bytes_find(resource, ':');
    *out_name = colon < resource.len ? bytes_skip(resource, colon + 1) : (bytes){0};
    return found;
}

static bool is_worse(enum policy_verdict a, enum policy_verdict b) {
    return b == POLICY_ALLOWED ? a != POLICY_ALLOWED
                               : a == POLICY_EXPLICIT_DENY && b == POLICY_IMPLICIT_DENY;
}

struct answers {
    enum policy_verdict compiled, naive;
};

static void check_one(const struct worked_case *c, struct arena *a, const struct attached *all,
                      bytes question, struct answers *worst) {
    const struct policy_context *context = fixture_context(a, c->context);
    const struct policy_request *request = fixture_request(a, c->context);
    bool is_static = policy_documents_are_static(all->documents, all->count);
    struct policy_set *s =
        policy_set_bind(all->documents, all->count, &fixture_scope, is_static ? NULL : context);
    bytes name;
    enum policy_action action = read_question(question, &name);
    enum policy_verdict compiled = policy_check(s, action, name, request).verdict;
    enum policy_verdict naive =
        policy_naive_check(all->trees, all->count, &fixture_scope, context, action, name, request);
    if (is_worse(compiled, worst->compiled))
        worst->compiled = compiled;
    if (is_worse(naive, worst->naive))
        worst->naive = naive;
    policy_set_unref(s);
}

static struct answers answer(const struct worked_case *c, struct arena *a, bytes names) {
    struct attached all = attach_all(a, names, fixture_context(a, c->context));
    struct answers worst = {POLICY_ALLOWED, POLICY_ALLOWED};
    bytes rest = bytes_from(c->question);
    for (;;) {
        size_t plus = bytes_search(rest, BYTES(" + "));
        check_one(c, a, &all, bytes_slice(rest, 0, plus), &worst);
        if (plus == rest.len)
            break;
        rest = bytes_skip(rest, plus + 3);
    }
    detach_all(&all);
    return worst;
}

/* "IAM(P43) IOT(P44)" [AWS policy 4 rule 5]. */
static struct answers answer_gates(const struct worked_case *c, struct arena *a, bytes gates) {
    size_t space = bytes_find(gates, ' ');
    bytes iam = bytes_slice(gates, 4, space - 5), iot = bytes_skip(gates, space + 5), name;
    struct attached of_role = attach_all(a, iam, fixture_context(a, c->context));
    struct attached of_identity =
        attach_all(a, bytes_slice(iot, 0, iot.len - 1), fixture_context(a, c->context));
    const struct policy_context *context = fixture_context(a, c->context);
    struct policy_set *first =
        policy_set_bind(of_role.documents, of_role.count, &fixture_scope, context);
    struct policy_set *second =
        policy_set_bind(of_identity.documents, of_identity.count, &fixture_scope, context);
    enum policy_action action = read_question(bytes_from(c->question), &name);
    enum policy_verdict v = policy_check_gates(first, second, action, name, NULL).verdict;
    policy_set_unref(first);
    policy_set_unref(second);
    detach_all(&of_role);
    detach_all(&of_identity);
    return (struct answers){v, v};
}

static bool case_holds(const struct worked_case *c) {
    AUTO(arena) a = {0};
    bytes names = bytes_from(c->policies);
    struct answers got =
        bytes_start_with(names, BYTES("IAM(")) ? answer_gates(c, &a, names) : answer(c, &a, names);
    if (verdict_letters[got.compiled] == c->expected && verdict_letters[got.naive] == c->expected)
        return true;
    print_error("case %d: %s, %s, %s is %c, naively %c, not %c (%s)\n", c->number, c->policies,
                c->context, c->question, verdict_letters[got.compiled], verdict_letters[got.naive],
                c->expected, c->origin);
    return false;
}

TEST(every_worked_case_is_decided_as_documented) { /* [AWS policy 9.3] */
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        wrong += !case_holds(&cases[i]);
    CHECK_INT(wrong, 0);
}

TEST(the_table_has_all_cases_in_order) {
    CHECK_INT(COUNT_OF(policies), 83);
    CHECK_INT(COUNT_OF(cases), 176);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_INT(cases[i].number, i + 1);
}

TEST(every_denied_case_is_explained_in_one_sentence) { /* [AWS policy 11] */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(arena) a = {0};
        AUTO(buf) sentence = {0};
        const struct worked_case *c = &cases[i];
        bytes name, names = bytes_from(c->policies);
        if (c->expected == 'A' || bytes_start_with(names, BYTES("IAM(")))
            continue;
        const struct policy_context *context = fixture_context(&a, c->context);
        struct attached all = attach_all(&a, names, context);
        struct policy_set *s = policy_set_bind(all.documents, all.count, &fixture_scope, context);
        bytes question = bytes_from(c->question);
        enum policy_action action =
            read_question(bytes_slice(question, 0, bytes_search(question, BYTES(" + "))), &name);
        const struct policy_request *request = fixture_request(&a, c->context);
        struct policy_decision d = policy_check(s, action, name, request);
        policy_decision_explain(s, d, action, name, request, &sentence);
        CHECK(sentence.len > 20);
        CHECK(bytes_search(buf_bytes(&sentence), bytes_from(policy_action_name(action))) <
              sentence.len);
        policy_set_unref(s);
        detach_all(&all);
    }
}

TEST_MAIN("policy/cases")
