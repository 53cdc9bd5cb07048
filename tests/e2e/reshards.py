"""reshards.py TOOL STREAM N OUT [OPTION...] - `kinstream put` while the shards change under it.

Creates the stream with two shards and puts N records of 300 keys in eight pieces, the OPTIONs given to `put`; between the
pieces shards are split and merged, and what is put next was placed by the map of before.  Each record must be reported as
stored.  They are written to OUT as JSON lines.  Endpoint, region and keys come from the environment.
"""
import base64
import json
import subprocess
import sys
import time

tool, stream, count, out, options = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:]
PIECES = 8


def run(*words):
    return subprocess.run([tool, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def open_shards():
    shards = [json.loads(line) for line in run('stream', 'shards', stream).splitlines()]
    return sorted((s for s in shards if s['open']), key=lambda s: int(s['startingHashKey']))


def reshard(turn):
    shards = open_shards()
    if turn % 3 == 2:
        run('stream', 'merge', stream, shards[0]['shardId'], shards[1]['shardId'], '--wait')
    else:
        run('stream', 'split', stream, shards[turn % len(shards)]['shardId'], '--wait')


def line_of(i):
    data = f'{i} of {count}, and some bytes behind it'.encode()
    return json.dumps({'partitionKey': f'key {i * 7919 % 300}', 'data': base64.b64encode(data).decode()}) + '\n'


run('stream', 'create', stream, '--shards', '2', '--wait')
lines = [line_of(i) for i in range(count)]
with open(out, 'w', encoding='utf-8') as file:
    file.writelines(lines)
put = subprocess.Popen([tool, 'put', stream, '--format', 'jsonl', *options], stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE, text=True)
for piece in range(PIECES):
    put.stdin.writelines(lines[piece * count // PIECES:(piece + 1) * count // PIECES])
    put.stdin.flush()
    if piece + 1 < PIECES:
        time.sleep(0.3)
        reshard(piece)
summary = put.communicate()[0].strip().splitlines()[-1]
told = json.loads(summary)
shards = len(run('stream', 'shards', stream).splitlines())
assert put.returncode == 0 and told['stored'] == count and told['failed'] == 0, (put.returncode, summary)
assert shards == 2 + 2 * 5 + 2, shards
print(f'{count} records stored, {shards} shards, {told["requests"]} requests')
