#!/bin/sh
# Runs prove.py with the Python of the virtual environment; 77 (skipped) where there is none.
if [ ! -x "$1" ]; then
  echo "skipped: $1 is missing; scripts/install-dependencies.sh test makes it"
  exit 77
fi
exec "$@"
