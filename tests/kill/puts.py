"""puts.py BUILDDIR - kinstream put, killed again and again; then none of its reports may have been a lie.

SIGKILL comes at a random time, with records in its memory, in requests under way and on the way to their reports.  The
mock throttles, fails, stores and drops answers; shards are split and merged.  Plain, in order, and aggregated.  Afterwards:
  - each record that --acks told to be stored is in the stream: at the place that was told, and read by a reader that drops
    whole aggregates as the KCL does;
  - none that was told not to be sent is there, and none is told of twice;
  - in order, those of a key that were told to be stored come in the order they were put in.
From the environment: KILLS (100), a third of them for each; SEED (random).  Closes with 'N passed, N failed'.
"""
import base64
import collections
import hashlib
import json
import os
import subprocess
import sys
import threading
import time

from trial import KILLED, Trial, faults_of

KEYS, LINES_MAX = 40, 20000
FAULTS = ['throttle:share=0.03', 'error500:share=0.03', 'partial:share=0.1', 'drop_after:share=0.03', 'truncate:share=0.03',
          'latency:share=0.3:ms=30']
trial = Trial('producers', sys.argv[1], kills=100, KINSTREAM_BEHIND_INTERVAL_MS='0')


def open_shards():
    return sorted((s for s in trial.lines_of('stream', 'shards', 'stream') if s['open']), key=lambda s: int(s['startingHashKey']))


# ---- one run ----

def feed(process, run):
    """Writes records until nobody reads them any more."""
    try:
        for i in range(LINES_MAX):
            data = base64.b64encode(f'{run}:{i}:'.encode() + b'x' * (i % 200)).decode()
            process.stdin.write(json.dumps({'partitionKey': f'k{i % KEYS}', 'data': data}).encode() + b'\n')
            if i % 100 == 99:
                process.stdin.flush()
                time.sleep(0.001)
    except BrokenPipeError:
        pass


def acks_of(path):
    """Those of whole lines: one may be cut by the kill."""
    with open(path, encoding='utf-8') as file:
        return [json.loads(line) for line in file if line.endswith('}\n') and line.startswith('{"index"')]


def kill_once(run, options, resharding):
    """One run and its end; what it told."""
    path = os.path.join(trial.here, f'acks.{run}')
    with open(path, 'wb') as out, open(os.path.join(trial.here, 'errors'), 'ab') as errors:
        # In lines, as of a terminal: what was told is in the file when the kill comes.
        process = subprocess.Popen(['stdbuf', '-oL', trial.tool, '-o', 'linger_ms=10', 'put', 'stream', '--format', 'jsonl',
                                    '--acks', *options], env=trial.environment, stdin=subprocess.PIPE, stdout=out, stderr=errors)
        feeder = threading.Thread(target=feed, args=(process, run))
        feeder.start()
        until = time.monotonic() + 30
        while os.stat(path).st_size == 0 and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(trial.chance.uniform(0, 0.25))
        if resharding:
            reshard()
            time.sleep(trial.chance.uniform(0, 0.1))
        process.kill()
        status = process.wait()
        feeder.join()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
    if status != KILLED:
        raise SystemExit(f'check-kill: a producer ended by itself, with {status}; see {trial.here}/errors')
    return acks_of(path)


def reshard():
    shards = open_shards()
    if len(shards) > 4:
        trial.lines_of('stream', 'merge', 'stream', shards[0]['shardId'], shards[1]['shardId'], '--wait')
    else:
        trial.lines_of('stream', 'split', 'stream', trial.chance.choice(shards)['shardId'], '--wait')


# ---- what is in the stream ----

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(message):
    """(number, value) of a protobuf message of numbers and byte strings."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        value, at = varint(message, at)
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        yield tag >> 3, value


def parts_of(data):
    """(partition key, data) of each record of an aggregate; None: it is a record."""
    if len(data) <= 20 or data[:4] != b'\xf3\x89\x9a\xc2' or hashlib.md5(data[4:-16]).digest() != data[-16:]:
        return None
    all_of = collections.defaultdict(list)
    for number, value in fields(data[4:-16]):
        all_of[number].append(value)
    records = [dict(fields(record)) for record in all_of[3]]
    return [(all_of[1][record[1]].decode(), record[3]) for record in records]


class Stream:
    """What readers see of it."""

    def __init__(self):
        ranges = {s['shardId']: (int(s['startingHashKey']), int(s['endingHashKey'])) for s in trial.lines_of('stream', 'shards', 'stream')}
        self.at, self.seen, self.dropped = {}, {}, 0  # by place; by run and index: its first place
        for r in trial.lines_of('consume', 'stream', '--app', 'reader', '--store', 'memory:', '-o', 'deaggregate=false', '--until', 'latest', '--print'):
            data, (first, last) = base64.b64decode(r['data']), ranges[r['shardId']]
            parts = parts_of(data) or [(r['partitionKey'], data)]
            inside = [first <= int.from_bytes(hashlib.md5(key.encode()).digest(), 'big') <= last for key, _ in parts]
            self.dropped += not all(inside)
            for sub, (_, data_of_one) in enumerate(parts):
                name = tuple(int(n) for n in data_of_one.split(b':')[:2])
                self.at[r['shardId'], r['sequenceNumber'], sub] = name
                if all(inside):
                    place = (r['shardId'], int(r['sequenceNumber']), sub)  # a shard's number is above those of its parents
                    self.seen[name] = min(place, self.seen.get(name, place))


def disorder(told, stream):
    """Those of a key that were told to be stored, by the place where they are first read."""
    wrong = []
    for run, acks in told.items():
        of_key = collections.defaultdict(list)
        for index in sorted(a['index'] for a in acks if a['status'] == 'stored'):
            of_key[index % KEYS].append(stream.seen.get((run, index), ('', 0, 0)))
        wrong += [f'run {run}: key k{key}' for key, places in of_key.items() if places != sorted(places)]
    return wrong


def judge(name, told, ordered):
    stream = Stream()
    stored = {(run, a['index']): a for run, acks in told.items() for a in acks if a['status'] == 'stored'}
    unsent = [(run, a['index']) for run, acks in told.items() for a in acks if a['status'] == 'not_sent']
    place = lambda a: (a['shardId'], a['sequenceNumber'], a.get('subSequenceNumber', 0))
    names = set(stream.at.values())
    trial.check(f'{name}: what was told to be stored is where it was told to be',
                [f'{n}: {place(a)} holds {stream.at.get(place(a))}' for n, a in stored.items() if stream.at.get(place(a)) != n],
                f'{len(stored)} of {len(names)} that are there')
    trial.check(f'{name}: a reader that drops whole aggregates sees each of them', [f'{n}' for n in stored if n not in stream.seen],
                f'{stream.dropped} aggregates dropped')
    trial.check(f'{name}: what was told not to be sent is not there', [f'{n}' for n in unsent if n in names])
    trial.check(f'{name}: each is told of once', [f'run {run}' for run, acks in told.items() if len({a['index'] for a in acks}) != len(acks)])
    trial.check(f'{name}: kills came in the middle of work', [] if stored and len(names) > len(stored) else ['all that is there was told of'])
    if ordered:
        trial.check(f'{name}: in order within each key', disorder(told, stream))


def scene(name, options, kills):
    with trial.mock('--stream', 'stream:2', *faults_of('PutRecords', FAULTS)):
        told = {run: kill_once(run, options, run % 3 == 2) for run in range(kills)}
        judge(f'{name}, {kills} kills', told, '--order' in options)


trial.begin()
for scene_name, scene_options in (('plain', []), ('in order', ['--order']), ('aggregated, in order', ['--aggregate', '--order'])):
    scene(scene_name, scene_options, max(trial.kills // 3, 2))
trial.end()
