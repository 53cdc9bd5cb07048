"""windows.py BUILDDIR - kinstream consume with tumbling windows, killed again and again; then its windows must be right.

Records are put all the time, over windows of a second; SIGKILL comes at random, and at chosen calls on the files of the
store (by moment.so), the states' among them.  The handler keeps the numbers it has counted as its state, and writes them
down in the final call.  Afterwards:
  - each record is in the final state of a window, of one window only, and once in it;
  - a final call that came again has counted the same.
From the environment: KILLS (25), SEED (random).  Closes with 'N passed, N failed'.

windows.py handler LOG - that handler, by --exec-protocol lines.
"""
import base64
import collections
import json
import os
import subprocess
import sys
import threading
import time

from trial import Trial


def handle(log):
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for line in sys.stdin:
        event = json.loads(line)
        counted = event['state'].get('numbers', [])
        if event['isFinalInvokeForWindow']:
            whole = {'shard': event['shardId'], 'start': event['window']['start'], 'numbers': counted}
            os.write(out, (json.dumps(whole) + '\n').encode())
            print('{}', flush=True)
            continue
        counted += [int(base64.b64decode(r['kinesis']['data'])) for r in event['Records']]
        print(json.dumps({'state': {'numbers': counted}}), flush=True)


if sys.argv[1] == 'handler':
    handle(sys.argv[2])
    sys.exit(0)

trial = Trial('windows', sys.argv[1], kills=25, KINSTREAM_POLL_INTERVAL_MS='200', KINSTREAM_BEHIND_INTERVAL_MS='0')
log = os.path.join(trial.here, 'log')
put = 0


def feed(over):
    """Some records a few times a second, until it is over."""
    global put
    while not over.is_set():
        n = trial.chance.randint(1, 30)
        lines = ''.join(f'k{trial.chance.randrange(8)}\t{put + i}\n' for i in range(n))
        trial.kinstream('put', 'stream', '--format', 'keyed', input=lines.encode())
        put += n
        time.sleep(0.1)


def consume(moment=None, until=False):
    command = [trial.tool, 'consume', 'stream', '--app', 'app', '--store', 'file:' + os.path.join(trial.here, 'store'),
               '-o', 'tumbling_window_ms=1000', '-o', 'batch_size=10', '-o', 'worker=w', '-o', 'retry_base_ms=1',
               '--exec-protocol', 'lines', '--exec', f"exec {sys.executable} -B '{os.path.realpath(__file__)}' handler '{log}'"]
    with open(os.path.join(trial.here, 'errors'), 'ab') as errors:
        return subprocess.Popen(command + (['--until', 'latest'] if until else []), env=trial.dying_at(moment),
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)


def kill_once():
    """One run, killed; what became of it."""
    call = trial.chance.choice(['write', 'fsync', 'rename'])
    part, how = trial.chance.choice(['.state', '.leases']), trial.chance.choice(['before', 'half', 'after'])
    process = consume(f'{part}:{call}:{trial.chance.randint(1, 5)}:{how}' if trial.chance.random() < 0.6 else None)
    try:
        process.wait(trial.chance.uniform(0.1, 1.2))
        return f'at {call} of {part}'
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return 'at random'


def judge():
    finals = collections.defaultdict(list)
    with open(log) as file:
        for line in file:
            one = json.loads(line)
            finals[one['shard'], one['start']].append(one['numbers'])
    where = collections.defaultdict(set)
    for window, calls in finals.items():
        for numbers in calls:
            for number in numbers:
                where[number].add(window)
    repeated = sum(len(calls) - 1 for calls in finals.values())
    trial.check('each record is in a final state', [f'{n} of {put} is in none' for n in range(put) if n not in where],
                f'{put} records in {len(finals)} windows')
    trial.check('each is in one window', [f'{n} is in {sorted(w)}' for n, w in sorted(where.items()) if len(w) > 1])
    trial.check('each is once in it', [f'{w}: {numbers}' for w, calls in finals.items() for numbers in calls
                                       if len(set(numbers)) < len(numbers)])
    trial.check('a final call that came again has counted the same',
                [f'{w}: {calls}' for w, calls in finals.items() if any(c != calls[0] for c in calls)], f'{repeated} came again')


def scene():
    kinds = collections.Counter()
    over = threading.Event()
    feeding = threading.Thread(target=feed, args=[over])
    feeding.start()
    try:
        for _ in range(trial.kills):
            kinds[kill_once()] += 1
    finally:
        over.set()
        feeding.join()
    time.sleep(3.2)  # the last window is over by then
    status = consume(until=True).wait()
    trial.check(f'after {trial.kills} kills a run to the end', [f'exit status {status}'] if status else [],
                '; '.join(f'{n} {kind}' for kind, n in sorted(kinds.items())))
    judge()


trial.begin()
with trial.mock('--stream', 'stream:2'):
    scene()
trial.end()
