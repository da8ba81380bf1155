#!/usr/bin/env bash
# Submits a study to Slurm, as a chain of jobs, or runs it here.
#
#   bash jobs/submit.sh STUDY                 STUDY: a folder of jobs/, or the path of a folder
#   bash jobs/submit.sh STUDY --local         without Slurm, one stage after another, with all cores
#   bash jobs/submit.sh STUDY --dry-run       only prints the sbatch lines
#   bash jobs/submit.sh STUDY --output DIR    where the results go, in place of runs/STUDY
#
# The same line again continues: stages that are done are left out. Edit jobs/site.sh first; docs/jobs.md explains.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
jobs=$repository/jobs

fail() { echo "submit.sh: $1" >&2; exit "${2:-1}"; }

study="" output="" mode=slurm
while [ $# -gt 0 ]; do
  case $1 in
    --local) mode=local ;;
    --dry-run) mode=dry ;;
    --output) output=${2:?--output needs a folder}; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) fail "unknown option '$1'; known: --local, --dry-run, --output DIR" 2 ;;
    *) [ -z "$study" ] || fail "two studies, '$study' and '$1'; expected one" 2; study=$1 ;;
  esac
  shift
done
known=$(cd "$jobs" && echo */stages | sed 's,/stages,,g')
[ -n "$study" ] || fail "which study? Known: $known" 2
folder=$jobs/$study
[ -e "$folder/stages" ] || folder=$study
[ -e "$folder/stages" ] || fail "no study '$study'; known: $known, or a folder with a file 'stages'" 2
study=$(basename "$(cd "$folder" && pwd)")

site=${STINT_SITE:-$jobs/site.sh}
[ -r "$site" ] || fail "$site, the description of the site, cannot be read" 2
source "$site"
output=${output:-$runs/$study}
[ "$mode" = dry ] || [ -x "$stint" ] || fail "no program $stint; run 'bash scripts/build.sh', or name yours in $site"

# The results' folder keeps what they were made with; jobs that start later read these copies.
if [ "$mode" != dry ]; then
  mkdir -p "$output/logs"
  for file in "$folder"/*; do
    copy=$output/$(basename "$file")
    if [ -e "$copy" ]; then
      cmp -s "$file" "$copy" || fail "$copy is not what $file is now: choose another --output, or remove the old results"
    else
      cp "$file" "$copy"
    fi
  done
  cp "$site" "$output/site.sh"
  output=$(cd "$output" && pwd)
  if [ "$mode" = slurm ] && [ -s "$output/jobs" ]; then
    queued=$(squeue --noheader --format=%F --jobs "$(paste -sd, "$output/jobs")" 2>/dev/null | sort -u | paste -sd' ' || true)
    [ -z "$queued" ] || fail "this study is in the queue already (jobs $queued); 'scancel $queued' stops it"
  fi
fi

declare -A job values_of # of each stage: its job id, or 'done'; what its tasks are for
submitted=()
withdraw() { [ ${#submitted[@]} -eq 0 ] || scancel "${submitted[@]}"; } # half a chain is of no use
trap 'withdraw' EXIT

all_done() { # NAME VALUES
  local value values
  [ "$2" != - ] || { [ -e "$output/$1.done" ]; return; }
  IFS=, read -ra values <<<"$2"
  for value in "${values[@]}"; do [ -e "$output/$1-$value.done" ] || return 1; done
}

run_here() { # NAME VALUES COMMAND...
  local count=1 task
  [ "$2" = - ] || count=$(tr , '\n' <<<"$2" | wc -l)
  for ((task = 0; task < count; ++task)); do
    (cd "$output" && STINT_LOCAL=1 SLURM_ARRAY_TASK_ID=$task bash "$jobs/stage.sh" "$repository" "$@") || exit
  done
}

while read -u 3 -r name after values ranks threads time memory kind command; do
  [[ -n $name && $name != '#'* ]] || continue
  [[ -n $command && $ranks =~ ^[1-9][0-9]*$ && $threads =~ ^[1-9][0-9]*$ && $kind =~ ^(cpu|gpu)$ ]] ||
    fail "$folder/stages: stage '$name' is not: name after values ranks threads time memory cpu|gpu command"
  depend=
  if [ "$after" != - ]; then
    for before in ${after//,/ }; do
      [ -n "${job[$before]:-}" ] || fail "$folder/stages: '$name' comes after '$before', which no line above is"
      [ "${job[$before]}" = "done" ] || depend+=:${job[$before]}
    done
  fi
  condition=afterok
  if [ "$values" = = ]; then # task by task after the array before
    [[ ${values_of[$after]:--} != - ]] || fail "$folder/stages: '$name' has '=' for values, and '$after' is no array"
    values=${values_of[$after]} condition=aftercorr
  fi
  values_of[$name]=$values
  read -ra command <<<"$command"
  if [ "$mode" = local ]; then
    run_here "$name" "$values" "${command[@]}"
    job[$name]="done"
    continue
  fi
  if [ "$mode" = slurm ] && all_done "$name" "$values"; then
    echo "$name: done before"
    job[$name]="done"
    continue
  fi
  log=$name options=("${all[@]}")
  if [ "$kind" = gpu ]; then options+=("${gpu[@]}"); else options+=("${cpu[@]}"); fi
  if [ "$values" != - ]; then
    commas=${values//[^,]/}
    options+=(--array="0-${#commas}")
    log=$name-%a
  fi
  [ -z "$depend" ] || options+=(--dependency="$condition$depend")
  line=(sbatch --parsable --job-name="$study.$name" --chdir="$output" --output="$output/logs/$log.log" --open-mode=append
    --requeue --signal=B:USR1@120 --kill-on-invalid-dep=yes
    --ntasks="$ranks" --cpus-per-task="$threads" --time="$time" --mem="$memory" "${options[@]}"
    "$jobs/stage.sh" "$repository" "$name" "$values" "${command[@]}")
  if [ "$mode" = dry ]; then
    printf '%q ' "${line[@]}"
    echo
    job[$name]=JOB-$name
    continue
  fi
  id=$("${line[@]}") || fail "sbatch refused stage '$name'; the stages before it are withdrawn"
  id=${id%%;*} # of several clusters, sbatch adds the name
  job[$name]=$id
  submitted+=("$id")
  depend=${depend#:}
  echo "$name: job $id${depend:+ after ${depend//:/, }}"
done 3<"$folder/stages"
if [ ${#submitted[@]} -gt 0 ]; then printf '%s\n' "${submitted[@]}" >"$output/jobs"; fi
submitted=()
[ "$mode" = dry ] || echo "submit.sh: results and logs/: $output"
