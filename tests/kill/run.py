"""run.py BUILDDIR - kinstream consume, killed again and again; then what is left must be right.

SIGKILL comes at a random time, in the middle of a handler, or at a chosen call on the store's or the sink's file (by
moment.so); the stream is split half-way.  Afterwards:
  - each record was handled at least once, or (poison) is in the sink at least once, on whole lines only;
  - none was handed out before all earlier ones of its partition key were settled: order is kept and nothing skipped;
  - a crash repeats at most two batches of a shard;
  - SIGTERM, at random times, repeats nothing.
From the environment: KILLS (100) for --exec, half of that each for --exec-protocol lines and for --print, a fifth of
these for SIGTERM; SEED (random).
Closes with 'N passed, N failed'.
"""
import base64
import collections
import json
import os
import signal
import subprocess
import sys
import time

from trial import KILLED, Trial

BATCH = 10
REPEATED_MAX = 2 * BATCH  # records a crash may repeat of one shard
KEYS = 8
trial = Trial('consumers', sys.argv[1], kills=100, KINSTREAM_POLL_INTERVAL_MS='200', KINSTREAM_BEHIND_INTERVAL_MS='0')


class Feed:
    """Puts numbered records: 'KEY:NUMBER', or 'poison:KEY:NUMBER'."""

    def __init__(self, poison):
        self.next = collections.Counter()
        self.poison = poison

    def put(self, count):
        lines = []
        for _ in range(count):
            key = f'k{trial.chance.randrange(KEYS)}'
            text = f'{"poison:" if trial.chance.random() < self.poison else ""}{key}:{self.next[key]}'
            self.next[key] += 1
            lines.append(json.dumps({'partitionKey': key, 'data': base64.b64encode(text.encode()).decode()}))
        trial.kinstream('-o', 'requests_max=1', 'put', 'stream', '--format', 'jsonl', input='\n'.join(lines).encode() + b'\n')


def text_of(data):
    return base64.b64decode(data).decode()


def key_and_number(text):
    key, number = text.split(':')[-2:]
    return key, int(number)


class Consumer:
    """One application: its store, its sink, what its handlers wrote down, run after run."""

    process = None  # the one that runs: one at a time

    def __init__(self, app, mode):
        self.app, self.mode, self.exec = app, mode, mode != 'print'
        self.folder = os.path.join(trial.here, app)
        os.mkdir(self.folder)
        self.store, self.sink, self.log = (os.path.join(self.folder, n) for n in ('store', 'sink', 'log'))
        self.runs = 0

    def start(self, moment=None, until=False):
        self.runs += 1
        command = [trial.tool, 'consume', 'stream', '--app', self.app, '--store', 'file:' + self.store,
                   '-o', f'batch_size={BATCH}', '-o', 'shard_sync_interval_ms=300', '-o', 'worker=w']
        if self.exec:
            lines = self.mode == 'lines'
            command += ['--exec', f"exec '{trial.build}/tests/kill/handler' '{self.log}' '{self.sink}'{' lines' if lines else ''}",
                        '--exec-protocol', 'lines' if lines else 'event',
                        '--on-failure', 'file:' + self.sink, '-o', 'maximum_retry_attempts=1',
                        '-o', 'bisect_batch_on_function_error=true', '-o', 'retry_base_ms=1', '-o', 'retry_max_ms=1']
        else:
            command.append('--print')
        if until:
            command += ['--until', 'latest']
        env = dict(trial.dying_at(moment), RUN=str(self.runs))
        # Everybody below has the pipe: its end tells that the handlers are gone, too.
        self.alive, end = os.pipe()
        with open(os.path.join(self.folder, f'out.{self.runs}'), 'wb') as out:
            self.errors = open(os.path.join(self.folder, 'errors'), 'ab')
            Consumer.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                                stderr=self.errors, pass_fds=[end])
        os.close(end)

    def wait(self):
        status = self.process.wait()
        while os.read(self.alive, 1):
            pass
        os.close(self.alive)
        self.errors.close()
        return status

    def size_of_log(self):
        name = self.log if self.exec else os.path.join(self.folder, f'out.{self.runs}')
        return os.stat(name).st_size if os.path.exists(name) else 0


def die_in(seconds, process):
    """Whether it died by itself before that."""
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        return False


def kill_once(consumer, moments):
    """One run and its end by SIGKILL."""
    kinds = ['time', 'handler', 'checkpoint'] + (['sink'] if consumer.exec else [])
    kind = trial.chance.choice(kinds)
    if kind in ('checkpoint', 'sink'):
        call = trial.chance.choice(['write', 'write', 'fsync'] + (['rename'] if kind == 'checkpoint' else []))
        how = trial.chance.choice(['before', 'after'] + (['half', 'half'] if call == 'write' else []))
        number = 1 if call == 'rename' else trial.chance.randint(1, 12 if kind == 'checkpoint' else 3)
        consumer.start(f'{".leases" if kind == "checkpoint" else "/sink"}:{call}:{number}:{how}')
        if die_in(3, consumer.process):
            moments[f'in a {kind}, {how} {call}' if how != 'half' else f'in a {kind}, half a write'] += 1
        else:
            moments['no such moment came: at a random time'] += 1
    elif kind == 'handler':
        consumer.start()
        size = consumer.size_of_log()
        until = time.monotonic() + 2
        for _ in range(trial.chance.randint(1, 4)):
            while consumer.size_of_log() <= size and time.monotonic() < until:
                time.sleep(0.0005)
            size = consumer.size_of_log()
        consumer.process.kill()
        moments['in a handler'] += 1
    else:
        consumer.start()
        time.sleep(trial.chance.uniform(0, 0.4))
        consumer.process.kill()
        moments['at a random time'] += 1
    if consumer.wait() != KILLED:
        raise SystemExit(f'check-kill: a consumer ended by itself; see {consumer.folder}/errors: ' +
                         open(os.path.join(consumer.folder, 'errors')).read()[-500:])


# ---- what happened ----

def read_events(consumer):
    """('begin', run, records, size of the sink) and ('done', run, records) in their order."""
    open_batches = {}
    for line in open(consumer.log):
        word, run, pid, *rest = line.rstrip('\n').split(' ', 4)
        if word == 'begin':
            records = [(r['eventID'].split(':')[0], r['kinesis']['sequenceNumber'], text_of(r['kinesis']['data']))
                       for r in json.loads(rest[1])['Records']]
            open_batches[run, pid] = records
            yield 'begin', int(run), records, int(rest[0])
        elif word == 'done':
            yield 'done', int(run), open_batches.pop((run, pid)), 0


def read_prints(consumer):
    """The same of what --print wrote: a line cut by the kill was not handled."""
    for run in range(1, consumer.runs + 1):
        for line in open(os.path.join(consumer.folder, f'out.{run}')):
            if line.endswith('\n'):
                r = json.loads(line)
                records = [(r['shardId'], r['sequenceNumber'], text_of(r['data']))]
                yield 'begin', run, records, 0
                yield 'done', run, records, 0


def read_sink(consumer):
    """(end of the line, texts of its records); what is no whole line is returned as well."""
    lines, torn, at = [], [], 0
    if consumer.exec and os.path.exists(consumer.sink):
        for line in open(consumer.sink, 'rb'):
            at += len(line)
            try:
                payload = json.loads(json.loads(line)['payload'])
                lines.append((at, [text_of(r['kinesis']['data']) for r in payload['Records']]))
                if not line.endswith(b'\n'):
                    torn.append(f'no newline at the end: {line[:60]!r}')
            except (ValueError, KeyError) as why:
                torn.append(f'at byte {at - len(line)}: {why}: {line[:60]!r}')
    return lines, torn


def read_stream():
    """shard -> texts in the order of the shard."""
    shards = collections.defaultdict(list)
    for line in trial.kinstream('tail', 'stream', '--from', 'trim-horizon', '--until', 'latest', '--format', 'jsonl').splitlines():
        r = json.loads(line)
        shards[r['shardId']].append((int(r['sequenceNumber']), text_of(r['data'])))
    return {shard: [text for _, text in sorted(records)] for shard, records in shards.items()}


class Story:
    """Goes through what happened once, and keeps what was wrong."""

    def __init__(self, consumer, stream):
        self.place = {text: (shard, i) for shard, texts in stream.items() for i, text in enumerate(texts)}
        self.events = list(read_events(consumer) if consumer.exec else read_prints(consumer))
        self.sunk, self.torn = read_sink(consumer)
        self.done = collections.Counter(t for word, _, records, _ in self.events if word == 'done' for _, _, t in records)
        self.in_sink = collections.Counter(t for _, texts in self.sunk for t in texts)
        self.earlier, self.repeated, self.repeated_most = [], [], 0
        self.walk()

    def lost(self):
        poison = {t for t in self.place if t.startswith('poison:')}
        return ([f'{t} was not handled' for t in self.place if t not in poison and not self.done[t]] +
                [f'{t} is not in the sink' for t in poison if not self.in_sink[t]] +
                [f'{t} is in the sink' for t in self.in_sink if t not in poison])

    def twice(self):
        return ([f'{t} was handled {n} times' for t, n in self.done.items() if n > 1] +
                [f'{t} is in the sink {n} times' for t, n in self.in_sink.items() if n > 1])

    def walk(self):
        settled = collections.defaultdict(set)  # key -> numbers
        top, begun = {}, {}  # shard -> the last record settled; the run that was last seen to begin
        sink_at = 0

        def settle(text):
            key, number = key_and_number(text)
            settled[key].add(number)
            shard, i = self.place[text]
            top[shard] = max(top.get(shard, -1), i)

        low = collections.Counter()  # key -> all numbers below are settled
        for word, run, records, sink_size in self.events:
            while sink_at < len(self.sunk) and self.sunk[sink_at][0] <= sink_size:
                for text in self.sunk[sink_at][1]:
                    settle(text)
                sink_at += 1
            if word == 'done':
                for _, _, text in records:
                    settle(text)
                continue
            shard, first = self.place[records[0][2]]
            if begun.get(shard) != run:  # where this run went on
                begun[shard] = run
                again = max(0, top.get(shard, -1) - first + 1)
                self.repeated_most = max(self.repeated_most, again)
                if again > REPEATED_MAX:
                    self.repeated.append(f'run {run} repeats {again} records of {shard}')
            ours = set()
            for _, _, text in records:
                key, number = key_and_number(text)
                while low[key] in settled[key]:
                    low[key] += 1
                if any(n not in settled[key] and (key, n) not in ours for n in range(low[key], number)):
                    self.earlier.append(f'run {run}: {text} was handed out before an earlier one of its key was settled')
                ours.add((key, number))


# ---- the scenes ----

def scene_kill(consumer, feed, kills):
    moments = collections.Counter()
    trial.kinstream('stream', 'create', 'stream', '--shards', '2', '--wait')
    for round_ in range(kills):
        if round_ == kills // 2:
            trial.kinstream('stream', 'split', 'stream', 'shardId-000000000000', '--wait')
        feed.put(trial.chance.randint(20, 80))
        kill_once(consumer, moments)
    consumer.start(until=True)
    status = consumer.wait()
    name = consumer.mode
    trial.check(f'{name}: after {kills} kills a run to the end', [f'exit status {status}'] if status else [],
                '; '.join(f'{n} {m}' for m, n in sorted(moments.items())))
    story = Story(consumer, read_stream())
    total = sum(feed.next.values())
    trial.check(f'{name}: nothing is lost', story.lost(), f'{total} records, {sum(story.in_sink.values())} lines of '
                f'{len(story.in_sink)} poison records')
    trial.check(f'{name}: nothing before an earlier record of its key', story.earlier)
    trial.check(f'{name}: a crash repeats at most two batches of a shard ({REPEATED_MAX} records)', story.repeated,
                f'{story.repeated_most} at most, {sum(story.done.values()) - len(story.done)} in all')
    trial.check(f'{name}: the lines of the sink are whole', story.torn)
    wanted = ['in a handler', 'in a checkpoint'] + (['in a sink'] if consumer.exec else [])
    trial.check(f'{name}: kills of each kind came', [w for w in wanted if kills >= 40 and not any(m.startswith(w) for m in moments)])


def term_once(consumer, wrong):
    """One run, asked to stop at a random time or while handlers are at work."""
    consumer.start()
    size = consumer.size_of_log()
    if trial.chance.random() < 0.5:
        time.sleep(trial.chance.uniform(0, 0.3))
    else:
        until = time.monotonic() + 2
        while consumer.size_of_log() <= size and time.monotonic() < until:
            time.sleep(0.0005)
        time.sleep(trial.chance.uniform(0, 0.03))
    consumer.process.terminate()
    status = consumer.wait()
    if status == -signal.SIGTERM and consumer.size_of_log() == size:
        return  # before it had begun
    if status:
        wrong.append(f'run {consumer.runs} ended with status {status}')


def scene_term(consumer, feed, stops):
    """The whole stream once more, and what is put meanwhile, stopped by SIGTERM again and again."""
    wrong = []
    for _ in range(stops):
        term_once(consumer, wrong)
        feed.put(trial.chance.randint(20, 80))
    consumer.start(until=True)
    status = consumer.wait()
    if status:
        wrong.append(f'the last run ended with status {status}')
    name = consumer.mode
    story = Story(consumer, read_stream())
    trial.check(f'{name}: {stops} stops by SIGTERM', wrong)
    trial.check(f'{name}: nothing is lost', story.lost(), f'{sum(feed.next.values())} records')
    trial.check(f'{name}: nothing is repeated', story.twice())
    trial.check(f'{name}: nothing before an earlier record of its key', story.earlier)
    trial.check(f'{name}: the lines of the sink are whole', story.torn)


def main():
    trial.begin()
    began = time.monotonic()
    for mode, kills in (('exec', trial.kills), ('lines', (trial.kills + 1) // 2), ('print', (trial.kills + 1) // 2)):
        with trial.mock():
            feed = Feed(0.02 if mode != 'print' else 0)
            try:
                scene_kill(Consumer(f'app-{mode}', mode), feed, kills)
                scene_term(Consumer(f'term-{mode}', mode), feed, (kills + 4) // 5)
            finally:
                if Consumer.process and Consumer.process.poll() is None:
                    Consumer.process.kill()
    print(f'took {time.monotonic() - began:.0f} s')
    trial.end()


main()
