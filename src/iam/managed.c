#include "iam/managed.h"

#define ALLOW(actions, resource)                                                            \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[" actions \
    "],\"Resource\":" resource "}]}"
#define SERVICE_ROLE "/service-role/"

/* As the documentation of AWS describes each; by ARN. */
static const struct iam_managed policies[] = {
    {"/", "AWSIoTConfigAccess", "Full access to the configuration of AWS IoT",
     ALLOW("\"iot:AcceptCertificateTransfer\",\"iot:AddThingTo*\",\"iot:Associate*\","
           "\"iot:Attach*\",\"iot:Cancel*\",\"iot:ClearDefaultAuthorizer\",\"iot:Create*\","
           "\"iot:Delete*\",\"iot:Deprecate*\",\"iot:Describe*\",\"iot:Detach*\","
           "\"iot:DisableTopicRule\",\"iot:EnableTopicRule\",\"iot:Get*\",\"iot:List*\","
           "\"iot:Register*\",\"iot:RejectCertificateTransfer\",\"iot:RemoveThingFrom*\","
           "\"iot:ReplaceTopicRule\",\"iot:SearchIndex\",\"iot:Set*\","
           "\"iot:StartThingRegistrationTask\",\"iot:StopThingRegistrationTask\","
           "\"iot:Tag*\",\"iot:Test*\",\"iot:TransferCertificate\",\"iot:Untag*\","
           "\"iot:Update*\",\"iot:Validate*\"",
           "\"*\"")},
    {"/", "AWSIoTConfigReadOnlyAccess", "Reads the configuration of AWS IoT",
     ALLOW("\"iot:Describe*\",\"iot:Get*\",\"iot:List*\",\"iot:SearchIndex\",\"iot:Test*\"",
           "\"*\"")},
    {"/", "AWSIoTDataAccess", "Connects, publishes, subscribes and reads shadows",
     ALLOW("\"iot:Connect\",\"iot:Publish\",\"iot:Subscribe\",\"iot:Receive\","
           "\"iot:GetThingShadow\",\"iot:UpdateThingShadow\",\"iot:DeleteThingShadow\","
           "\"iot:ListNamedShadowsForThing\"",
           "\"*\"")},
    {"/", "AWSIoTFullAccess", "Everything in AWS IoT",
     ALLOW("\"iot:*\",\"iotjobsdata:*\"", "\"*\"")},
    {"/", "AWSLambda_FullAccess", "Everything in AWS Lambda, and what its console reads",
     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
     "\"lambda:*\",\"logs:DescribeLogGroups\",\"iam:GetPolicy\",\"iam:GetPolicyVersion\","
     "\"iam:GetRole\",\"iam:GetRolePolicy\",\"iam:ListAttachedRolePolicies\","
     "\"iam:ListRolePolicies\",\"iam:ListRoles\"],\"Resource\":\"*\"},{\"Effect\":\"Allow\","
     "\"Action\":\"iam:PassRole\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":"
     "{\"iam:PassedToService\":\"lambda.amazonaws.com\"}}},{\"Effect\":\"Allow\",\"Action\":["
     "\"logs:DescribeLogStreams\",\"logs:GetLogEvents\",\"logs:FilterLogEvents\"],"
     "\"Resource\":\"arn:aws:logs:*:*:log-group:/aws/lambda/*\"}]}"},
    {"/", "AWSLambda_ReadOnlyAccess", "Reads AWS Lambda and the logs of functions",
     ALLOW("\"lambda:Get*\",\"lambda:List*\",\"logs:DescribeLogGroups\","
           "\"logs:DescribeLogStreams\",\"logs:GetLogEvents\",\"logs:FilterLogEvents\","
           "\"iam:GetRole\",\"iam:ListRoles\"",
           "\"*\"")},
    {"/", "AdministratorAccess", "Everything", ALLOW("\"*\"", "\"*\"")},
    {"/", "AmazonS3FullAccess", "Everything in Amazon S3",
     ALLOW("\"s3:*\",\"s3-object-lambda:*\"", "\"*\"")},
    {"/", "CloudWatchLogsFullAccess", "Everything in CloudWatch Logs",
     ALLOW("\"logs:*\"", "\"*\"")},
    {"/", "CloudWatchLogsReadOnlyAccess", "Reads CloudWatch Logs",
     ALLOW("\"logs:Describe*\",\"logs:Get*\",\"logs:List*\",\"logs:StartQuery\","
           "\"logs:StopQuery\",\"logs:TestMetricFilter\",\"logs:FilterLogEvents\","
           "\"logs:StartLiveTail\",\"logs:StopLiveTail\"",
           "\"*\"")},
    {"/", "IAMFullAccess", "Everything in IAM", ALLOW("\"iam:*\"", "\"*\"")},
    {"/", "IAMReadOnlyAccess", "Reads IAM",
     ALLOW("\"iam:GenerateCredentialReport\",\"iam:GenerateServiceLastAccessedDetails\","
           "\"iam:Get*\",\"iam:List*\",\"iam:SimulateCustomPolicy\","
           "\"iam:SimulatePrincipalPolicy\"",
           "\"*\"")},
    {"/", "PowerUserAccess", "Everything but users, groups and roles",
     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"NotAction\":["
     "\"iam:*\",\"organizations:*\",\"account:*\"],\"Resource\":\"*\"},{\"Effect\":\"Allow\","
     "\"Action\":[\"iam:CreateServiceLinkedRole\",\"iam:DeleteServiceLinkedRole\","
     "\"iam:ListRoles\"],\"Resource\":\"*\"}]}"},
    {"/", "ReadOnlyAccess", "Reads everything this server has",
     ALLOW("\"acm:Describe*\",\"acm:Get*\",\"acm:List*\",\"iam:Get*\",\"iam:List*\","
           "\"iot:Describe*\",\"iot:Get*\",\"iot:List*\",\"iot:SearchIndex\",\"lambda:Get*\","
           "\"lambda:List*\",\"logs:Describe*\",\"logs:FilterLogEvents\",\"logs:Get*\","
           "\"logs:List*\",\"secretsmanager:Describe*\",\"secretsmanager:GetResourcePolicy\","
           "\"secretsmanager:List*\",\"sts:GetAccessKeyInfo\",\"sts:GetCallerIdentity\"",
           "\"*\"")},
    {"/", "SecretsManagerReadWrite", "Everything in Secrets Manager",
     ALLOW("\"secretsmanager:*\"", "\"*\"")},
    {SERVICE_ROLE, "AWSIoTDeviceDefenderAudit", "What an audit of Device Defender reads",
     ALLOW("\"iot:GetLoggingOptions\",\"iot:GetV2LoggingOptions\",\"iot:ListCACertificates\","
           "\"iot:ListCertificates\",\"iot:DescribeCACertificate\",\"iot:DescribeCertificate\","
           "\"iot:ListPolicies\",\"iot:GetPolicy\",\"iot:GetEffectivePolicies\","
           "\"iot:ListRoleAliases\",\"iot:DescribeRoleAlias\",\"cognito-identity:"
           "GetIdentityPoolRoles\",\"iam:ListRolePolicies\",\"iam:ListAttachedRolePolicies\","
           "\"iam:GetRole\",\"iam:GetPolicy\",\"iam:GetPolicyVersion\",\"iam:GetRolePolicy\","
           "\"iam:GenerateServiceLastAccessedDetails\",\"iam:GetServiceLastAccessedDetails\"",
           "\"*\"")},
    {SERVICE_ROLE, "AWSIoTLogging", "Writes the logs of AWS IoT",
     ALLOW("\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\","
           "\"logs:PutMetricFilter\",\"logs:PutRetentionPolicy\",\"logs:GetLogEvents\","
           "\"logs:DeleteLogStream\"",
           "[\"*\"]")},
    {SERVICE_ROLE, "AWSIoTRuleActions", "What rules of AWS IoT usually reach",
     ALLOW("\"dynamodb:PutItem\",\"kinesis:PutRecord\",\"iot:Publish\",\"s3:PutObject\","
           "\"sns:Publish\",\"sqs:SendMessage*\",\"cloudwatch:SetAlarmState\","
           "\"cloudwatch:PutMetricData\",\"es:ESHttpPut\",\"firehose:PutRecord\"",
           "\"*\"")},
    {SERVICE_ROLE, "AWSIoTThingsRegistration", "Provisions things",
     ALLOW("\"iot:AddThingToThingGroup\",\"iot:AttachPolicy\",\"iot:AttachPrincipalPolicy\","
           "\"iot:AttachThingPrincipal\",\"iot:CreateCertificateFromCsr\",\"iot:CreatePolicy\","
           "\"iot:CreateThing\",\"iot:DescribeCertificate\",\"iot:DescribeThing\","
           "\"iot:DescribeThingGroup\",\"iot:DescribeThingType\",\"iot:DetachPolicy\","
           "\"iot:DetachThingPrincipal\",\"iot:GetPolicy\",\"iot:ListAttachedPolicies\","
           "\"iot:ListPolicyPrincipals\",\"iot:ListPrincipalPolicies\","
           "\"iot:ListPrincipalThings\",\"iot:ListTargetsForPolicy\","
           "\"iot:ListThingGroupsForThing\",\"iot:ListThingPrincipals\","
           "\"iot:RegisterCertificate\",\"iot:RegisterCertificateWithoutCA\","
           "\"iot:RegisterThing\",\"iot:RemoveThingFromThingGroup\",\"iot:UpdateCertificate\","
           "\"iot:UpdateThing\",\"iot:UpdateThingGroupsForThing\","
           "\"iot:AddThingToBillingGroup\",\"iot:DescribeBillingGroup\","
           "\"iot:RemoveThingFromBillingGroup\"",
           "[\"*\"]")},
    {SERVICE_ROLE, "AWSLambdaBasicExecutionRole", "Writes the logs of a function",
     ALLOW("\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"", "\"*\"")},
    {SERVICE_ROLE, "AWSLambdaRole", "Invokes functions",
     ALLOW("\"lambda:InvokeFunction\"", "[\"*\"]")},
};

const struct iam_managed *iam_managed_at(size_t index) {
    return index < COUNT_OF(policies) ? &policies[index] : NULL;
}

const struct iam_managed *iam_managed_find(bytes path, bytes name) {
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (bytes_equal(name, bytes_from(policies[i].name)) &&
            bytes_equal(path, bytes_from(policies[i].path)))
            return &policies[i];
    return NULL;
}
