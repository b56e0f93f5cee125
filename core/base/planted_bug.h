// Bugs planted on purpose, so that tests can show that they would notice them. In every normal build the condition is
// the constant false and nothing of it is left; only the test targets that define SQLRITE_PLANTED_BUGS contain them,
// and there `planted_bug` says which one (none: 0) is awake. tests/crash/planted_bugs.py lists them.
#pragma once

#ifdef SQLRITE_PLANTED_BUGS
namespace sqlrite {
extern int planted_bug;  // defined by the test program
}
#define SQLRITE_PLANTED_BUG(number) (::sqlrite::planted_bug == (number))
#else
#define SQLRITE_PLANTED_BUG(number) false
#endif
