"""An independent codec, cbor2, on both sides of the wire.

cbor_peer.py serve TOOL [SEED]   a service of its own, which reads what the command writes in CBOR and answers it in CBOR of
                                 every shape: lengths known or up to a break, strings in chunks, times of all kinds, members
                                 nobody knows; what was put must be stored, and read, byte for byte
cbor_peer.py mock TOOL [SEED]    a client of the command's own mock, in CBOR, signed by botocore
"""
import base64
import http.server
import json
import os
import random
import struct
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import cbor2

TYPE = 'application/x-amz-cbor-1.1'
STREAM = 'peer'
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)


# ---- CBOR as a stranger may write it ----

def head(major, n):
    shortest = next(size for size in (0, 1, 2, 4, 8) if n < (24 if size == 0 else 256 ** size))
    size = rng.choice([s for s in (0, 1, 2, 4, 8) if s >= shortest and (s or n < 24)]) if rng.random() < 0.2 else shortest
    if size == 0:
        return bytes([major << 5 | n])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + n.to_bytes(size, 'big')


def chunks(major, data):
    if rng.random() < 0.8:
        return head(major, len(data)) + data
    out, at = bytes([major << 5 | 31]), 0
    while at < len(data) or rng.random() < 0.3:
        n = rng.randint(0, len(data) - at)
        if major == 3:  # a chunk of text is text: cut between characters
            while n < len(data) - at and data[at + n] & 0xc0 == 0x80:
                n += 1
        out += head(major, n) + data[at:at + n]
        at += n
    return out + b'\xff'


def written(value):
    if isinstance(value, bytes):
        return chunks(2, value)
    if isinstance(value, str):
        return chunks(3, value.encode())
    if isinstance(value, (list, dict)):
        major = 5 if isinstance(value, dict) else 4
        parts = [written(k) + written(v) for k, v in value.items()] if major == 5 else [written(v) for v in value]
        if rng.random() < 0.5:
            return head(major, len(parts)) + b''.join(parts)
        return bytes([major << 5 | 31]) + b''.join(parts) + b'\xff'
    return cbor2.dumps(value)  # numbers, words, tags


class Time:
    def __init__(self, ms):
        self.ms = ms


def time_written(ms):
    return rng.choice([b'\xc1' + cbor2.dumps(ms), cbor2.dumps(ms), b'\xc1' + struct.pack('>Bd', 0xfb, ms / 1000),
                       struct.pack('>Bd', 0xfb, ms / 1000)])


def stranger(depth=0):
    """Any document at all."""
    kind = rng.randrange(12 if depth < 5 else 9)
    if kind < 9:
        return [rng.randint(-2 ** 64, 2 ** 64 - 1), rng.randint(-30, 30), rng.random() * 10 ** rng.randint(-300, 300), True, None,
                cbor2.undefined, cbor2.CBORSimpleValue(rng.choice([0, 19, 32, 255])), rng.randbytes(rng.randint(0, 40)),
                ''.join(chr(rng.choice([65, 0, 233, 0x20ac, 0x1f41f])) for _ in range(rng.randint(0, 30)))][kind]
    if kind == 9:
        return cbor2.CBORTag(rng.choice([24, 1000, 2 ** 40]), stranger(depth + 1))
    if kind == 10:
        return [stranger(depth + 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(['a', 'Data', 'Records', 'longer name ' * 5]) + str(i): stranger(depth + 1) for i in range(rng.randint(0, 4))}


def answered(members):
    """A map of these members in any order, some that nobody knows among them."""
    pairs = [(written(k), time_written(v.ms) if isinstance(v, Time) else v if isinstance(v, Raw) else written(v))
             for k, v in members.items()]
    pairs += [(written('Unknown%d' % i), written(stranger())) for i in range(rng.choice([0, 0, 1, 2]))]
    rng.shuffle(pairs)
    parts = [k + (v.data if isinstance(v, Raw) else v) for k, v in pairs]
    if rng.random() < 0.5:
        return head(5, len(parts)) + b''.join(parts)
    return b'\xbf' + b''.join(parts) + b'\xff'


class Raw:
    def __init__(self, data):
        self.data = data


def listed(parts):
    return Raw(head(4, len(parts)) + b''.join(parts) if rng.random() < 0.5 else b'\x9f' + b''.join(parts) + b'\xff')


# ---- a service ----

stored, problems, asked = [], [], []
NOW = 1768480496789


def check(condition, what):
    if not condition:
        problems.append(what)


def put_records(request):
    check(set(request) == {'StreamName', 'Records'} and request['StreamName'] == STREAM, request.keys())
    entries = []
    for i, entry in enumerate(request['Records']):
        check(set(entry) == {'Data', 'PartitionKey'} and isinstance(entry['Data'], bytes), 'an entry of %r' % list(entry))
        if rng.random() < 0.1:
            entries.append(answered({'ErrorCode': 'InternalFailure', 'ErrorMessage': 'try again'}))
            continue
        stored.append((entry['PartitionKey'], entry['Data']))
        ok = {'SequenceNumber': str(len(stored)), 'ShardId': 'shardId-000000000000'}
        if rng.random() < 0.3:
            ok['ErrorCode'] = None
        entries.append(answered(ok) if rng.random() < 0.7 else cbor2.dumps(ok))
    return answered({'FailedRecordCount': 0, 'Records': listed(entries)})


def get_records(request):
    at = int(request['ShardIterator'])
    check(isinstance(request.get('Limit', 1), int), 'Limit')
    page = stored[at:at + 40]
    records = []
    for i, (key, data) in enumerate(page):
        record = {'SequenceNumber': str(at + i + 1), 'ApproximateArrivalTimestamp': Time(NOW + at + i), 'Data': data, 'PartitionKey': key}
        usual = {**record, 'ApproximateArrivalTimestamp': cbor2.CBORTag(1000, 0)}
        if rng.random() < 0.5:
            records.append(answered(record))
        else:  # as a service writes it that is in no mood
            usual = cbor2.dumps(usual).replace(b'\xd9\x03\xe8\x00', b'\xc1' + cbor2.dumps(NOW + at + i), 1)
            records.append(usual)
    return answered({'Records': listed(records), 'NextShardIterator': str(at + len(page)),
                     'MillisBehindLatest': 0 if at + len(page) == len(stored) else rng.choice([50000000, 5e7])})


OPERATIONS = {
    'PutRecords': put_records,
    'GetRecords': get_records,
    'GetShardIterator': lambda request: answered({'ShardIterator': '0'}),
    'ListShards': lambda request: answered({'Shards': listed([answered({
        'ShardId': 'shardId-000000000000', 'HashKeyRange': {'StartingHashKey': '0', 'EndingHashKey': str(2 ** 128 - 1)},
        'SequenceNumberRange': {'StartingSequenceNumber': '0'}})])}),
    'DescribeStreamSummary': lambda request: answered({'StreamDescriptionSummary': Raw(answered({
        'StreamName': STREAM, 'StreamARN': 'arn:aws:kinesis:us-east-1:123456789012:stream/' + STREAM, 'StreamStatus': 'ACTIVE',
        'RetentionPeriodHours': 24, 'StreamCreationTimestamp': Time(NOW), 'OpenShardCount': 1, 'EnhancedMonitoring': []}))}),
}


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        operation = self.headers['X-Amz-Target'].split('.')[1]
        asked.append(operation)
        check(self.headers['Content-Type'] == TYPE, self.headers['Content-Type'])
        try:
            request = cbor2.loads(body)
            # But for the head of a list whose length is known last, it is written as cbor2 would.
            short = head_of_list(body, request)
            check(cbor2.dumps(request) == short, '%s: other bytes than cbor2 writes: %s' % (operation, body[:80].hex()))
            status, answer = 200, OPERATIONS[operation](request)
        except Exception as problem:
            problems.append('%s: %r' % (operation, problem))
            status, answer = 400, answered({'__type': 'SerializationException', 'Message': 'see the test'})
        self.send_response(status)
        self.send_header('Content-Type', TYPE)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def head_of_list(body, request):
    if 'Records' not in request:
        return body
    mark = b'\x67Records\x99' + len(request['Records']).to_bytes(2, 'big')
    return body.replace(mark, b'\x67Records' + cbor2.dumps([0] * len(request['Records']))[:-len(request['Records'])], 1)


def run(tool, url, *args, text=None):
    env = dict(os.environ, AWS_ACCESS_KEY_ID='AKID', AWS_SECRET_ACCESS_KEY='secret', AWS_REGION='us-east-1', AWS_ENDPOINT_URL=url)
    done = subprocess.run([tool, '-o', 'wire=cbor', *args], env=env, input=text, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit('%s: exit %d: %s' % (' '.join(args), done.returncode, done.stderr))
    return done.stdout


def random_records(n):
    return [(''.join(chr(rng.choice([107, 34, 92, 233, 0x20ac, 0x1f41f, rng.randint(1, 0x7f)])) for _ in range(rng.randint(1, 30))),
             rng.randbytes(rng.choice([0, 1, 23, 24, 255, 256, rng.randint(0, 3000)]))) for _ in range(n)]


def serve(tool):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = 'http://127.0.0.1:%d' % server.server_port
    records = random_records(300)
    lines = ''.join(json.dumps({'partitionKey': k, 'data': base64.b64encode(d).decode()}) + '\n' for k, d in records)
    run(tool, url, '-o', 'requests_max=1', 'put', STREAM, '--format', 'jsonl', text=lines)
    described = json.loads(run(tool, url, 'stream', 'describe', STREAM))
    check(described['openShardCount'] == 1, described)
    seen = [json.loads(line) for line in run(tool, url, 'tail', STREAM, '--from', 'trim-horizon', '--until', 'latest',
                                             '--format', 'jsonl').splitlines()]
    check(sorted(stored) == sorted(records), 'what was put is not what is stored')
    check([(r['partitionKey'], base64.b64decode(r['data'])) for r in seen] == stored, 'what is stored is not what was read')
    check(all(abs(r['approximateArrivalTimestamp'] - NOW - i) <= 0 for i, r in enumerate(seen)), 'times')
    server.shutdown()
    if problems:
        sys.exit('\n'.join(map(str, problems[:10])))
    print('%d records in %d requests: cbor2 and we say the same' % (len(seen), len(asked)))


# ---- a client ----

def ask(url, operation, request, body=None):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    body = written(request) if body is None else body
    signed = AWSRequest('POST', url + '/', data=body, headers={'Content-Type': TYPE, 'X-Amz-Target': 'Kinesis_20131202.' + operation})
    SigV4Auth(Credentials('AKIDMOCK', 'mock-secret'), 'kinesis', 'us-east-1').add_auth(signed)
    sent = urllib.request.Request(url + '/', data=body, headers=dict(signed.headers))
    try:
        answer = urllib.request.urlopen(sent, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    check(answer.headers['Content-Type'] == TYPE, answer.headers['Content-Type'])
    # AWS tags milliseconds as seconds, of a year that Python does not know.
    data = answer.read().replace(b'Timestamp\xc1\x1b', b'Timestamp\x1b')
    return answer.status, cbor2.loads(data) if data else None


def mock(tool):
    server = subprocess.Popen([tool, 'mock', '--stream', STREAM + ':1'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        url = json.loads(server.stdout.readline())['url']
        records = random_records(200)
        status, answer = ask(url, 'PutRecords', {'StreamName': STREAM, 'Records': [{'Data': d, 'PartitionKey': k} for k, d in records]})
        check(status == 200 and answer['FailedRecordCount'] == 0 and len(answer['Records']) == 200, (status, answer))
        shard = ask(url, 'ListShards', {'StreamName': STREAM})[1]['Shards'][0]['ShardId']
        iterator = ask(url, 'GetShardIterator', {'StreamName': STREAM, 'ShardId': shard, 'ShardIteratorType': 'TRIM_HORIZON'})[1]
        body = cbor2.dumps({'ShardIterator': iterator['ShardIterator']})
        status, answer = ask(url, 'GetRecords', None, body)
        check([(r['PartitionKey'], r['Data']) for r in answer['Records']] == records, 'other records than were put')
        described = ask(url, 'DescribeStreamSummary', {'StreamName': STREAM})[1]['StreamDescriptionSummary']
        check(described['OpenShardCount'] == 1, described)
        status, answer = ask(url, 'DescribeStreamSummary', {'StreamName': 'nowhere'})
        check(status == 400 and answer['__type'] == 'ResourceNotFoundException', (status, answer))
        status, answer = ask(url, 'PutRecord', {'StreamName': STREAM, 'Data': 'aGVsbG8=', 'PartitionKey': 'k'})
        check(status == 400 and answer['__type'] == 'SerializationException', (status, answer))
    finally:
        server.kill()
        server.wait()
    if problems:
        sys.exit('\n'.join(map(str, problems[:10])))
    print('200 records through the mock: cbor2 and it say the same')


if __name__ == '__main__':
    {'serve': serve, 'mock': mock}[sys.argv[1]](sys.argv[2])
