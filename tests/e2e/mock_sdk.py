"""An AWS SDK, boto3, as a client of `kinstream mock`: it signs and reads by its own code.

mock_sdk.py TOOL CERTIFICATE KEY     ends with 1 and says what was wrong
"""
import atexit
import hashlib
import json
import signal
import subprocess
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError


class Mock:
    """The command, started with these arguments; `counts` after its end."""

    def __init__(self, tool, *arguments):
        self.process = subprocess.Popen([tool, 'mock', *arguments], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # also when a comparison ends this program
        self.told = json.loads(self.process.stdout.readline())

    def client(self, secret=None, verify=None):
        return boto3.client('kinesis', endpoint_url=self.told['url'], region_name=self.told['region'],
                            aws_access_key_id=self.told['accessKeyId'],
                            aws_secret_access_key=secret or self.told['secretAccessKey'], verify=verify,
                            config=Config(retries={'total_max_attempts': 3, 'mode': 'standard'}, proxies={}))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.counts = json.loads(self.process.communicate(timeout=20)[0].strip())


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f'{what}: {got!r}, not {wanted!r}')


def refused(code, status, call, **members):
    try:
        call(**members)
    except ClientError as error:
        same('code', error.response['Error']['Code'], code)
        same(f'status of {code}', error.response['ResponseMetadata']['HTTPStatusCode'], status)
        if not error.response['Error']['Message']:
            sys.exit(f'{code} has no message')
        return
    sys.exit(f'{code} was expected, and all went well')


def read_all(kinesis, stream, shard):
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard,
                                          ShardIteratorType='TRIM_HORIZON')['ShardIterator']
    records = []
    while True:
        page = kinesis.get_records(ShardIterator=iterator, Limit=7)
        records += page['Records']
        iterator = page.get('NextShardIterator')
        if not iterator or (not page['Records'] and page['MillisBehindLatest'] == 0):
            return records, page.get('ChildShards', [])


def streams(kinesis):
    kinesis.create_stream(StreamName='made', ShardCount=2)
    summary = kinesis.describe_stream_summary(StreamName='made')['StreamDescriptionSummary']
    same('status', summary['StreamStatus'], 'ACTIVE')
    same('shards', summary['OpenShardCount'], 2)
    same('year of creation', summary['StreamCreationTimestamp'].year >= 2024, True)
    same('streams', kinesis.list_streams()['StreamNames'], ['made', 's'])
    first = kinesis.list_shards(StreamName='made', MaxResults=1)
    second = kinesis.list_shards(NextToken=first['NextToken'])
    same('shards in two pages', [s['ShardId'] for s in first['Shards'] + second['Shards']],
         ['shardId-000000000000', 'shardId-000000000001'])
    kinesis.merge_shards(StreamName='made', ShardToMerge='shardId-000000000000',
                         AdjacentShardToMerge='shardId-000000000001')
    kinesis.split_shard(StreamName='made', ShardToSplit='shardId-000000000002',
                        NewStartingHashKey=str(2 ** 127))
    same('children', len(read_all(kinesis, 'made', 'shardId-000000000002')[1]), 2)
    kinesis.delete_stream(StreamName='made')
    refused('ResourceNotFoundException', 400, kinesis.describe_stream_summary, StreamName='made')


def records(kinesis):
    put = [{'PartitionKey': key, 'Data': bytes(range(256)) * n}
           for n, key in enumerate(['k', 'é', '€uro', '🐟', 'x' * 256] * 4)]
    for entry in put[:10]:
        kinesis.put_record(StreamName='s', **entry)
    answer = kinesis.put_records(StreamName='s', Records=put[10:])
    same('failed', answer['FailedRecordCount'], 0)
    seen = []
    for shard in kinesis.list_shards(StreamName='s')['Shards']:
        first, last = (int(shard['HashKeyRange'][end]) for end in ('StartingHashKey', 'EndingHashKey'))
        for record in read_all(kinesis, 's', shard['ShardId'])[0]:
            placed = int(hashlib.md5(record['PartitionKey'].encode()).hexdigest(), 16)
            same('shard of a key', first <= placed <= last, True)
            seen.append((record['PartitionKey'], record['Data']))
    same('records', sorted(seen), sorted((r['PartitionKey'], r['Data']) for r in put))


def refusals(mock, kinesis):
    retried = kinesis.put_record(StreamName='s', PartitionKey='k', Data=b'x')  # throttled once
    same('tries', retried['ResponseMetadata']['RetryAttempts'], 1)
    refused('InvalidSignatureException', 400, mock.client(secret='wrong').list_streams)
    refused('ResourceInUseException', 400, kinesis.create_stream, StreamName='s', ShardCount=1)
    refused('ValidationException', 400, kinesis.put_record, StreamName='s', PartitionKey='x' * 257, Data=b'')
    refused('InvalidArgumentException', 400, kinesis.get_records, ShardIterator='nonsense')
    refused('InvalidArgumentException', 400, kinesis.put_record, StreamName='s', PartitionKey='k',
            Data=b'x' * 1048576)
    refused('InternalFailureException', 500, kinesis.list_streams)  # the fault, three times


def main(tool, certificate, key):
    mock = Mock(tool, '--stream', 's:3', '--fault', 'ListStreams:error500:count=3',
                '--fault', 'PutRecord:throttle:count=1')
    refusals(mock, mock.client())
    mock.end()
    same('refused', mock.counts['refused'], 1)
    same('stored', mock.counts['recordsStored'], 1)
    mock = Mock(tool, '--stream', 's:3')
    streams(mock.client())
    records(mock.client())
    mock.end()
    same('stored', mock.counts['recordsStored'], 20)
    mock = Mock(tool, '--stream', 's:3', '--tls-cert', certificate, '--tls-key', key)
    records(mock.client(verify=certificate))
    try:
        mock.client().list_streams()
        sys.exit('a certificate that nobody vouches for was taken')
    except SSLError:
        pass
    mock.end()
    print('boto3 and the mock agree, over HTTP and HTTPS')


main(*sys.argv[1:])
