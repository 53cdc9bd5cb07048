"""spool.py BUILDDIR - kinstream put --spool, killed again and again; then no record that was spooled may be missing.

COUNT (100000) numbered records go to a mock that throttles, fails and drops answers, half of the runs faster than it takes
them.  SIGKILL comes at a random time; the next run goes on behind the last record that the one before said it had spooled,
with the same folder.  One last run with nothing to read sends what is left.  Afterwards:
  - each record that was told to be spooled is in the stream: all of them;
  - in order, those of a key come in the order of the numbers, but for copies;
  - the folder is empty, and the last run counted what it found there.
Plain, and aggregated in order with a buffer of 500 records.  From the environment: KILLS (100), a fifth of them for each; COUNT;
SEED (random).  Closes with 'N passed, N failed'.
"""
import base64
import collections
import json
import os
import subprocess
import sys
import threading
import time

from trial import KILLED, Trial, faults_of

COUNT = int(os.environ.get('COUNT') or 100000)
KEYS = 20
FAULTS = ['throttle:share=0.05', 'error500:share=0.02', 'partial:share=0.05', 'drop_after:share=0.02']
trial = Trial('spool', sys.argv[1], kills=100)
RUNS = max(trial.kills // 5, 3)  # of each scene


def feed(process, first, last):
    """Writes records until nobody reads them any more."""
    try:
        for number in range(first, last):
            process.stdin.write(f'k{number % KEYS}\t{number}\n'.encode())
        process.stdin.close()
    except (BrokenPipeError, ValueError):
        pass


def spooled_by(path):
    """How many records a run said it had spooled: they are told of in order; the last line may be cut."""
    n = 0
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.endswith('"spooled"}\n'):
                index = json.loads(line)['index']
                if index != n:
                    raise SystemExit(f'check-kill: record {index} is told to be spooled where {n} should be')
                n += 1
    return n


def put(folder, options, out):
    return subprocess.Popen(['stdbuf', '-oL', trial.tool, '-o', 'record_ttl_ms=3600000', '-o', 'linger_ms=20', *options, 'put',
                             'stream', '--format', 'keyed', '--acks', '--spool', folder],
                            env=trial.environment, stdin=subprocess.PIPE, stdout=out, stderr=open(os.path.join(trial.here, 'errors'), 'ab'))


def kill_once(folder, options, first, last):
    """One run; gives how many records of it are in the spool for sure."""
    path = os.path.join(trial.here, 'acks')
    with open(path, 'wb') as out:
        process = put(folder, options, out)
        feeder = threading.Thread(target=feed, args=(process, first, last))
        feeder.start()
        until = time.monotonic() + 10
        while os.stat(path).st_size == 0 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(trial.chance.uniform(0, 0.4))
        process.kill()
        status = process.wait()
        feeder.join()
    if status not in (KILLED, 0):
        raise SystemExit(f'check-kill: a producer ended by itself, with {status}; see {trial.here}/errors')
    return spooled_by(path)


def judge(name, ordered):
    seen, wrong, last = set(), [], collections.defaultdict(lambda: -1)
    records = trial.lines_of('-o', 'behind_interval_ms=0', 'consume', 'stream', '--app', 'reader', '--store', 'memory:', '--until', 'latest',
                             '--print')
    for record in records:
        number = int(base64.b64decode(record['data']))
        if ordered and number not in seen and number < last[record['partitionKey']]:
            wrong.append(f'{record["partitionKey"]}: {number} behind {last[record["partitionKey"]]}')
        if number not in seen:
            last[record['partitionKey']] = number
        seen.add(number)
    trial.check(f'{name}: each record that was spooled is in the stream', [str(n) for n in range(COUNT) if n not in seen],
                f'{COUNT}, and {len(records) - len(seen)} copies')
    if ordered:
        trial.check(f'{name}: in order within each key', wrong)


def scene(name, options, ordered):
    folder = os.path.join(trial.here, name.replace(' ', '-'))
    first = runs = 0
    with trial.mock('--stream', 'stream:4', *faults_of('PutRecords', FAULTS)):
        while first < COUNT or runs < RUNS:
            left = max(RUNS - runs, 1)
            first += kill_once(folder, options, first, min(COUNT, first + max((COUNT - first) // left * 2, 1)) if left > 1 else COUNT)
            runs += 1
        with open(os.path.join(trial.here, 'last'), 'wb') as out:
            process = put(folder, options, out)
            process.stdin.close()
            status = process.wait()
        summary = json.loads(open(os.path.join(trial.here, 'last'), encoding='utf-8').read().splitlines()[-1])
        trial.check(f'{name}, {runs} runs: the last one stores what is left', [] if status == 0 and summary['fromSpool'] == summary['stored']
                    and summary['put'] == summary['failed'] == 0 else [f'exit {status}: {summary}'], f'{summary["fromSpool"]} records')
        trial.check(f'{name}: the folder is empty', [f for f in os.listdir(folder) if f != 'lock'])
        judge(name, ordered)


trial.begin(f' COUNT={COUNT}')
scene('plain', [], False)
scene('aggregated in order', ['-o', 'aggregate=true', '-o', 'order=key', '-o', 'buffer_records_max=500'], True)
trial.end()
