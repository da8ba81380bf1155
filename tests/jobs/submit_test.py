"""jobs/submit.sh without Slurm: python3 submit_test.py STINT"""

import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import study

TINY = """lattice=4x4
chains=20
thermalize=5
trajectories=12
save-every=4
resume=true
"""
STAGES = """# a comment

chain  -  0.5,1.5 1 1 0:10:00 1G cpu hmc --config hmc.ini --lambda {} --output chain-{}.h5
table  chain  =  1 1 0:10:00 1G gpu measure chain-{}.h5
last   table  -  1 1 0:10:00 1G cpu measure chain-0.5.h5 --output last.txt
"""


class SubmitTest(study.StudyTest):
    def setUp(self):
        super().setUp()
        self.write("tiny/hmc.ini", TINY)
        self.write("tiny/stages", STAGES)

    def test_local_runs_all_stages_once(self):
        self.succeed("tiny", "--local")
        results = self.folder / "runs/tiny"
        done = sorted(path.stem for path in results.glob("*.done"))
        self.assertEqual(done, ["chain-0.5", "chain-1.5", "last", "table-0.5", "table-1.5"])
        for name in ("chain-0.5.h5", "chain-1.5.json", "table-1.5.json", "last.txt", "site.sh", "stages", "hmc.ini"):
            self.assertTrue((results / name).exists(), name)
        before = (results / "chain-0.5.h5").stat().st_mtime_ns
        (results / "last.done").unlink()
        said = self.succeed("tiny", "--local")
        self.assertEqual((results / "chain-0.5.h5").stat().st_mtime_ns, before)
        self.assertEqual(said.count("== last"), 1)
        self.assertEqual(said.count("== chain"), 0)

    def test_after_a_failure_the_others_go_on(self):
        self.write("tiny/stages", STAGES.replace("measure chain-{}.h5", "measure chain-{}.h5 --discard 1{}") +
                   "alone - - 1 1 0:10:00 1G cpu hmc --config hmc.ini --output alone.h5\n")
        result = self.submit("tiny", "--local")  # --discard 10.5 is no whole number
        self.assertEqual(result.returncode, 1)
        self.assertIn("table-0.5: failed with status 2", result.stderr)
        self.assertIn("last: left out, because table is not done", result.stderr)
        self.assertIn("submit.sh: not done: table-0.5 table-1.5 last", result.stderr)
        results = self.folder / "runs/tiny"
        self.assertTrue((results / "alone.done").exists())
        self.assertFalse((results / "last.txt").exists())
        before = (results / "chain-0.5.h5").stat().st_mtime_ns
        self.write("tiny/stages", STAGES)  # mended: what is done stays
        self.succeed("tiny", "--local")
        self.assertTrue((results / "last.txt").exists())
        self.assertEqual((results / "chain-0.5.h5").stat().st_mtime_ns, before)

    @unittest.skipIf(study.python_lacks("h5py"), "needs the Python of scripts/setup.sh, with h5py")
    def test_a_stage_may_be_a_program_of_bench(self):
        self.write("tiny/stages", "error - 1,2 1 1 0:10:00 1G cpu bench/solver_error.py {models}/phi4-l32.h5 --samples 2 --truth 3 "
                                  "multistep:scales:{} multistep:tolerance:0.1,0.2 -- --field 0.01\n"
                                  "wrong - - 1 1 0:10:00 1G cpu bench/solver_error.py {models}/none.h5 multistep:scales:1\n")
        result = self.submit("tiny", "--local")
        self.assertIn("submit.sh: not done: wrong;", result.stderr)
        for steps in (1, 2):
            lines = (self.folder / f"runs/tiny/error-{steps}.md").read_text().splitlines()
            self.assertEqual([line.split()[1].rstrip(",") for line in lines[2:]],
                             [f"multistep:scales:{steps}", "multistep:tolerance:0.1", "multistep:tolerance:0.2"])
        self.assertFalse((self.folder / "runs/tiny/wrong.done").exists())

    @unittest.skipIf(study.python_lacks("h5py"), "needs the Python of scripts/setup.sh, with h5py")
    def test_a_program_of_bench_ends_with_its_stage_and_leaves_no_child(self):
        run = subprocess.Popen(["bash", study.REPOSITORY / "jobs/stage.sh", study.REPOSITORY, "long", "-", "bench/solver_error.py",
                                "{models}/phi4-l32.h5", "--samples", "64", "--truth", "1000", "multistep:scales:2"],
                               cwd=self.folder, env=os.environ | {"STINT_LOCAL": "1", "TMPDIR": str(self.folder)}, text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        while not list(self.folder.glob("*/sample.h5.parts")):  # the child has begun
            self.assertIsNone(run.poll())
            time.sleep(0.01)
        run.send_signal(signal.SIGTERM)
        self.assertIn("stopped; submit the study again, and it begins anew", run.communicate(timeout=60 * study.PATIENCE)[1])
        with self.assertRaises(ProcessLookupError):  # its process group is empty
            os.killpg(run.pid, 0)
        self.assertEqual(list(self.folder.glob("tmp*")), [])

    def test_a_stage_that_begins_like_another_can_be_mended(self):
        self.write("tiny/stages", "chain - 1.5,2.5 1 1 0:10:00 1G cpu hmc --config hmc.ini --lambda -{} --output chain-{}.h5\n"
                                  "chain-few - 0.5 1 1 0:10:00 1G cpu hmc --config hmc.ini --lambda {} --output few-{}.h5\n")
        self.assertIn("not done: chain-1.5 chain-2.5;", self.submit("tiny", "--local").stderr)
        self.write("tiny/stages", (self.folder / "tiny/stages").read_text().replace("--lambda -{}", "--lambda {}"))
        self.succeed("tiny", "--local")

    def test_lines_of_an_array_follow_their_own_task(self):
        self.write("tiny/stages", "chain - 0.5,-1,1.5 1 1 0:10:00 1G cpu hmc --config hmc.ini --lambda {} --output chain-{}.h5\n"
                                  "table chain = 1 1 0:10:00 1G cpu measure chain-{}.h5")
        result = self.submit("tiny", "--local")
        self.assertIn("not done: chain--1 table--1;", result.stderr)
        self.assertEqual(sorted(path.stem for path in (self.folder / "runs/tiny").glob("table*.done")), ["table-0.5", "table-1.5"])

    def test_stages_of_any_editor(self):
        self.write("tiny/stages", STAGES.rstrip("\n").replace("\n", "\r\n"))  # no newline at the end
        self.succeed("tiny", "--local")
        self.assertTrue((self.folder / "runs/tiny/last.txt").exists())
        self.assertFalse([path for path in (self.folder / "runs/tiny").iterdir() if "\r" in path.name])

    def test_a_study_with_a_folder(self):
        self.write("tiny/notes.txt", "a note")
        (self.folder / "tiny/masks").mkdir()
        (self.folder / "tiny/masks/one").write_text("1")
        self.succeed("tiny", "--local")
        self.assertEqual((self.folder / "runs/tiny/masks/one").read_text(), "1")
        self.succeed("tiny", "--local")
        (self.folder / "tiny/masks/one").write_text("2")
        self.refuse("choose another --output", "tiny", "--local")

    def test_interrupted_it_continues(self):
        self.write("tiny/hmc.ini", TINY.replace("trajectories=12", "trajectories=200000").replace("save-every=4", "save-every=20000"))
        self.write("tiny/stages", "chain - - 1 1 0:10:00 1G cpu hmc --config hmc.ini --output chain.h5 --checkpoint-every 0.05\n")
        for sender, interrupt, number in (("terminal", os.killpg, signal.SIGINT), ("kill", os.kill, signal.SIGTERM)):
            with self.subTest(sender):
                run = subprocess.Popen(["bash", study.REPOSITORY / "jobs/submit.sh", "tiny", "--local", "--output", sender], cwd=self.folder,
                                       text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
                while not (self.folder / sender / "chain.h5.parts/state.h5").exists():
                    self.assertIsNone(run.poll())
                    time.sleep(0.01)
                interrupt(run.pid, number)
                errors = run.communicate(timeout=60 * study.PATIENCE)[1]
                self.assertEqual(run.returncode, 75, errors)
                self.assertIn("submit the study again to continue", errors)
                self.succeed("tiny", "--local", "--output", sender)
                self.assertTrue((self.folder / sender / "chain.h5").exists())

    def test_changed_study_is_not_mixed_with_old_results(self):
        self.succeed("tiny", "--local")
        self.write("tiny/hmc.ini", TINY + "mass2=-3\n")
        self.refuse("choose another --output", "tiny", "--local")
        self.succeed("tiny", "--local", "--output", "other")
        self.write("tiny/hmc.ini", TINY)
        self.write("tiny/stages", STAGES.replace("--lambda {}", "--lambda {} --seed 2"))
        self.refuse("its stage 'chain' is done", "tiny", "--local")
        self.write("tiny/stages", STAGES.replace("0:10:00", "0:20:00"))
        self.succeed("tiny", "--local")  # what results do not depend on

    def test_dry_run_prints_the_jobs(self):
        site = self.folder / "site.sh"
        site.write_text(site.read_text().replace("gpu=()", "gpu=(--partition=fast)").replace("all=()", "all=(--account=me)"))
        lines = self.succeed("tiny", "--dry-run").splitlines()
        self.assertEqual(len(lines), 3)
        for words, line in zip((["--array=0-1", "logs/chain-%a.log"], ["--dependency=aftercorr:JOB-chain", "--partition=fast"],
                                ["--dependency=afterok:JOB-table"]), lines):
            for word in ["--account=me", "--signal=B:USR1@", "--requeue", "--kill-on-invalid-dep=yes", *words]:
                self.assertIn(word, line)
        self.assertNotIn("--partition", lines[0])
        self.assertFalse((self.folder / "runs").exists())

    def test_studies_of_the_repository_are_well_formed(self):
        studies = sorted(path.parent.name for path in study.REPOSITORY.glob("jobs/*/stages"))
        self.assertIn("phi4-l8", studies)
        for name in studies:
            for line in self.succeed(name, "--dry-run").splitlines():
                for word in line.split():
                    if word.endswith(".ini"):
                        self.assertTrue((study.REPOSITORY / "jobs" / name / word).exists(), f"{name}: {word}")
                    if word.startswith("bench/"):
                        self.assertTrue((study.REPOSITORY / word).exists(), f"{name}: {word}")
                    if "{models}/" in word.replace("\\", ""):
                        model = word.replace("\\", "").replace("{models}", "models")
                        self.assertTrue((study.REPOSITORY / model).exists(), f"{name}: {word}")

    def test_wrong_usage(self):
        self.refuse("which study?")
        self.refuse("no study 'none'", "none")
        self.refuse("unknown option '--locall'", "tiny", "--locall")
        self.refuse("two studies", "tiny", "tiny")
        self.write("bad/stages", "chain - - 1 1 0:10:00 1G tpu hmc\n")
        self.refuse("stage 'chain' is not", "bad", "--dry-run")
        self.write("bad/stages", "chain before - 1 1 0:10:00 1G cpu hmc\n")
        self.refuse("which no line above is", "bad", "--dry-run")
        self.write("bad/stages", "chain - = 1 1 0:10:00 1G cpu hmc\n")
        self.refuse("is no array", "bad", "--dry-run")
        self.write("bad/stages", 2 * "chain - - 1 1 0:10:00 1G cpu hmc\n")
        self.refuse("two stages are called 'chain'", "bad", "--dry-run")
        for line, words in (("a/b - - 1 1 0:10:00 1G cpu hmc", "is no name of a stage"),
                            ("a - - 1 1 0:10:00 1G cpu bench/none.py", "there is no program bench/none.py"),
                            ("a - - 1 1 0:10:00 1G cpu bench/hmc.cpp", "there is no program bench/hmc.cpp"),
                            ("a - - 4 1 0:10:00 1G cpu bench/solver_error.py", "is of one rank")):
            self.write("bad/stages", line + "\n")
            self.refuse(words, "bad", "--dry-run")
        self.write("bad/stages", "# nothing\n")
        self.refuse("has no stage", "bad", "--dry-run")
        (self.folder / "site.sh").write_text("stint=/nowhere/stint runs=runs all=() cpu=() gpu=()\n")
        self.refuse("no program /nowhere/stint", "tiny", "--local")


if __name__ == "__main__":
    study.StudyTest.stint = str(pathlib.Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
