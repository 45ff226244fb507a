#!/bin/sh
# Makes test/reference/venv with exactly the packages of requirements.txt. Safe to run again: an environment that
# already holds these versions is left alone. PYTHON names another interpreter than python3.
set -eu

case "${1:-}" in
  -h | --help)
    echo "usage: [PYTHON=python3.11] $0"
    echo "Makes the virtual environment of the live reference beside this script, or checks the one that is there."
    exit 0
    ;;
  '') ;;
  *)
    echo "install.sh: unknown argument '$1' (there is only --help)" >&2
    exit 2
    ;;
esac

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
venv="$here/venv"
python=${PYTHON:-python3}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

# "name==version" a line, names as pip compares them: lower case, hyphens.
wanted() { sed -n 's/^\([A-Za-z].*==.*\)$/\1/p' "$here/requirements.txt" | sed 's/\[[a-z]*\]//' | canonical; }
installed() { "$venv/bin/python" -m pip --disable-pip-version-check freeze --all 2>/dev/null | grep -Ev '^(pip|setuptools|wheel)==' | canonical; }
canonical() { tr 'A-Z_' 'a-z-' | LC_ALL=C sort; }

if [ -x "$venv/bin/python" ] && [ "$(wanted)" = "$(installed)" ]; then
  echo "reference: $venv is up to date"
  exit 0
fi

command -v "$python" >/dev/null 2>&1 ||
  fail "'$python' was not found: install Python 3.11 (with its venv module), or name another one with PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(not (3, 8) <= sys.version_info < (3, 13))' ||
  fail "$("$python" --version) cannot install these packages: Python 3.11 is the tried version, name one with PYTHON=..."
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
  fail "'$python' has no venv module: on Debian, apt-get install python3-venv"

rm -rf "$venv"
# Half an environment would pass for a whole one.
trap 'rm -rf "$venv"; exit 1' INT TERM HUP
"$python" -m venv "$venv"
"$venv/bin/python" -m pip --disable-pip-version-check install --quiet --retries 1 --requirement "$here/requirements.txt" || {
  rm -rf "$venv"
  fail "pip could not install the packages, see above"
}

if [ "$(wanted)" != "$(installed)" ]; then
  echo "wanted:" >&2; wanted >&2
  echo "installed:" >&2; installed >&2
  fail "the installed packages are not the pinned ones (see above)"
fi
echo "reference: installed into $venv"
