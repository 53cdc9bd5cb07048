"""What Prometheus' own client library reads at /metrics of `kinstream consume`, and Python's json in its log.

metrics.py TOOL     ends with 1 and says what was wrong
"""
import atexit
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

RECORDS = 300


def fail(what):
    sys.exit(f'metrics: {what}')


def start(arguments, environment, **streams):
    process = subprocess.Popen(arguments, env=environment, text=True, **streams)
    atexit.register(process.kill)
    return process


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers['Content-Type'], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers['Content-Type'], error.read().decode()


def wait_for(what, look):
    for _ in range(300):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    return fail(f'{what}: not within 30 s')


def read(url):
    """name -> {labels: value} of all samples; the text must be what the format asks for."""
    status, kind, text = get(url)
    if status != 200 or kind != 'text/plain; version=0.0.4; charset=utf-8':
        fail(f'/metrics: {status} {kind}')
    samples = collections.defaultdict(dict)
    seen = set()
    for family in text_string_to_metric_families(text):
        if family.name in seen:
            fail(f'{family.name} stands there twice')
        seen.add(family.name)
        if not family.documentation.endswith('.') or family.type not in ('counter', 'gauge', 'histogram'):
            fail(f'{family.name}: {family.type}, "{family.documentation}"')
        if not family.samples:
            fail(f'{family.name} has no sample')
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            if labels in samples[sample.name]:
                fail(f'{sample.name} {labels} stands there twice')
            samples[sample.name][labels] = sample.value
    if not seen:
        fail('no metric at all')
    return samples


def one(samples, name):
    values = samples[f'kinstream_consumer_{name}']
    if len(values) != 1:
        fail(f'{name}: {len(values)} values, 1 was expected')
    return next(iter(values.values()))


def check_histogram(samples, name):
    buckets = [(float(dict(labels)['le']), value)
               for labels, value in samples[f'kinstream_consumer_{name}_bucket'].items()]
    if buckets != sorted(buckets) or [v for _, v in buckets] != sorted(v for _, v in buckets):
        fail(f'{name}: its buckets do not grow')
    if buckets[-1] != (float('inf'), one(samples, f'{name}_count')):
        fail(f'{name}: the last bucket is {buckets[-1]}, the count {one(samples, name + "_count")}')


def check_sums(samples):
    parts = ['filtered_out_events_total', 'other_shard_events_total', 'handled_events_total',
             'dropped_events_total', 'buffered_events', 'on_failure_destination_delivered_events_total', 'given_back_events_total']
    counts = {part: one(samples, part) for part in parts}
    if one(samples, 'polled_events_total') != sum(counts.values()):
        fail(f'{one(samples, "polled_events_total")} records were polled, and became {counts}')
    for name in ('buffered_events', 'buffered_bytes'):
        if one(samples, name) != sum(samples[f'kinstream_consumer_shard_{name}'].values()):
            fail(f'{name} is not the sum of its shards')
    for name in ('duration_seconds', 'invocation_iterator_age_seconds'):
        check_histogram(samples, name)


def check_log(path, port):
    with open(path, encoding='utf-8') as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        if not re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', line['time']) or not line['message']:
            fail(f'a line of the log is {line}')
    if not any(line['message'].endswith(f':{port}/metrics') for line in lines):
        fail('the log does not tell the port')
    blocked = [line for line in lines if line['message'].startswith('blocked')]
    if not blocked or blocked[0]['stream'] != 's' or not blocked[0]['shardId'].startswith('shardId-'):
        fail(f'the log tells of a blocked shard by {blocked[:1]}')
    return len(lines)


def main(tool):
    folder = tempfile.TemporaryDirectory()
    gate, log = os.path.join(folder.name, 'gate'), os.path.join(folder.name, 'log')
    environment = {'PATH': os.environ['PATH'], 'KINSTREAM_POLL_INTERVAL_MS': '200', 'KINSTREAM_BEHIND_INTERVAL_MS': '0'}
    mock = start([tool, 'mock', '--stream', 's:4'], environment, stdout=subprocess.PIPE)
    told = json.loads(mock.stdout.readline())
    environment.update(AWS_ENDPOINT_URL=told['url'], AWS_REGION=told['region'],
                       AWS_ACCESS_KEY_ID=told['accessKeyId'], AWS_SECRET_ACCESS_KEY=told['secretAccessKey'])
    subprocess.run([tool, 'put', 's'], env=environment, check=True, stdout=subprocess.DEVNULL, text=True,
                   input=''.join(f'{i}\n' for i in range(RECORDS)))
    open(gate, 'w', encoding='utf-8').close()
    with open(log, 'w', encoding='utf-8') as errors:
        consumer = start([tool, '-o', 'log_format=json', '-o', 'metrics_listen=0', '-o', 'retry_base_ms=1',
                          '-o', 'retry_max_ms=100', 'consume', 's', '--app', 'a', '--store', 'memory:',
                          '--exec', f'set -- "{gate}"; test -e "$1" && exit 3; cat >/dev/null'],
                         environment, stdout=subprocess.DEVNULL, stderr=errors)

    def find_port():
        with open(log, encoding='utf-8') as file:
            found = re.search(r'http://127\.0\.0\.1:(\d+)/metrics', file.read())
        return found and found.group(1)
    port = wait_for('the port', find_port)
    url = f'http://127.0.0.1:{port}'
    wait_for('a blocked shard', lambda: get(f'{url}/healthz')[0] == 503 and 'blocked: shardId-' in get(f'{url}/healthz')[2])
    samples = read(f'{url}/metrics')
    check_sums(samples)
    if one(samples, 'polled_events_total') != RECORDS or one(samples, 'shards_blocked') < 1:
        fail('while it is blocked: not all was polled, or no shard is blocked')
    os.remove(gate)
    wait_for('all records', lambda: one(read(f'{url}/metrics'), 'handled_events_total') == RECORDS)
    samples = read(f'{url}/metrics')
    check_sums(samples)
    if len(samples['kinstream_consumer_iterator_age_seconds']) != 4 or one(samples, 'shards_blocked') != 0:
        fail('at the end: not four shards with an age, or one is still blocked')
    if get(f'{url}/healthz')[:1] + get(f'{url}/healthz')[2:] != (200, 'ok: running\n'):
        fail(f'/healthz at the end: {get(f"{url}/healthz")}')
    consumer.terminate()
    if consumer.wait(timeout=30) != 0:
        fail(f'the consumer ended with {consumer.returncode}')
    lines = check_log(log, port)
    mock.terminate()
    mock.wait(timeout=30)
    print(f'{len(samples)} kinds of samples, {lines} lines of the log')


if __name__ == '__main__':
    main(*sys.argv[1:])
