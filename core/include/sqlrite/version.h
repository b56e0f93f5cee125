// The version of the library; written by scripts/bump_version.py.
#pragma once
#define SQLRITE_VERSION_TEXT "0.1.0"
