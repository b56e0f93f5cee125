/* The smallest test frame: CHECK() counts, and prints what does not hold; main() returns check_result(). */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int checks_made = 0, checks_failed = 0;
#define CHECK(condition)                                             \
  do {                                                               \
    ++checks_made;                                                   \
    if (!(condition)) {                                              \
      ++checks_failed;                                               \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                \
  } while (0)
#define CHECK_INT(got, expected)                                                                    \
  do {                                                                                              \
    ++checks_made;                                                                                  \
    long long got_value = (long long)(got), expected_value = (long long)(expected);                 \
    if (got_value != expected_value) {                                                              \
      ++checks_failed;                                                                              \
      printf("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_value, expected_value); \
    }                                                                                               \
  } while (0)
#define CHECK_TEXT(got, expected)                                                                         \
  do {                                                                                                    \
    ++checks_made;                                                                                        \
    const char *got_text = (const char *)(got), *expected_text = (expected);                              \
    if (got_text == NULL || strcmp(got_text, expected_text) != 0) {                                       \
      ++checks_failed;                                                                                    \
      printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, got_text ? got_text : "NULL", \
             expected_text);                                                                              \
    }                                                                                                     \
  } while (0)
static int check_result(const char *name) {
  printf("%s: %s\n", name, checks_failed == 0 ? "ok" : "FAILED");
  printf("%d passed, %d failed\n", checks_made - checks_failed, checks_failed);
  return checks_failed == 0 ? 0 : 1;
}

#endif
