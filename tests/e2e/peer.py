"""What another client sees and does: boto3, and the comparison of two lists of records.

peer.py put STREAM FILE      puts the records of a JSON-lines file, in order
peer.py read STREAM          prints every record of every shard, parents before children, as JSON lines, with the hash
                             keys that its shard has
peer.py events FILE...       prints the records of Lambda event files, as JSON lines
peer.py parts SEEN N         of each sequence number: sub-sequence numbers 0, 1, ... in order; N are above 0
peer.py cover PUT SEEN       each record of PUT is seen once or more often, nothing else; first seen in order within each key
peer.py compare PUT SEEN     same records, byte for byte and as often; same order within each partition key
Endpoint, region and keys come from the environment.
"""
import base64
import collections
import json
import os
import sys


def client():
    import boto3
    from botocore.config import Config
    return boto3.client('kinesis', endpoint_url=os.environ['AWS_ENDPOINT_URL'],
                        config=Config(read_timeout=60, retries={'max_attempts': 2}))


def lines(path):
    with open(path, encoding='utf-8') as file:
        return [json.loads(line) for line in file if line.strip()]


def put(stream, path):
    kinesis = client()
    for record in lines(path):
        kinesis.put_record(StreamName=stream, PartitionKey=record['partitionKey'],
                           Data=base64.b64decode(record['data']))


def shards_in_order(kinesis, stream):
    shards = kinesis.list_shards(StreamName=stream)['Shards']
    known = {s['ShardId'] for s in shards}
    done = []
    while shards:
        for shard in shards:
            parents = {shard.get('ParentShardId'), shard.get('AdjacentParentShardId')} & known
            if parents <= {s['ShardId'] for s in done}:
                done.append(shard)
                shards.remove(shard)
                break
    return done


def read(stream):
    kinesis = client()
    for info in shards_in_order(kinesis, stream):
        shard, keys = info['ShardId'], info['HashKeyRange']
        iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard,
                                              ShardIteratorType='TRIM_HORIZON')['ShardIterator']
        while iterator:
            page = kinesis.get_records(ShardIterator=iterator, Limit=1000)
            for r in page['Records']:
                print(json.dumps({'shardId': shard, 'sequenceNumber': r['SequenceNumber'],
                                  'partitionKey': r['PartitionKey'],
                                  'data': base64.b64encode(r['Data']).decode(),
                                  'startingHashKey': keys['StartingHashKey'],
                                  'endingHashKey': keys['EndingHashKey']}))
            if not page['Records'] and page.get('MillisBehindLatest', 0) == 0:
                break
            iterator = page.get('NextShardIterator')


def events(paths):
    for path in paths:
        with open(path, encoding='utf-8') as file:
            text = file.read()
        decoder, at = json.JSONDecoder(), 0
        while at < len(text):
            event, at = decoder.raw_decode(text, at)
            while at < len(text) and text[at].isspace():
                at += 1
            for r in event['Records']:
                assert r['eventSource'] == 'aws:kinesis' and r['eventVersion'] == '1.0', r
                assert r['eventID'].endswith(':' + r['kinesis']['sequenceNumber']), r
                print(json.dumps({'partitionKey': r['kinesis']['partitionKey'], 'data': r['kinesis']['data']}))


def parts(seen_path, wanted):
    last, above = {}, 0
    for r in lines(seen_path):
        number, sub = (r['shardId'], r['sequenceNumber']), r['subSequenceNumber']
        assert sub == last.get(number, -1) + 1, r
        last[number] = sub
        above += sub > 0
    assert above == int(wanted), f'{above} records have a sub-sequence number above 0, not {wanted}'
    print(f'{len(last)} sequence numbers, and {above} records behind the first of one')


def compare(put_path, seen_path):
    wanted, seen = lines(put_path), lines(seen_path)
    count = lambda rs: collections.Counter((r['partitionKey'], r['data']) for r in rs)
    missing, extra = count(wanted) - count(seen), count(seen) - count(wanted)
    for name, which in (('missing', missing), ('too many', extra)):
        for (key, data), n in list(which.items())[:5]:
            print(f'{name}: {n} x key {key!r}, {len(base64.b64decode(data))} bytes', file=sys.stderr)
    by_key = lambda rs: {k: [r['data'] for r in rs if r['partitionKey'] == k] for k in {r['partitionKey'] for r in rs}}
    disorder = [k for k, order in by_key(wanted).items() if by_key_cached(seen, by_key).get(k) != order]
    if disorder and not missing and not extra:
        print(f'out of order: keys {disorder[:5]!r}', file=sys.stderr)
    if missing or extra or disorder or not wanted:
        sys.exit(1)
    print(f'{len(wanted)} records, {len({r["partitionKey"] for r in wanted})} keys: the same, in order')


def cover(put_path, seen_path):
    wanted, seen = ([(r['partitionKey'], r['data']) for r in lines(path)] for path in (put_path, seen_path))
    first = list(dict.fromkeys(seen))
    missing, extra = set(wanted) - set(first), set(first) - set(wanted)
    assert not missing and not extra, f'{len(missing)} are missing, {len(extra)} were never put: {list(missing | extra)[:5]!r}'
    by_key = lambda rs: {k: [d for key, d in rs if key == k] for k in {key for key, _ in rs}}
    disorder = [k for k, order in by_key(wanted).items() if by_key(first)[k] != order] if by_key(wanted) != by_key(first) else []
    assert wanted and not disorder, f'out of order: {disorder[:5]!r}'
    print(f'{len(wanted)} records, {len(seen) - len(first)} seen again: none is missing, in order')


_cache = {}


def by_key_cached(records, by_key):
    if id(records) not in _cache:
        _cache[id(records)] = by_key(records)
    return _cache[id(records)]


if __name__ == '__main__':
    command, rest = sys.argv[1], sys.argv[2:]
    if command == 'events':
        events(rest)
    else:
        {'put': put, 'read': read, 'parts': parts, 'cover': cover, 'compare': compare}[command](*rest)
