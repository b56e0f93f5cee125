#!/bin/sh
# The library exports the listed names and no others: check_exports.sh LIBRARY LIST
nm -D --defined-only "$1" | awk '{print $3}' | sed 's/@.*//' | LC_ALL=C sort | diff - "$2" && echo "exports: ok"
