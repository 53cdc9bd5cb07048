"""bench/peers/run.py BUILD [--rounds N] [--turn-s S] [--plain] [--only NAME,...]: CPU per record, beside others.

Each contestant is a process that makes requests when told (peer.h).  Rounds: each has its turn, each time another one
first; looked at is the processor time of the contestant's whole process.  Printed are medians, and the ratio of each
to this library's within a round, with its quartiles: where they are far apart, the machine was busy.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

PYTHON = "/usr/bin/python3"  # Debian's, whose boto3 is a package like the other peers
HERE = os.path.dirname(os.path.abspath(__file__))
RECORDS, BYTES = 500, 1024


def die(text):
    sys.exit("bench-peers: " + text)


class Peer:
    """One contestant: its process, and what its turns took."""

    def __init__(self, name, goal, command, **more):
        self.name, self.goal = name, goal
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)
        self.requests, self.ns = 1, []

    def order(self, requests):
        """Makes so many requests; gives the nanoseconds of processor time they took."""
        clock = (~self.process.pid << 3) | 2  # of all threads of that process
        began = time.clock_gettime_ns(clock)
        self.process.stdin.write("run %d\n" % requests)
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            die("%s ended early" % self.name)
        return time.clock_gettime_ns(clock) - began

    def settle(self, seconds):
        """Warm, and with a number of requests that fills a turn."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            self.order(self.requests)
            took = time.monotonic()
            self.order(self.requests)
            took = time.monotonic() - took
            if took < seconds:
                self.requests = max(1, int(self.requests * min(8, seconds / max(took, 1e-4))))

    def turn(self):
        self.ns.append(self.order(self.requests) / (self.requests * RECORDS))

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


def service(command):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline().rstrip("\n")
    if not line:
        die("%s does not start" % command[0])
    return process, line


def need(what, there, install):
    if not there:
        die("%s is missing; install it: %s" % (what, install))


def say(command):
    """The first line that a command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[0]


def versions(build):
    """What each peer is, as the table shows it."""
    sdk = build + "/node_modules/@aws-sdk/client-kinesis/package.json"
    with open(sdk, encoding="utf-8") as file:
        javascript = json.load(file)["version"]
    return {
        "javascript": "AWS SDK for JavaScript %s, Node %s" % (javascript, say(["node", "--version"]).lstrip("v")),
        "go": "AWS SDK for Go %s" % say([build + "/sdk-go", "version"]),
        "python": say([PYTHON, "-c", "import boto3, platform; "
                       "print('boto3 %s, Python %s' % (boto3.__version__, platform.python_version()))"]),
        "kafka": "librdkafka %s, plain, to its mock" % say([build + "/kafka", "version"]),
    }


def contestants(build, plain, only):
    called = versions(build)
    serve, line = service([build + "/serve"] + (["--plain"] if plain else []))
    url, ca = (line + " ").split(" ")[:2]
    kafka, servers = service([build + "/kafka", "mock"])
    args = [url, ca, str(RECORDS), str(BYTES)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env["NODE_NO_WARNINGS"] = "1"
    all_of_them = [
        ("kin_call PutRecords", 0, [build + "/kin", "call"] + args, {}),
        ("kin_producer", 0, [build + "/kin", "producer"] + args, {}),
        (called["javascript"], 4.4, ["node", build + "/sdk.mjs"] + args, {"env": env}),
        (called["go"], 8.5, [build + "/sdk-go"] + args, {"env": env}),
        (called["python"], 10, [PYTHON, HERE + "/sdk.py"] + args, {"env": env}),
        (called["kafka"], 1 / 0.8, [build + "/kafka", "put", servers, str(RECORDS), str(BYTES)], {}),
        ("kin_call PutRecords, CBOR", 0, [build + "/kin", "call-cbor"] + args, {}),
        ("kin_producer, CBOR", 0, [build + "/kin", "producer-cbor"] + args, {}),
    ]
    wanted = [p for p in all_of_them if not only or any(o in p[0] for o in only) or p[0].startswith("kin_")]
    return [Peer(name, goal, command, **more) for name, goal, command, more in wanted], [serve, kafka]


def show(peer, ours):
    # A message of librdkafka is what a producer's record is; a request of an SDK is what a call is.
    own = ours[1] if "kafka" in peer.name or "producer" in peer.name else ours[0]
    spent = statistics.median(peer.ns)
    if peer in ours:
        print("%-48s %9.0f" % (peer.name, spent))
        return
    ratios = [other / mine for other, mine in zip(peer.ns, own.ns)]
    ratio = statistics.median(ratios)
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    goal = "" if not peer.goal else "%.2f x: %s" % (peer.goal, "met" if ratio >= peer.goal else "missed")
    print(("%-48s %9.0f %6.2f x %12s  %-22s %s" %
           (peer.name, spent, ratio, "%.2f-%.2f" % (low, high), own.name, goal)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build", help="the folder of what make bench-peers built")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--turn-s", type=float, default=0.5)
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    args = parser.parse_args()
    need("node", shutil.which("node"), "apt-get install nodejs npm")
    peers, services = contestants(os.path.abspath(args.build), args.plain, args.only)
    for peer in peers:
        peer.settle(2 * args.turn_s)
    for i in range(args.rounds):
        for k in range(len(peers)):
            peers[(i + k) % len(peers)].turn()
    for peer in peers:
        peer.end()
    for process in services:
        process.stdin.close()
        process.wait(30)
    print("%d records of %d bytes a request, %s; CPU per record, median of %d rounds" %
          (RECORDS, BYTES, "plain" if args.plain else "TLS", args.rounds))
    print("%-48s %9s %8s %12s  %-22s %s" % ("", "ns/record", "times", "quartiles", "that of", "goal"))
    for peer in peers:
        show(peer, peers[:2])


if __name__ == "__main__":
    main()
