// Dates: text forms, modifiers in order, formats, and the ends of the calendar.
#include <doctest/doctest.h>

#include "functions/function_test_context.h"

using namespace sqlrite;
using namespace sqlrite::functions;

TEST_CASE("date functions: time values") {
  Caller call;
  CHECK(call("date", {"2024-02-29"}) == "'2024-02-29'");
  CHECK(call("date", {"2023-02-31"}) == "'2023-03-03'");
  CHECK(call("datetime", {"2024-02-29T23:59:59.999Z"}) == "'2024-02-29 23:59:59'");
  CHECK(call("datetime", {"2024-01-01 00:30+01:00"}) == "'2023-12-31 23:30:00'");
  CHECK(call("time", {"12:34"}) == "'12:34:00'");
  CHECK(call("date", {2460310.5}) == "'2024-01-01'");
  CHECK(call("julianday", {"2000-01-01 12:00"}) == "2451545.0");
  CHECK(call("unixepoch", {"1970-01-01"}) == "0");
  CHECK(call("date", {"2024-13-01"}) == "NULL");
  CHECK(call("date", {"hello"}) == "NULL");
  CHECK(call("date", {nullptr}) == "NULL");
  CHECK(call("datetime", {"now"}) == "'2023-12-18 12:00:00'");
  CHECK(call("date", {}) == "'2023-12-18'");
  CHECK(call("current_timestamp", {}) == "'2023-12-18 12:00:00'");
  CHECK(call("datetime", {"2024-01-01 24:00"}) == "'2024-01-02 00:00:00'");
}

TEST_CASE("date functions: modifiers") {
  Caller call;
  CHECK(call("date", {"2024-01-31", "+1 month"}) == "'2024-03-02'");
  CHECK(call("date", {"2024-01-31", "+1 month", "floor"}) == "'2024-02-29'");
  CHECK(call("date", {"2024-02-29", "+1 year"}) == "'2025-03-01'");
  CHECK(call("date", {"2024-05-15", "start of month", "-1 day"}) == "'2024-04-30'");
  CHECK(call("date", {"2024-05-15", "weekday 0"}) == "'2024-05-19'");
  CHECK(call("datetime", {1700000000, "unixepoch"}) == "'2023-11-14 22:13:20'");
  CHECK(call("datetime", {1700000000, "auto"}) == "'2023-11-14 22:13:20'");
  CHECK(call("datetime", {"2024-01-01", "+01:30"}) == "'2024-01-01 01:30:00'");
  CHECK(call("date", {"2024-01-01", "+0001-02-03"}) == "'2025-03-04'");
  CHECK(call("time", {"12:00", "subsec", "+0.25 seconds"}) == "'12:00:00.250'");
  CHECK(call("date", {"2024-01-01", "+1 fortnight"}) == "NULL");
  CHECK(call("datetime", {"2024-01-01", "unixepoch"}) == "NULL");
}

TEST_CASE("strftime and timediff") {
  Caller call;
  CHECK(call("strftime", {"%Y-%m-%d %H:%M:%f|%j|%w|%u|%W|%V|%G|%s|%J", "2024-12-30 01:02:03.456"}) ==
        "'2024-12-30 01:02:03.456|365|1|1|53|01|2025|1735520523|2460674.543095556'");
  CHECK(call("strftime", {"%e|%k|%l|%I %p|%P|%R|%T|%%", "2024-01-05 15:04:05"}) ==
        "' 5|15| 3|03 PM|pm|15:04|15:04:05|%'");
  CHECK(call("strftime", {"%Q", "2024-01-01"}) == "NULL");
  CHECK(call("timediff", {"2024-03-01", "2023-02-28"}) == "'+0001-00-02 00:00:00.000'");
  CHECK(call("timediff", {"2023-02-28", "2024-03-01 12:00"}) == "'-0001-00-01 12:00:00.000'");
}
