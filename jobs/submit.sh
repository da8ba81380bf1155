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

# The lines of a file 'stages' that are stages, with any ends of lines.
stages_of() { tr -d '\r' <"$1" | sed -e '1s/^\xEF\xBB\xBF//' -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' -e '$a\'; }

# Stages of the results that are done, or of an array in part: lines "name values command", from the copy of 'stages' in the results' folder.
done_stages() {
  [ -e "$output/stages" ] || return 0
  local name after values ranks threads time memory kind command value
  local -A of # the values of each stage
  while read -r name after values ranks threads time memory kind command; do
    of[$name]=$values
    [ "$values" != = ] || of[$name]=${of[$after]}
    for value in ${of[$name]//,/ }; do
      if [ -e "$output/$name${value/#/-}.done" ] || { [ "$value" = - ] && [ -e "$output/$name.done" ]; }; then
        echo "$name $values $command"
        break
      fi
    done
  done < <(stages_of "$output/stages")
}

# A study may be mended as long as what is done stays what it was.
check_change() { # FILE COPY
  local file name values command was is
  file=$(basename "$1")
  while read -r name values command; do
    if [ "$file" = stages ]; then
      was=$(tr -s '[:blank:]' ' ' <<<"$name $values $command")
      is=$(stages_of "$1" | awk -v name="$name" '$1 == name { line = $1 " " $3; for (i = 9; i <= NF; ++i) line = line " " $i; print line }')
      [ -z "$is" ] || [ "$is" = "$was" ] ||
        fail "$2 is not what $1 is now, and its stage '$name' is done: choose another --output, or remove the old results"
    elif [[ " $command " == *" $file "* ]] || ! stages_of "$output/stages" | grep -qwF -- "$file"; then
      fail "$2 is not what $1 is now, and stage '$name' is done: choose another --output, or remove the old results"
    fi
  done < <(done_stages)
}

# The results' folder keeps what they were made with; jobs that start later read these copies.
if [ "$mode" != dry ]; then
  mkdir -p "$output/logs"
  for file in "$folder"/*; do
    copy=$output/$(basename "$file")
    [ ! -e "$copy" ] || diff -rq "$file" "$copy" >/dev/null || check_change "$file" "$copy"
  done
  for file in "$folder"/*; do
    copy=$output/$(basename "$file")
    [ -e "$copy" ] && diff -rq "$file" "$copy" >/dev/null || { rm -rf "$copy" && cp -R "$file" "$copy"; }
  done
  cp "$site" "$output/site.sh"
  output=$(cd "$output" && pwd)
  if [ "$mode" = slurm ] && [ -s "$output/jobs" ]; then
    queued=$(squeue --noheader --format=%F --jobs "$(paste -sd, "$output/jobs")" 2>/dev/null | sort -u | paste -sd' ' || true)
    [ -z "$queued" ] || fail "this study is in the queue already (jobs $queued); 'scancel $queued' stops it"
  fi
fi

[ -n "$(stages_of "$folder/stages")" ] || fail "$folder/stages has no stage; expected a line for each"

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

# A signal for this script is one for its stage.
stage=
trap 'kill -TERM $stage 2>/dev/null || exit 143' TERM INT HUP

failures=() # stages that failed, or were left out, under --local

# What a task of a stage waits for and is not done: the stages in AFTER, or of an array's own task.
missing_before() { # AFTER CONDITION VALUE
  local before
  [ "$1" != - ] || return 0
  for before in ${1//,/ }; do
    if [ "$2" = aftercorr ]; then
      [ -e "$output/$before-$3.done" ] || echo "$before-$3"
    else
      all_done "$before" "${values_of[$before]}" || echo "$before"
    fi
  done
}

run_here() { # AFTER CONDITION NAME VALUES COMMAND...
  local after=$1 condition=$2 task status missing list=(-)
  shift 2
  [ "$2" = - ] || IFS=, read -ra list <<<"$2"
  for ((task = 0; task < ${#list[@]}; ++task)); do
    local shown=$1
    [ "$2" = - ] || shown+=-${list[$task]}
    missing=$(missing_before "$after" "$condition" "${list[$task]}")
    if [ -n "$missing" ]; then
      echo "submit.sh: $shown: left out, because ${missing//$'\n'/ and } is not done" >&2
      failures+=("$shown")
      continue
    fi
    status=0 # in the background, because bash looks at signals only between commands that it waits for
    (cd "$output" && STINT_LOCAL=1 SLURM_ARRAY_TASK_ID=$task exec bash "$jobs/stage.sh" "$repository" "$@") &
    stage=$!
    wait "$stage" || true
    while kill -0 "$stage" 2>/dev/null; do wait "$stage" || true; done # a trap has ended 'wait', not the stage
    wait "$stage" || status=$?
    [ "$status" -ne 75 ] && [ "$status" -lt 128 ] || exit "$status" # interrupted
    [ "$status" -eq 0 ] || failures+=("$shown")
  done
}

while read -u 3 -r name after values ranks threads time memory kind command; do
  [[ -n $command && $ranks =~ ^[1-9][0-9]*$ && $threads =~ ^[1-9][0-9]*$ && $kind =~ ^(cpu|gpu)$ ]] ||
    fail "$folder/stages: stage '$name' is not: name after values ranks threads time memory cpu|gpu command"
  [[ $name =~ ^[A-Za-z0-9._-]+$ ]] || fail "$folder/stages: '$name' is no name of a stage; letters, digits and . _ - make one"
  if [[ $command == bench/* ]]; then
    program=${command%% *}
    [[ $program == *.py && -e $repository/$program ]] || fail "$folder/stages: stage '$name': there is no program $program"
    [ "$ranks" -eq 1 ] || fail "$folder/stages: stage '$name' is of one rank, as all of bench/ are, not $ranks"
    [ "$mode" = dry ] || "${python:-python3}" -c 'import numpy, h5py' 2>/dev/null ||
      fail "stage '$name' needs a Python with numpy and h5py: name yours in $site, python=..."
  fi
  [ -z "${job[$name]:-}" ] || fail "$folder/stages: two stages are called '$name'; give each a name of its own"
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
    run_here "$after" "$condition" "$name" "$values" "${command[@]}"
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
done 3< <(stages_of "$folder/stages")
[ ${#failures[@]} -eq 0 ] || fail "not done: ${failures[*]}; mend them and give the same line again"
if [ ${#submitted[@]} -gt 0 ]; then printf '%s\n' "${submitted[@]}" >"$output/jobs"; fi
submitted=()
[ "$mode" = dry ] || echo "submit.sh: results and logs/: $output"
