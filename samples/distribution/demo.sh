#!/usr/bin/env bash
# From an image in one region to a rendered template, against an emulated cloud on this machine: no account
# is needed and nothing leaves it. It works on a copy; PYTHON chooses the interpreter.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
python="${PYTHON:-python3}"

if [ "${1:-}" != "--inside" ]; then
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  cp -R "$here"/*.yaml "$here"/templates "$work"
  # The emulator lives among the tests of the repository.
  export PYTHONPATH="$here/../..${PYTHONPATH:+:$PYTHONPATH}"
  cd "$work"
  "$python" -m tests.cloud cloud.yaml --speed 2000 -- bash "$here/demo.sh" --inside
  exit
fi

region-image() { "$python" -m preprocessor "$@"; }
try() { echo "\$ $*"; "$@" 2>&1; }

try region-image distribute --plan
try region-image distribute -q --poll 100ms
try cat artifact-map.yaml
try region-image map verify
try region-image render
try diff templates/site.yaml dist/cn-beijing/templates/site.yaml || test $? = 1
