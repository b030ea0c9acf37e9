# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the other scripts: a step is one command with a name and a log file. What it prints
# goes into the log; when it fails, its last lines and the place of the log are shown.
# Needs: steps_script (name for messages), steps_logs (folder).
# shellcheck shell=bash disable=SC2154

mkdir -p "$steps_logs"

# run_step NAME COMMAND...: false when the command fails
run_step() {
  local name=$1 log began=$SECONDS
  log=$steps_logs/${name//[^A-Za-z0-9]/-}.log
  shift
  printf '%s: %s ... ' "$steps_script" "$name"
  if "$@" >"$log" 2>&1 </dev/null; then
    printf 'done in %d s\n' $((SECONDS - began))
    return 0
  fi
  printf 'FAILED\n'
  {
    printf '%s\n' "---- last lines of $log"
    tail -n 25 "$log"
    printf '%s\n' "---- $steps_script: step '$name' did not work; all it said is in $log"
  } >&2
  return 1
}

# find_python: a Python 3 that can read GeoTIFF when there is one, else any; nothing when none
find_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import osgeo_utils' 2>/dev/null; then
      printf '%s\n' "$python"
      return
    fi
  done
  command -v python3 || true
}
