"""bench/peers/run.py BUILD [--rounds N] [--turn-s S] [--plain] [--only NAME,...]: CPU per record, beside others.

Each contestant is a process that makes requests when told (peer.h).  Rounds: each has its turn, each time another one
first; looked at is the processor time of the contestant's whole process.  Printed are medians, and the ratio of each
to this library's within a round.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

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


def contestants(build, plain, only):
    serve, line = service([build + "/serve"] + (["--plain"] if plain else []))
    url, ca = (line + " ").split(" ")[:2]
    kafka, servers = service([build + "/kafka", "mock"])
    args = [url, ca, str(RECORDS), str(BYTES)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env["NODE_NO_WARNINGS"] = "1"
    all_of_them = [
        ("kin_call PutRecords", 0, [build + "/kin", "call"] + args, {}),
        ("kin_producer", 0, [build + "/kin", "producer"] + args, {}),
        ("AWS SDK for JavaScript", 4.4, ["node", build + "/sdk.mjs"] + args, {"env": env}),
        ("AWS SDK for Go (v1)", 8.5, [build + "/sdk-go"] + args, {"env": env}),
        ("boto3", 10, [sys.executable, HERE + "/sdk.py"] + args, {"env": env}),
        ("librdkafka, to its mock, plain", 1 / 0.8, [build + "/kafka", "put", servers, str(RECORDS), str(BYTES)], {}),
    ]
    wanted = [p for p in all_of_them if not only or any(o in p[0] for o in only) or p[0].startswith("kin_")]
    return [Peer(name, goal, command, **more) for name, goal, command, more in wanted], [serve, kafka]


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
    print("%-32s %10s %22s %s" % ("", "ns/record", "times this library's", "goal"))
    for peer in peers:
        # A message of librdkafka is what a producer's record is; a request of an SDK is what a call is.
        own = peers[1] if "kafka" in peer.name else peers[0]
        ratio = statistics.median(other / mine for other, mine in zip(peer.ns, own.ns))
        text = "" if peer in peers[:2] else "%.2f x of %s" % (ratio, own.name)
        goal = "" if not peer.goal else "%.2f x: %s" % (peer.goal, "met" if ratio >= peer.goal else "missed")
        print("%-32s %10.0f %22s  %s" % (peer.name, statistics.median(peer.ns), text, goal))


if __name__ == "__main__":
    main()
