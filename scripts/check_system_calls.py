#!/usr/bin/env python3
"""Proves from the object files that nothing in core/ but os/ calls the system: whatever a layer's objects leave undefined and
no object of core/ defines must be on the list below. What the list does not know is refused, so that a new way out shows.

  check_system_calls.py [BUILD_FOLDER]     (build/release by default; it must be built)
"""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Memory, strings and numbers: functions of their arguments alone.
PURE = re.compile(r"""
    mem(chr|cmp|cpy|move|set) | str(chr|cmp|len|ncmp|nlen|tod) | v?snprintf | abort |
    malloc | calloc | realloc | free | aligned_alloc |
    a?(sin|cos|tan)h? | atan2 | exp | log(2|10)? | pow | sqrt | fmod | floor | ceil | trunc | round
    """, re.VERBOSE)
# The C++ run time: allocation, exceptions, guards of statics, vtables, dynamic_cast, locks (os/sync.h names them).
RUN_TIME = re.compile(r"""
    _Z(nw|na|dl|da).* | _ZSt\d+__throw_.* | _ZSt7nothrow | _ZSt(9terminatev|28_Rb_tree_.*|18_Rb_tree_.*|29_Rb_tree_.*) |
    _ZN?K?St8__detail\d+_Prime_rehash_policy.* | _ZNK?St18condition_variable(C|D|4wait|10notify).* | pthread_mutex_(un|try)?lock |
    _ZTVN10__cxxabiv1.* | _ZNK?St7__cxx1112basic_string.* | _ZNK?St9exception.* | _ZTISt.* | _ZTVSt.* | _ZNSt.*bad_alloc.* |
    __cxa_.* | _Unwind_Resume | __gxx_personality_v0 | __dynamic_cast | __dso_handle | __tls_get_addr | _GLOBAL_OFFSET_TABLE_ |
    __cpu_(indicator_init|model) | __popcountdi2 | __libc_single_threaded | __stack_chk_fail | __(mem|str|v?snprintf|f?printf).*_chk
    """, re.VERBOSE)
# base/ says on stderr which check failed before it aborts, and takes the memory of buffers from the system.
BASE_MAY = re.compile(r"fprintf|stderr|mmap(64)?|munmap|mremap|madvise")


def symbols(build):
    """(defined names, undefined name -> layers) over all objects of core/."""
    defined, undefined = set(), collections.defaultdict(set)
    objects = sorted(build.glob("core/CMakeFiles/core_*.dir/**/*.o"))
    for file in objects:
        layer = re.search(r"core_(\w+)\.dir", str(file)).group(1)
        for line in subprocess.run(["nm", str(file)], capture_output=True, text=True, check=True).stdout.splitlines():
            kind, name = line.split()[-2:]
            if kind in ("U", "w"):
                undefined[name].add(layer)
            else:
                defined.add(name)
    return len(objects), defined, undefined


def main():
    build = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "release"
    count, defined, undefined = symbols(build)
    if count == 0:
        print(f"check_system_calls: no objects under {build}; build it first")
        return 1
    errors = 0
    for name, layers in sorted(undefined.items()):
        for layer in sorted(layers - {"os"}):
            if name in defined or PURE.fullmatch(name) or RUN_TIME.fullmatch(name):
                continue
            if layer == "base" and BASE_MAY.fullmatch(name):
                continue
            errors += 1
            print(f"{layer}: calls {name}, which is neither the engine's nor pure; what goes outside goes through os/")
    if "pwrite" not in undefined or "os" not in undefined["pwrite"]:
        errors += 1
        print("os/ itself writes no file: this check looks at the wrong objects")
    print(f"check_system_calls: {count} objects, {errors} violations")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
