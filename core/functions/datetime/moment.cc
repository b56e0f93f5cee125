#include "functions/datetime/moment.h"

#include <cmath>

#include "base/text.h"
#include "types/number_text.h"
#include "types/utf.h"
#include "types/value_text.h"

namespace sqlrite::functions {

namespace {

// Days from 1970-01-01 in the Gregorian calendar, extended to all years; days past the end of a month run on.
// Counts in eras of 400 years that begin on March 1st, so that leap days come last.
int64_t days_from_date(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

void date_from_days(int64_t days, int* year, int* month, int* day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  *day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  *month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  *year = static_cast<int>(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

int days_of_month(int year, int month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

char at(std::string_view text, size_t index) { return index < text.size() ? text[index] : '\0'; }

std::string_view skip_spaces(std::string_view text) {
  while (!text.empty() && is_sql_space(text[0])) text.remove_prefix(1);
  return text;
}

// Noon-based days of the Julian calendar count turned into midnight-based ones.
constexpr int64_t kHalfDay = kMillisecondsPerDay / 2;

}  // namespace

bool read_digits(std::string_view text, size_t index, int digit_count, int least, int most, int* out) {
  int value = 0;
  for (int i = 0; i < digit_count; ++i) {
    char c = at(text, index + static_cast<size_t>(i));
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  if (value < least || value > most) return false;
  *out = value;
  return true;
}

void Moment::fail() {
  *this = Moment();
  failed = true;
}

void Moment::compute_julian() {
  if (has_julian) return;
  int y = 2000, m = 1, d = 1;  // a time alone is on this day
  if (has_date) {
    y = year;
    m = month;
    d = day;
  } else if (has_time && hour == 24) {
    hour = 0;
    d = 2;
  }
  if (y < -4713 || y > 9999 || raw_number) {
    fail();
    return;
  }
  julian_ms = days_from_date(y, m, d) * kMillisecondsPerDay + kUnixEpochJulianMs;
  has_julian = true;
  if (!has_time) return;
  julian_ms += int64_t{hour} * 3600000 + int64_t{minute} * 60000 + static_cast<int64_t>(second * 1000 + 0.5);
  if (offset_minutes != 0) {
    julian_ms -= int64_t{offset_minutes} * 60000;
    clear_fields();
    is_utc = true;
    is_local = false;
  }
}

void Moment::compute_date() {
  if (has_date) return;
  if (!has_julian) {
    year = 2000;
    month = 1;
    day = 1;
  } else if (!is_valid_julian_ms(julian_ms)) {
    fail();
    return;
  } else {
    int64_t days = (julian_ms + kHalfDay) / kMillisecondsPerDay - (kUnixEpochJulianMs + kHalfDay) / kMillisecondsPerDay;
    date_from_days(days, &year, &month, &day);
  }
  has_date = true;
}

void Moment::compute_time() {
  if (has_time) return;
  compute_julian();
  int in_day = static_cast<int>((julian_ms + kHalfDay) % kMillisecondsPerDay);
  second = (in_day % 60000) / 1000.0;
  minute = in_day / 60000 % 60;
  hour = in_day / 3600000;
  raw_number = false;
  has_time = true;
}

void Moment::set_overflow() {
  int last = days_of_month(year, month);
  overflow_days = day > last ? day - last : 0;
}

void Moment::set_raw_number(double number) {
  second = number;
  raw_number = true;
  if (number >= 0.0 && number < 5373484.5) {
    julian_ms = static_cast<int64_t>(number * 86400000.0 + 0.5);
    has_julian = true;
  }
}

// Nothing, Z, or +HH:MM / -HH:MM.
bool Moment::parse_zone(std::string_view text) {
  text = skip_spaces(text);
  offset_minutes = 0;
  if (text.empty()) return true;
  int sign = 0;
  switch (text[0]) {
    case '-': sign = -1; break;
    case '+': sign = 1; break;
    case 'Z':
    case 'z': text.remove_prefix(1); break;
    default: return false;
  }
  if (sign != 0) {
    int hours, minutes;
    if (!read_digits(text, 1, 2, 0, 14, &hours) || at(text, 3) != ':' || !read_digits(text, 4, 2, 0, 59, &minutes)) {
      return false;
    }
    text.remove_prefix(6);
    offset_minutes = sign * (minutes + hours * 60);
  }
  if (offset_minutes == 0) {
    is_local = false;
    is_utc = true;
  }
  return skip_spaces(text).empty();
}

// HH:MM, HH:MM:SS, HH:MM:SS.FFF, each with a time zone or without.
bool Moment::parse_time(std::string_view text) {
  int h, m, s = 0;
  double fraction = 0.0;
  if (!read_digits(text, 0, 2, 0, 24, &h) || at(text, 2) != ':' || !read_digits(text, 3, 2, 0, 59, &m)) return false;
  text.remove_prefix(5);
  if (at(text, 0) == ':') {
    if (!read_digits(text, 1, 2, 0, 59, &s)) return false;
    text.remove_prefix(3);
    if (at(text, 0) == '.' && is_digit(at(text, 1))) {
      double scale = 1.0;
      text.remove_prefix(1);
      for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
        fraction = fraction * 10.0 + text[0] - '0';
        scale *= 10.0;
      }
      fraction /= scale;
      // Cut, not rounded: 59.9999 must not show as 60.
      if (fraction > 0.999) fraction = 0.999;
    }
  }
  if (h == 24 && (m != 0 || s != 0 || fraction != 0.0)) return false;
  has_julian = false;
  raw_number = false;
  has_time = true;
  hour = h;
  minute = m;
  second = s + fraction;
  return parse_zone(text);
}

// YYYY-MM-DD, alone or with a time behind spaces or a 'T'.
bool Moment::parse_date(std::string_view text) {
  bool negative = at(text, 0) == '-';
  if (negative) text.remove_prefix(1);
  int y, m, d;
  if (!read_digits(text, 0, 4, 0, 14712, &y) || at(text, 4) != '-' || !read_digits(text, 5, 2, 1, 12, &m) ||
      at(text, 7) != '-' || !read_digits(text, 8, 2, 1, 31, &d)) {
    return false;
  }
  text.remove_prefix(10);
  while (!text.empty() && (is_sql_space(text[0]) || text[0] == 'T')) text.remove_prefix(1);
  if (parse_time(text)) {
    if (hour == 24) {  // midnight at the end of the day
      hour = 0;
      if (++d > days_of_month(y, m)) {
        d -= days_of_month(y, m);
        if (++m > 12) {
          m = 1;
          ++y;
        }
      }
    }
  } else if (text.empty()) {
    has_time = false;
  } else {
    return false;
  }
  has_julian = false;
  has_date = true;
  year = negative ? -y : y;
  month = m;
  day = d;
  set_overflow();
  if (offset_minutes != 0) compute_julian();
  return true;
}

int Moment::days_since_new_year() const {
  Moment first = *this;
  first.has_julian = false;
  first.month = 1;
  first.day = 1;
  first.compute_julian();
  return static_cast<int>((julian_ms - first.julian_ms + kHalfDay) / kMillisecondsPerDay);
}

int Moment::days_since_monday() const { return static_cast<int>((julian_ms + kHalfDay) / kMillisecondsPerDay % 7); }

int Moment::days_since_sunday() const {
  return static_cast<int>((julian_ms + kHalfDay + kMillisecondsPerDay) / kMillisecondsPerDay % 7);
}

namespace {

bool set_now(CallContext& ctx, Moment* moment, Status* status) {
  if (!may_look_outside(ctx, status)) return false;
  int64_t now = ctx.connection != nullptr ? ctx.connection->statement_time_julian_ms() : 0;
  if (now <= 0) return false;
  moment->julian_ms = now;
  moment->has_julian = true;
  moment->is_utc = true;
  moment->is_local = false;
  moment->clear_fields();
  return true;
}

bool parse_time_value(CallContext& ctx, std::string_view text, Moment* moment, Status* status) {
  if (moment->parse_date(text) || moment->parse_time(text)) return true;
  if (iequals(text, "now")) return set_now(ctx, moment, status);
  double number;
  if ((parse_real(text, &number) & number_syntax::kWhole) != 0) {
    moment->set_raw_number(number);
    return true;
  }
  if (iequals(text, "subsec") || iequals(text, "subsecond")) {
    moment->subsecond = true;
    return set_now(ctx, moment, status);
  }
  return false;
}

}  // namespace

bool may_look_outside(const CallContext& ctx, Status* status) {
  if (ctx.stored_in == nullptr) return true;
  *status = status_format(Code::Error, "non-deterministic use of %.*s() in %s",
                          static_cast<int>(ctx.function->name.size()), ctx.function->name.data(), ctx.stored_in);
  return false;
}

bool read_moment(CallContext& ctx, const Value* arguments, int argument_count, Moment* moment, Status* status) {
  *moment = Moment();
  if (argument_count == 0) return set_now(ctx, moment, status);
  const Value& time_value = arguments[0];
  if (time_value.is_numeric()) {
    moment->set_raw_number(time_value.type == ValueType::Real ? time_value.real
                                                              : static_cast<double>(time_value.integer));
  } else {
    if (time_value.is_null() || (time_value.flags & value_flags::kZeroBlob) != 0) return false;
    if (!parse_time_value(ctx, until_nul(time_value.view()), moment, status)) return false;
  }
  for (int i = 1; i < argument_count; ++i) {
    NumberText buffer;
    if (arguments[i].is_null() || (arguments[i].flags & value_flags::kZeroBlob) != 0) return false;
    if (!apply_modifier(ctx, *moment, until_nul(text_of(arguments[i], buffer)), i, status)) return false;
  }
  moment->compute_julian();
  if (moment->failed || !is_valid_julian_ms(moment->julian_ms)) return false;
  // 2023-02-31 becomes 2023-03-03.
  if (argument_count == 1 && moment->has_date && moment->day > 28) moment->has_date = false;
  return true;
}

}  // namespace sqlrite::functions
