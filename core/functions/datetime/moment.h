// A point in time while date functions work on it: as a Julian day, as calendar fields, or both, computed when needed.
#pragma once

#include <cstdint>
#include <string_view>

#include "functions/function.h"

namespace sqlrite::functions {

inline constexpr int64_t kMillisecondsPerDay = 86400000;
// The Unix epoch as milliseconds of the Julian day.
inline constexpr int64_t kUnixEpochJulianMs = 210866760000000;

class Moment {
 public:
  // Milliseconds since noon of 24 November 4714 BC (Julian day 0).
  int64_t julian_ms = 0;
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0.0;  // or, with raw_number, the number as it was given
  bool has_julian = false;
  bool has_date = false;
  bool has_time = false;
  bool raw_number = false;  // may yet be read as a Julian day or as Unix time
  bool failed = false;      // out of range
  bool subsecond = false;   // results show milliseconds
  bool is_utc = false;
  bool is_local = false;
  int offset_minutes = 0;  // time zone given with the text, until it is applied
  int overflow_days = 0;   // how far the day lies past the end of its month ("floor" takes them back)

  void compute_julian();
  void compute_date();
  void compute_time();
  void compute_fields() {
    compute_date();
    compute_time();
  }
  void clear_fields() {
    has_date = false;
    has_time = false;
    offset_minutes = 0;
  }
  // Sets the date, has_time off, offset and overflow as in a text without them.
  void set_overflow();
  void set_raw_number(double number);
  // Text forms: date, time, both, with a time zone. False: none of them (`*this` is then of no use).
  bool parse_date(std::string_view text);
  bool parse_time(std::string_view text);
  // Days since January 1st, since Monday, since Sunday. REQUIRES: Julian day and fields computed.
  int days_since_new_year() const;
  int days_since_monday() const;
  int days_since_sunday() const;

 private:
  bool parse_zone(std::string_view text);
  void fail();
};

// From Julian day 0 to the end of the year 9999.
constexpr bool is_valid_julian_ms(int64_t julian_ms) { return julian_ms >= 0 && julian_ms <= 464269060799999; }

// Reads exactly `digit_count` digits at `text[at]` with a value in [least, most].
bool read_digits(std::string_view text, size_t at, int digit_count, int least, int most, int* out);

// Applies one modifier ("+1 day", "start of month", "localtime"...). `index` is its position, from 1. False when it is
// not a modifier or not applicable here; `*status` tells of errors that must reach the user.
bool apply_modifier(CallContext& ctx, Moment& moment, std::string_view modifier, int index, Status* status);

// Whether a call may ask for the time or the time zone; else `*status` says why not.
bool may_look_outside(const CallContext& ctx, Status* status);

// The time value and modifiers of a date function; no arguments mean 'now'. False: the function's result is NULL.
bool read_moment(CallContext& ctx, const Value* arguments, int argument_count, Moment* moment, Status* status);

}  // namespace sqlrite::functions
