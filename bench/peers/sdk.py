"""bench/peers/sdk.py URL CA RECORDS BYTES - boto3 as a contestant (see peer.h)"""
import os
import sys

import boto3
from botocore.config import Config

url, ca, records, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
client = boto3.client(
    "kinesis", endpoint_url=url, region_name="us-east-1", verify=ca or None,
    aws_access_key_id="AKIDEXAMPLEAKIDEXAMP", aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    config=Config(retries={"max_attempts": 0}))
entries = [{"Data": os.urandom(size), "PartitionKey": "key-%09d" % i} for i in range(records)]
for line in sys.stdin:
    for _ in range(int(line.split()[1])):
        answer = client.put_records(StreamName="bench", Records=entries)
        if answer["FailedRecordCount"] != 0 or len(answer["Records"]) != records:
            sys.exit("boto3: %d of %d records failed" % (answer["FailedRecordCount"], records))
    print("done", flush=True)
