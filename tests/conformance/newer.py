"""Run by the Python that build/aws-current brings, whose boto3 knows operations that Debian 12's does not:

    python newer.py ENDPOINT REGION SERVICE OPERATION '{"input": …}'    one call: its answer, or {"error": CODE}, as JSON
"""
import json
import sys

import boto3
import botocore.exceptions

endpoint, region, service, method, arguments = sys.argv[1:]
client = boto3.client(service, endpoint_url=endpoint, region_name=region)
try:
    answer = getattr(client, method)(**json.loads(arguments))
    answer.pop("ResponseMetadata")
except botocore.exceptions.ClientError as refused:
    answer = {"error": refused.response["Error"]["Code"], "message": refused.response["Error"]["Message"]}
print(json.dumps(answer, default=str))
