"""mapping.py BUILDDIR N LANES - a consumer at work while shards split and merge, handlers fail, and it is killed.

N records of many keys go through a stream of 8 shards at $AWS_ENDPOINT_URL, or at a mock of its own, which throttles,
drops answers and lets iterators expire, to one application with LANES lanes a shard, a file: store and a file:
destination.  Meanwhile a shard is split, its children are merged, and the consumer gets SIGKILL three times, in the
middle of its work.  Then what its handlers wrote down is compared with what was put:
  - every record was handled, or is in the on-failure file; those that always fail are in the file, and nowhere else;
  - none was handed out before all earlier ones of its key were handled or in the file, in whatever run;
  - with one lane a run repeats at most two batches of a shard;
  - what is in the file had failed as often as it may, and its lines are whole.
From the environment: SEED.  Says what it checked, a line each, and exits with 1 if anything was wrong.
"""
import base64
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

build, N, LANES = os.path.realpath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
SEED = int(os.environ.get('SEED') or random.randrange(1 << 32))
CHUNKS, KEYS, BATCH, RETRIES = 10, 200, 200, 2
KILLS, SPLIT, MERGE = (1, 4, 7), 2, 5  # at which chunk
chance = random.Random(SEED)
here = tempfile.mkdtemp(prefix='kin-mapping-')
log, sink = os.path.join(here, 'log'), os.path.join(here, 'failed')
tool = os.path.join(build, 'tools/.libs/kinstream')
kept = ('AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION')
environment = {k: v for k, v in os.environ.items() if k in kept or not k.startswith(('AWS_', 'KINSTREAM_'))}
environment.update(LD_LIBRARY_PATH=os.path.join(build, 'lib/.libs'), HOME=here, KINSTREAM_REQUEST_TIMEOUT_MS='60000',
                   KINSTREAM_POLL_INTERVAL_MS='300', KINSTREAM_BEHIND_INTERVAL_MS='0')
wrong = 0


def check(name, faults, note=''):
    """faults: a list of what is wrong; empty is good."""
    global wrong
    wrong += bool(faults)
    print(f'{"FAIL" if faults else "ok"}: {name}{": " + note if note else ""}', flush=True)
    for fault in faults[:5]:
        print(f'      {fault}')


def kinstream(*arguments, **more):
    return subprocess.run([tool, *arguments], env=environment, check=True, stdout=subprocess.PIPE, **more).stdout


# ---- what is put ----

class Feed:
    """Numbered records, 'KEY:NUMBER', or 'poison:KEY:NUMBER' for those that always fail."""

    def __init__(self):
        self.next, self.all = collections.Counter(), []

    def put(self, count):
        lines = []
        for _ in range(count):
            key = f'k{chance.randrange(KEYS)}'
            text = f'{"poison:" if chance.random() < 0.002 else ""}{key}:{self.next[key]}'
            self.next[key] += 1
            self.all.append(text)
            lines.append(f'{key}\t{text}\n')
        out = kinstream('-o', 'requests_max=1', 'put', 'mapping', '--format', 'keyed', input=''.join(lines).encode())
        stored = json.loads(out)['stored']
        if stored != count:
            raise SystemExit(f'FAIL: {stored} of {count} records were stored')


def open_shards():
    shards = [json.loads(line) for line in kinstream('stream', 'shards', 'mapping').splitlines()]
    return [s for s in shards if s['open']]


def split():
    kinstream('stream', 'split', 'mapping', open_shards()[0]['shardId'], '--wait')


def merge():
    children = sorted((s for s in open_shards() if s.get('parentShardId')), key=lambda s: int(s['startingHashKey']))
    kinstream('stream', 'merge', 'mapping', children[0]['shardId'], children[1]['shardId'], '--wait')


# ---- the consumer ----

class Consumer:
    def __init__(self):
        self.runs, self.process = 0, None

    def start(self, *more):
        self.runs += 1
        command = [tool, 'consume', 'mapping', '--app', 'mapping', '--store', 'file:' + os.path.join(here, 'store'),
                   '--on-failure', 'file:' + sink, '--handler', os.path.join(build, 'tests/e2e/mapping_handler.so'),
                   '-o', f'batch_size={BATCH}', '-o', f'parallelization_factor={LANES}', '-o', 'handlers_max=8',
                   '-o', f'maximum_retry_attempts={RETRIES}', '-o', 'bisect_batch_on_function_error=true',
                   '-o', 'retry_base_ms=1', '-o', 'retry_max_ms=20', '-o', 'shard_sync_interval_ms=500',
                   '-o', 'log_level=error', '-o', 'worker=w', *more]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        env=dict(environment, RUN=str(self.runs), LOG=log, SINK=sink))

    def begun(self):
        return os.stat(log).st_size if os.path.exists(log) else 0

    def kill_at_work(self):
        """When it has begun a batch, and a little later."""
        before, until = self.begun(), time.monotonic() + 30
        while self.begun() == before:
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f'FAIL: run {self.runs} does nothing, or ended with {self.process.returncode}')
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.1))
        self.process.kill()
        if self.process.wait() != -signal.SIGKILL:
            raise SystemExit(f'FAIL: run {self.runs} ended by itself')

    def end(self, how=None):
        if how:
            self.process.send_signal(how)
        return self.process.wait(120)


# ---- what happened ----

def read_sink():
    """(end of the line, its texts); what is no whole line; and what was given up too early, or too late."""
    lines, torn, hasty, at = [], [], [], 0
    for line in open(sink, 'rb') if os.path.exists(sink) else ():
        at += len(line)
        try:
            told = json.loads(line)
            records = json.loads(told['payload'])['Records']
            if told['requestContext']['approximateInvokeCount'] != RETRIES + 1:
                hasty.append(f'{told["requestContext"]} {told["KinesisBatchInfo"]}')
            lines.append((at, [base64.b64decode(r['kinesis']['data']).decode() for r in records]))
            if not line.endswith(b'\n'):
                torn.append(f'no newline at the end: {line[:60]!r}')
        except (ValueError, KeyError) as why:
            torn.append(f'{why}: {line[:60]!r}')
    return lines, torn, hasty


class Story:
    """Goes through the log once, and keeps what was wrong."""

    def __init__(self):
        self.sunk, self.torn, self.hasty = read_sink()
        self.done, self.failed, self.in_sink = (collections.Counter() for _ in range(3))
        self.settled, self.low = collections.defaultdict(set), collections.Counter()
        self.settled_in, self.repeated, self.early, self.calls = {}, collections.Counter(), [], 0
        self.sunk_at = self.failures = 0
        for line in open(log):
            if line.endswith(' .\n'):  # else it was cut by the kill
                self.take(line.split()[:-1])
        self.take_sunk(1 << 62, 0)
        for _, texts in self.sunk:
            self.in_sink.update(texts)

    def settle(self, text, run):
        key, number = text.split(':')[-2:]
        self.settled[key].add(int(number))
        self.settled_in.setdefault(text, run)

    def take_sunk(self, size, run):
        while self.sunk_at < len(self.sunk) and self.sunk[self.sunk_at][0] <= size:
            for text in self.sunk[self.sunk_at][1]:
                self.settle(text, run)
            self.sunk_at += 1

    def take(self, words):
        what, run, shard, texts = words[0], int(words[1]), words[2], words[3:]
        if what == 'd':
            self.done.update(texts)
            for text in texts:
                self.settle(text, run)
        elif what == 'f':
            self.failed.update(texts)
            self.failures += 1
        else:
            self.calls += 1
            self.take_sunk(int(texts[0]), run)
            self.begin(run, shard, texts[1:])

    def begin(self, run, shard, texts):
        ours = set()
        for text in texts:
            key, number = text.split(':')[-2:]
            number, settled = int(number), self.settled[key]
            if self.settled_in.get(text, run) < run:
                self.repeated[run, shard] += 1
                self.settled_in[text] = run  # counted once a run
            while self.low[key] in settled:
                self.low[key] += 1
            if any(n not in settled and (key, n) not in ours for n in range(self.low[key], number)):
                self.early.append(f'run {run}: {text} was handed out before an earlier one of its key was settled')
            ours.add((key, number))


def judge(feed, consumer):
    story = Story()
    poison = {t for t in feed.all if t.startswith('poison:')}
    repeated = max(story.repeated.values(), default=0)
    check('nothing is lost', [f'{t} was neither handled nor given up' for t in feed.all
                              if not story.done[t] and not story.in_sink[t]],
          f'{len(feed.all)} records in {story.calls} calls, {story.failures} of which failed, of {consumer.runs} runs')
    check('nothing is there that was not put', sorted((set(story.done) | set(story.in_sink)) - set(feed.all)))
    check('what always fails is in the on-failure file', [f'{t} is not' for t in poison if not story.in_sink[t]] +
          [f'{t} was handled' for t in poison if story.done[t]],
          f'{len(poison)} records; {len(story.in_sink) - len(poison)} others had bad luck')
    check('what is in the file was tried as often as it may, and failed', story.hasty +
          [f'{t} failed {story.failed[t]} times' for t in story.in_sink if story.failed[t] <= RETRIES])
    check('the lines of the file are whole', story.torn, f'{len(story.sunk)} lines')
    check('no record before an earlier one of its key', story.early)
    bound = 2 * BATCH if LANES == 1 else None
    check('repeats' + (f', at most two batches of a shard ({bound})' if bound else ''),
          [f'run {r} repeats {n} records of {s}' for (r, s), n in story.repeated.items() if bound and n > bound],
          f'{repeated} of a shard at most, {sum(story.repeated.values())} in all')


def scene(feed, consumer):
    kinstream('stream', 'create', 'mapping', '--shards', '8', '--wait')
    consumer.start()
    for chunk in range(CHUNKS):
        feed.put(N // CHUNKS)
        if chunk in KILLS:
            consumer.kill_at_work()
            consumer.start()
        if chunk == SPLIT:
            split()
        if chunk == MERGE:
            merge()
    check('SIGTERM ends it', [f'with status {s}' for s in [consumer.end(signal.SIGTERM)] if s])
    consumer.start('--until', 'latest')
    check('a run to the end', [f'ended with status {s}' for s in [consumer.end()] if s])


def main():
    print(f'mapping: {N} records, {LANES} lanes, SEED={SEED}', flush=True)
    began, mock, consumer, feed = time.monotonic(), None, Consumer(), Feed()
    try:
        if 'AWS_ENDPOINT_URL' not in environment:
            environment.update(AWS_REGION='us-east-1', AWS_ACCESS_KEY_ID='AKIDMOCK', AWS_SECRET_ACCESS_KEY='mock-secret')
            faults = [f'--fault=GetRecords:{kind}:share=0.02' for kind in ('throttle', 'drop_after', 'expired_iterator')]
            mock = subprocess.Popen([tool, 'mock', *faults], env=environment, stdout=subprocess.PIPE)
            environment['AWS_ENDPOINT_URL'] = json.loads(mock.stdout.readline())['url']
        scene(feed, consumer)
        judge(feed, consumer)
        kinstream('stream', 'delete', 'mapping', '--wait')
    finally:
        if consumer.process and consumer.process.poll() is None:
            consumer.process.kill()
        if mock:
            mock.terminate()
            mock.wait()
    if wrong:
        print(f'SEED={SEED}; what happened is in {here}')
    else:
        shutil.rmtree(here)
    print(f'{N} records, 3 kills, 2 reshards: {"wrong" if wrong else "fine"}, {time.monotonic() - began:.0f} s')
    sys.exit(wrong > 0)


main()
