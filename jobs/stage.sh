#!/usr/bin/env bash
# One stage of a study: runs 'stint COMMAND', or bench/NAME.py, in the folder of the study's results, where submit.sh starts it, through
# sbatch or directly.
#
#   stage.sh REPOSITORY STAGE VALUES COMMAND [options]
#
# VALUES is '-', or v0,v1,...: then this is task number SLURM_ARRAY_TASK_ID of an array, {} in COMMAND and options stands for its
# value, and the stage is called STAGE-VALUE. {models} is the folder of the shipped models. STAGE.done is written at the end; where it
# exists already nothing is done. What a program of bench/ prints, a table, is STAGE.md.
#
# sbatch sends SIGUSR1 shortly before the time is up; the program then writes a checkpoint and ends with status 75 (as it does by
# --time-limit), and the job goes back to the queue, to continue from there. After SIGTERM (scancel, or a scheduler that needs the
# node and requeues by itself) the program does the same and the job ends.
set -uo pipefail
shopt -u patsub_replacement 2>/dev/null # bash 5.2: an & in a path stands for itself

most_restarts=100 # a job that gets nowhere between two starts must not go round for ever

repository=$1 stage=$2 values=$3
shift 3
if [ "$values" != - ]; then
  IFS=, read -ra list <<<"$values"
  value=${list[$SLURM_ARRAY_TASK_ID]}
  stage=$stage-$value
  set -- "${@//'{}'/$value}"
fi
set -- "${@//'{models}'/$repository/models}"
say() { echo "stage.sh: $stage: $*" >&2; }

if [ -e "$stage.done" ]; then
  say "done before"
  exit 0
fi

source ./site.sh
if [ -n "${STINT_LOCAL:-}" ]; then
  ranks=1 threads=${OMP_NUM_THREADS:-} # none: the program takes all cores
else
  ranks=$SLURM_NTASKS threads=$SLURM_CPUS_PER_TASK
  export OMP_NUM_THREADS=$threads SRUN_CPUS_PER_TASK=$threads
fi
prepare
job=${SLURM_JOB_ID:+job $SLURM_JOB_ID, start $((${SLURM_RESTART_COUNT:-0} + 1)), }
echo "== $stage: $* ($job$(hostname), ranks $ranks, threads ${threads:-all}, $(date -u +%FT%TZ))"

command=$1 anew="it continues from its last checkpoint"
asked=
trap 'asked=USR1; kill -USR1 "$program"' USR1
trap 'asked=TERM; kill -TERM "$program"' TERM INT # a program in the background does not get the INT of a terminal
if [[ $command == bench/* ]]; then
  set -- "${python:-python3}" "$repository/$command" "$stint" "${@:2}"
  exec >"$stage.md"
  anew="it begins anew"
else
  set -- "$stint" "$@" --json "$stage.json" --overwrite
  [ "$ranks" -eq 1 ] || set -- "${launcher[@]}" "$@"
fi
"$@" &
program=$!
wait "$program"
while kill -0 "$program" 2>/dev/null; do wait "$program"; done # a trap has ended 'wait', not the program
wait "$program"
status=$?
trap '' USR1
trap - TERM

case $status in
  0)
    date -u +%FT%TZ >"$stage.done"
    exit 0
    ;;
  75)
    if [ -n "${STINT_LOCAL:-}" ] || [ "$asked" = TERM ]; then
      say "stopped; submit the study again to continue"
    elif [ "${SLURM_RESTART_COUNT:-0}" -ge $most_restarts ]; then
      say "given up after $most_restarts restarts; give the stage more time and submit the study again to continue"
    else
      say "goes back to the queue"
      task=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID} # the job id of one task means the whole array
      scontrol requeue "${task:-$SLURM_JOB_ID}" && sleep 60 # Slurm ends this
      say "could not be requeued; submit the study again to continue"
    fi
    ;;
  *)
    case $asked in
      USR1) say "out of time, and $command keeps no checkpoints: give the stage more time and submit the study again" ;;
      TERM) say "stopped; submit the study again, and $anew" ;;
      *) say "failed with status $status" ;;
    esac
    ;;
esac
exit $status
