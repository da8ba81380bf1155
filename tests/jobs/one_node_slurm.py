"""A private Slurm of one node on loopback, for tests: munged, slurmctld and slurmd of this machine's packages, in one temporary
folder, on free ports, as any user, without systemd. Nothing of another Slurm on the machine is touched.

    with OneNodeSlurm(cpus=2) as slurm:
        subprocess.run(["sbatch", ...], env=os.environ | slurm.environment)
"""

import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # where daemons are, for users other than root


def missing_programs():
    return [name for name in PROGRAMS if not shutil.which(name, path=PATH)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """Between fork and exec: a test that is killed leaves no daemons (Linux: prctl(PR_SET_PDEATHSIG))."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class OneNodeSlurm:
    """`environment` is what clients need. Errors of the daemons are in the exception that a start in vain throws."""

    def __init__(self, cpus):
        self.cpus = cpus
        self.host = socket.gethostname().split(".")[0]
        self.daemons = []

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="stint-slurm-")
        self.folder = pathlib.Path(self.temporary.name)
        try:
            self._start_munge()
            self._write_configuration()
            self.environment = {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": PATH}
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D", "-N", self.host)
            self._wait("the node to be idle", lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%t").split())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if hasattr(self, "environment"):
            self.ask("scancel", f"--user={pwd.getpwuid(os.getuid()).pw_name}")  # jobs are no children of ours
            self._wait("jobs to end", lambda: not self.ask("squeue", "--noheader").strip(), patience=15, must=False)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(daemon.pid, signal.SIGKILL)
                daemon.wait()
        self.temporary.cleanup()

    def ask(self, *command):
        """Standard output of one of Slurm's clients, '' if it fails."""
        return subprocess.run(command, env=os.environ | self.environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60).stdout

    def job(self, number):
        """What `scontrol show job` says, by name: job("7")["JobState"]; of an array the first task that it names."""
        return dict(re.findall(r"(\w+)=(\S*)", self.ask("scontrol", "show", "job", str(number))))

    def _start(self, program, *arguments):
        with open(self.folder / f"{program}.out", "w") as log:
            environment = os.environ | getattr(self, "environment", {}) | {"PATH": PATH}
            command = [shutil.which(program, path=PATH), *arguments]
            self.daemons.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                                 start_new_session=True, preexec_fn=die_with_parent))

    def _wait(self, what, done, patience=30, must=True):
        end = time.monotonic() + patience
        while not done():
            if time.monotonic() > end or any(daemon.poll() is not None for daemon in self.daemons):
                if not must:
                    return
                logs = "".join(f"\n{path.name}: {path.read_text()[-1000:]}" for path in self.folder.glob("*.out"))
                raise RuntimeError(f"waited in vain for {what}{logs}")
            time.sleep(0.1)

    def _start_munge(self):
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        self.munge_socket = self.folder / "munge.socket"
        self._start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.munge_socket}",
                    *(f"--{name}-file={self.folder}/munge.{name}" for name in ("pid", "seed", "log")))
        answers = [shutil.which("munge", path=PATH), "-S", str(self.munge_socket), "-n"]
        self._wait("munged", lambda: subprocess.run(answers, capture_output=True).returncode == 0)

    def _write_configuration(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        try:
            loopback = socket.gethostbyname(self.host).startswith("127.")
        except OSError:
            loopback = False
        for folder in ("state", "spool"):
            (self.folder / folder).mkdir()
        values = {
            "ClusterName": "test", "SlurmctldHost": f"{self.host}(127.0.0.1)", "SlurmUser": user, "SlurmdUser": user,
            "AuthType": "auth/munge", "CredType": "cred/munge",
            "AuthInfo": f"socket={self.munge_socket},cred_expire=5",  # a requeued job waits so long, and not 120 s
            "SlurmctldPort": free_port(), "SlurmdPort": free_port(),
            "SlurmctldPidFile": self.folder / "slurmctld.pid", "SlurmdPidFile": self.folder / "slurmd.pid",
            "StateSaveLocation": self.folder / "state", "SlurmdSpoolDir": self.folder / "spool",
            "ProctrackType": "proctrack/linuxproc", "TaskPlugin": "task/none", "MpiDefault": "none",
            "SelectType": "select/cons_tres", "SelectTypeParameters": "CR_Core",
            "JobAcctGatherType": "jobacct_gather/none", "AccountingStorageType": "accounting_storage/none",
            "SchedulerParameters": "sched_interval=2,bf_interval=2", "SlurmdParameters": "config_overrides",
            "ReturnToService": 2, "KillWait": 5, "MailProg": "/bin/true",
        }
        if loopback:  # listen nowhere else
            values["CommunicationParameters"] = "NoInAddrAny,NoCtldInAddrAny"
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        lines = [f"{name}={value}" for name, value in values.items()]
        lines += [f"NodeName={self.host} NodeAddr=127.0.0.1 CPUs={self.cpus} RealMemory={memory}",
                  f"PartitionName=main Nodes={self.host} Default=YES MaxTime=INFINITE State=UP", ""]
        (self.folder / "slurm.conf").write_text("\n".join(lines))
