"""trial.py - what the tests by SIGKILL stand on: a build's command, a folder, chance by a seed, a mock, and the verdict."""
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

KILLED = -signal.SIGKILL  # the status of a process that did not end by itself


class Trial:
    """One test: KILLS and SEED come from the environment; settings are variables of each command's environment."""

    def __init__(self, name, build, kills, **settings):
        self.name, self.build = name, os.path.realpath(build)
        self.kills = int(os.environ.get('KILLS') or kills)
        self.seed = int(os.environ.get('SEED') or random.randrange(1 << 32))
        self.chance = random.Random(self.seed)
        self.here = tempfile.mkdtemp(prefix='kin-kill-')
        self.tool = os.path.join(self.build, 'tools/.libs/kinstream')
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(('AWS_', 'KINSTREAM_'))}
        self.environment.update(LD_LIBRARY_PATH=os.path.join(self.build, 'lib/.libs'), HOME=self.here, AWS_REGION='us-east-1',
                                AWS_ACCESS_KEY_ID='AKIDMOCK', AWS_SECRET_ACCESS_KEY='mock-secret', **settings)
        self.passed = self.failed = 0

    def begin(self, note=''):
        print(f'check-kill, {self.name}: SEED={self.seed} KILLS={self.kills}{note}', flush=True)

    def check(self, name, wrong, note=''):
        """wrong: a list of what is wrong; empty is good."""
        if wrong:
            self.failed += 1
            print(f'  FAIL  {name}: {len(wrong)}')
            for line in wrong[:5]:
                print(f'          {line}')
        else:
            self.passed += 1
            print(f'  ok    {name}{": " + note if note else ""}', flush=True)

    def kinstream(self, *arguments, **more):
        """What the command writes; it must succeed."""
        return subprocess.run([self.tool, *arguments], env=self.environment, check=True, stdout=subprocess.PIPE, **more).stdout

    def lines_of(self, *arguments):
        return [json.loads(line) for line in self.kinstream(*arguments).splitlines()]

    @contextlib.contextmanager
    def mock(self, *arguments):
        """A mock, which all commands talk to meanwhile."""
        mock = subprocess.Popen([self.tool, 'mock', '--seed', str(self.seed), *arguments], env=self.environment, stdout=subprocess.PIPE)
        try:
            self.environment['AWS_ENDPOINT_URL'] = json.loads(mock.stdout.readline())['url']
            yield
        finally:
            mock.terminate()
            mock.wait()

    def dying_at(self, moment):
        """An environment in which a process kills itself at that call (moment.c); None: it does not."""
        if not moment:
            return self.environment
        return dict(self.environment, LD_PRELOAD=os.path.join(self.build, 'tests/kill/moment.so'), KILL_MOMENT=moment)

    def end(self):
        """The verdict, in the last line and in the exit status; the folder stays where something was wrong."""
        print(f'{self.passed} passed, {self.failed} failed')
        if self.failed:
            print(f'SEED={self.seed}; what happened is in {self.here}')
        else:
            shutil.rmtree(self.here)
        sys.exit(self.failed > 0 or not self.passed)


def faults_of(operation, faults):
    """The mock's arguments for them."""
    return [word for fault in faults for word in ('--fault', f'{operation}:{fault}')]
