#!/bin/sh
# Compiler launcher of the models (PORTCULLIS_MODEL_COMPILER): model-compiler.sh COMPILER INSTEAD-OF ARGUMENT...
# runs COMPILER, behind ccache if there is one, with the arguments that were meant for the other.
compiler=$1
shift 2
if command -v ccache >/dev/null; then
  exec ccache "$compiler" "$@"
fi
exec "$compiler" "$@"
