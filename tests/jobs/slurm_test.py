"""The studies of jobs/ on a real Slurm of one node, which this test starts and stops: python3 slurm_test.py STINT

Status 77, and a word, where Slurm's daemons or h5py are missing.
"""

import os
import pathlib
import re
import sys
import time
import unittest

import study
from one_node_slurm import OneNodeSlurm, missing_programs

PATIENCE = 600  # seconds: machines may be slow and have other work
LONG = """lattice=16x16
chains=256
thermalize=10
trajectories=3000
save-every=300
resume=true
"""


class SlurmTest(study.StudyTest):
    slurm = None

    def wait(self, what, done):
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                logs = "".join(f"\n{path}:\n{path.read_text()}" for path in self.folder.glob("runs/*/logs/*"))
                self.fail(f"waited in vain for {what}\n{self.slurm.ask('squeue')}{logs}")
            time.sleep(0.2)

    def wait_for_empty_queue(self):
        self.wait("the queue to be empty", lambda: not self.slurm.ask("squeue", "--noheader").strip())

    def jobs(self, name):
        return (self.folder / "runs" / name / "jobs").read_text().split()

    def stop_early(self, job, parts):
        """What Slurm does to a job shortly before its time is up, once the program is at work."""
        self.wait(parts, (self.folder / parts).exists)
        self.slurm.ask("scancel", "--batch", "--signal=USR1", job)

    def test_chain_ends_with_the_figure(self):
        if study.python_lacks("h5py, matplotlib"):
            self.skipTest(f"{study.PYTHON} has no matplotlib; run scripts/setup.sh")
        self.succeed("phi4-l8")
        self.refuse("in the queue already", "phi4-l8")
        self.wait_for_empty_queue()
        results = self.folder / "runs/phi4-l8"
        logs = "".join(path.read_text() for path in results.glob("logs/*"))
        for law in "prior", "posterior":
            figure = results / f"compare-{law}.png"
            self.assertTrue(figure.exists(), logs)
            self.assertTrue(figure.read_bytes().startswith(b"\x89PNG"))
            self.assertTrue((results / f"compare-{law}.md").exists())
            self.assertTrue((results / f"compare-{law}.json").exists())
        self.assertEqual(self.succeed("phi4-l8").count("done before"), 7)

    def test_job_at_its_time_limit_is_requeued_and_gives_the_same(self):
        self.write("long/hmc.ini", LONG)
        self.write("long/stages", "chain - - 2 1 0:10:00 500M cpu hmc --config hmc.ini --output chain.h5\n"
                                  "observables chain - 1 1 0:10:00 500M cpu measure chain.h5\n")
        self.succeed("long")
        chain, observables = self.jobs("long")
        self.stop_early(chain, "runs/long/chain.h5.parts")
        self.wait("the restart", lambda: self.slurm.job(chain)["Restarts"] == "1")
        self.assertEqual(self.slurm.job(observables)["JobState"], "PENDING")
        self.wait_for_empty_queue()
        log = (self.folder / "runs/long/logs/chain.log").read_text()
        self.assertIn("goes back to the queue", log)
        restart = re.search(r"start 2, .*, (.*)\)\n", log)[1]
        started = study.ask_file(self.folder / "runs/long/chain.h5", "file.attrs['start_time']")
        self.assertLess(started, restart, "the run began anew")
        self.assertTrue((self.folder / "runs/long/observables.json").exists(), log)
        self.succeed("long", "--local", "--output", "here")
        self.assertEqual(study.configurations(self.folder / "runs/long/chain.h5"), study.configurations(self.folder / "here/chain.h5"))

    def test_tasks_of_an_array_are_requeued_one_by_one(self):
        self.write("scan/hmc.ini", LONG)
        self.write("scan/stages", "chain - 4.4,4.8 1 1 0:10:00 500M cpu hmc --config hmc.ini --lambda {} --output chain-{}.h5\n"
                                  "observables chain = 1 1 0:10:00 500M cpu measure chain-{}.h5\n")
        self.succeed("scan")
        array = self.jobs("scan")[0]
        self.stop_early(f"{array}_1", "runs/scan/chain-4.8.h5.parts")  # Slurm gives the last task the number of the array
        self.wait_for_empty_queue()
        logs = [(self.folder / f"runs/scan/logs/chain-{task}.log").read_text() for task in (0, 1)]
        self.assertEqual([log.count("start 2") for log in logs], [0, 1], logs)
        for value in "4.4", "4.8":
            self.assertTrue((self.folder / f"runs/scan/observables-{value}.json").exists())

    def test_failure_ends_the_chain_and_resubmission_continues_it(self):
        self.write("broken/hmc.ini", LONG.replace("3000", "300"))
        self.write("broken/stages", "chain - - 1 1 0:10:00 500M cpu hmc --config hmc.ini --output chain.h5\n"
                                    "broken chain - 1 1 0:10:00 500M cpu measure other.h5\n"
                                    "after broken - 1 1 0:10:00 500M cpu measure chain.h5\n")
        self.succeed("broken")
        self.wait_for_empty_queue()
        results = self.folder / "runs/broken"
        self.assertIn("other.h5", (results / "logs/broken.log").read_text())
        self.assertIn("stage.sh: broken: failed with status 1", (results / "logs/broken.log").read_text())
        self.assertFalse((results / "logs/after.log").exists())
        (results / "other.h5").symlink_to("chain.h5")
        self.assertIn("chain: done before", self.succeed("broken"))
        self.wait_for_empty_queue()
        self.assertTrue((results / "after.json").exists())

    def test_job_that_is_cancelled_stays_away(self):
        self.write("long/hmc.ini", LONG)
        self.write("long/stages", "chain - - 1 1 0:10:00 500M cpu hmc --config hmc.ini --output chain.h5\n"
                                  "observables chain - 1 1 0:10:00 500M cpu measure chain.h5\n")
        self.succeed("long")
        chain = self.jobs("long")[0]
        self.wait("parts", (self.folder / "runs/long/chain.h5.parts").exists)
        self.slurm.ask("scancel", chain)
        self.wait_for_empty_queue()
        self.assertEqual(self.slurm.job(chain)["JobState"], "CANCELLED")
        self.assertFalse((self.folder / "runs/long/chain.done").exists())
        self.assertTrue((self.folder / "runs/long/chain.h5.parts").exists())

    def test_refused_job_withdraws_the_chain(self):
        self.write("greedy/stages", "small - - 1 1 0:10:00 500M cpu measure chain.h5\n"
                                    "large small - 1 1 soon 500M cpu measure chain.h5\n")
        result = self.submit("greedy")
        self.assertEqual(result.returncode, 1)
        self.assertIn("sbatch refused stage 'large'", result.stderr)
        self.wait_for_empty_queue()


def main():
    missing = missing_programs()
    if missing or study.python_lacks("h5py"):
        why = f"no {', '.join(missing)} (Debian: slurm-wlm munge)" if missing else f"{study.PYTHON} has no h5py"
        print(f"left out: {why}; run scripts/setup.sh --slurm")
        return 77
    study.StudyTest.stint = str(pathlib.Path(sys.argv[1]).resolve())
    with OneNodeSlurm(cpus=2) as slurm:
        os.environ.update(slurm.environment)
        SlurmTest.slurm = slurm
        result = unittest.main(argv=[sys.argv[0], "-v", *sys.argv[2:]], exit=False).result
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
