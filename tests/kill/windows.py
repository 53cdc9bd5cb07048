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
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time


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

build = os.path.realpath(sys.argv[1])
KILLS = int(os.environ.get('KILLS') or 25)
SEED = int(os.environ.get('SEED') or random.randrange(1 << 32))
chance = random.Random(SEED)
here = tempfile.mkdtemp(prefix='kin-windows-')
log = os.path.join(here, 'log')
tool = os.path.join(build, 'tools/.libs/kinstream')
environment = {k: v for k, v in os.environ.items() if not k.startswith(('AWS_', 'KINSTREAM_'))}
environment.update(LD_LIBRARY_PATH=os.path.join(build, 'lib/.libs'), HOME=here, AWS_REGION='us-east-1',
                   AWS_ACCESS_KEY_ID='AKIDMOCK', AWS_SECRET_ACCESS_KEY='mock-secret',
                   KINSTREAM_POLL_INTERVAL_MS='200', KINSTREAM_BEHIND_INTERVAL_MS='0')
passed = failed = put = 0


def check(name, wrong, note=''):
    global passed, failed
    if wrong:
        failed += 1
        print(f'  FAIL  {name}: {len(wrong)}')
        for line in wrong[:5]:
            print(f'          {line}')
    else:
        passed += 1
        print(f'  ok    {name}{": " + note if note else ""}', flush=True)


def feed(over):
    """Some records a few times a second, until it is over."""
    global put
    while not over.is_set():
        n = chance.randint(1, 30)
        lines = ''.join(f'k{chance.randrange(8)}\t{put + i}\n' for i in range(n))
        subprocess.run([tool, 'put', 'stream', '--format', 'keyed'], env=environment, check=True,
                       stdout=subprocess.PIPE, input=lines.encode())
        put += n
        time.sleep(0.1)


def consume(moment=None, until=False):
    command = [tool, 'consume', 'stream', '--app', 'app', '--store', 'file:' + os.path.join(here, 'store'),
               '-o', 'tumbling_window_ms=1000', '-o', 'batch_size=10', '-o', 'worker=w', '-o', 'retry_base_ms=1',
               '--exec-protocol', 'lines', '--exec', f"exec {sys.executable} '{os.path.realpath(__file__)}' handler '{log}'"]
    env = dict(environment)
    if moment:
        env.update(LD_PRELOAD=os.path.join(build, 'tests/kill/moment.so'), KILL_MOMENT=moment)
    with open(os.path.join(here, 'errors'), 'ab') as errors:
        return subprocess.Popen(command + (['--until', 'latest'] if until else []), env=env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=errors)


def kill_once():
    """One run, killed; what became of it."""
    call = chance.choice(['write', 'fsync', 'rename'])
    part, how = chance.choice(['.state', '.leases']), chance.choice(['before', 'half', 'after'])
    process = consume(f'{part}:{call}:{chance.randint(1, 5)}:{how}' if chance.random() < 0.6 else None)
    try:
        process.wait(chance.uniform(0.1, 1.2))
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
    check('each record is in a final state', [f'{n} of {put} is in none' for n in range(put) if n not in where],
          f'{put} records in {len(finals)} windows')
    check('each is in one window', [f'{n} is in {sorted(w)}' for n, w in sorted(where.items()) if len(w) > 1])
    check('each is once in it', [f'{w}: {numbers}' for w, calls in finals.items() for numbers in calls
                                 if len(set(numbers)) < len(numbers)])
    check('a final call that came again has counted the same',
          [f'{w}: {calls}' for w, calls in finals.items() if any(c != calls[0] for c in calls)], f'{repeated} came again')


def main():
    mock = subprocess.Popen([tool, 'mock', '--stream', 'stream:2', '--seed', str(SEED)], env=environment,
                            stdout=subprocess.PIPE)
    kinds = collections.Counter()
    over = threading.Event()
    try:
        environment['AWS_ENDPOINT_URL'] = json.loads(mock.stdout.readline())['url']
        feeding = threading.Thread(target=feed, args=[over])
        feeding.start()
        for _ in range(KILLS):
            kinds[kill_once()] += 1
        over.set()
        feeding.join()
        time.sleep(3.2)  # the last window is over by then
        status = consume(until=True).wait()
        check(f'after {KILLS} kills a run to the end', [f'exit status {status}'] if status else [],
              '; '.join(f'{n} {kind}' for kind, n in sorted(kinds.items())))
        judge()
    finally:
        over.set()
        mock.terminate()
        mock.wait()


print(f'check-kill, windows: SEED={SEED} KILLS={KILLS}', flush=True)
main()
print(f'{passed} passed, {failed} failed')
if not failed:
    shutil.rmtree(here)
else:
    print(f'SEED={SEED}; what happened is in {here}')
sys.exit(failed > 0 or not passed)
