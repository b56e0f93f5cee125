// The modifiers of date functions.
#include "base/text.h"
#include "functions/datetime/moment.h"
#include "types/number_text.h"

namespace sqlrite::functions {

namespace {

char at(std::string_view text, size_t index) { return index < text.size() ? text[index] : '\0'; }

bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

// Moves a UTC time to local time. The system is trusted for 1970 to 2037 only; other years borrow a year of
// that range with the same leap rule.
bool to_local_time(CallContext& ctx, Moment& moment, Status* status) {
  if (!may_look_outside(ctx, status)) return false;
  moment.compute_julian();
  int year_shift = 0;
  int64_t julian_ms = moment.julian_ms;
  if (julian_ms < kUnixEpochJulianMs || julian_ms > 213014145600000) {
    Moment shifted = moment;
    shifted.compute_fields();
    year_shift = 2000 + shifted.year % 4 - shifted.year;
    shifted.year += year_shift;
    shifted.has_julian = false;
    shifted.compute_julian();
    julian_ms = shifted.julian_ms;
  }
  LocalTime local;
  if (ctx.connection == nullptr || !ctx.connection->local_time(julian_ms / 1000 - kUnixEpochJulianMs / 1000, &local)) {
    *status = Status(Code::Error, "local time unavailable");
    return false;
  }
  moment.year = local.year - year_shift;
  moment.month = local.month;
  moment.day = local.day;
  moment.hour = local.hour;
  moment.minute = local.minute;
  moment.second = local.second + static_cast<double>(moment.julian_ms % 1000) * 0.001;
  moment.has_date = true;
  moment.has_time = true;
  moment.has_julian = false;
  moment.raw_number = false;
  moment.offset_minutes = 0;
  moment.failed = false;
  return true;
}

// Finds the UTC time whose local time is the given one, by correcting a guess a few times.
bool to_utc(CallContext& ctx, Moment& moment, Status* status) {
  if (!may_look_outside(ctx, status)) return false;
  if (moment.is_utc) return true;
  moment.compute_julian();
  int64_t wanted = moment.julian_ms;
  int64_t guess = wanted;
  int64_t error = 0;
  for (int round = 0; round < 4; ++round) {
    guess -= error;
    Moment trial;
    trial.julian_ms = guess;
    trial.has_julian = true;
    if (!to_local_time(ctx, trial, status)) return false;
    trial.compute_julian();
    error = trial.julian_ms - wanted;
    if (error == 0) break;
  }
  moment = Moment();
  moment.julian_ms = guess;
  moment.has_julian = true;
  moment.is_utc = true;
  return true;
}

void add_months(Moment& moment, int months) {
  moment.month += months;
  int years = moment.month > 0 ? (moment.month - 1) / 12 : (moment.month - 12) / 12;
  moment.year += years;
  moment.month -= years * 12;
}

// Sets the time of day; what is left to do is the date.
bool set_time_of_day(Moment& moment, int hour, int minute, double second) {
  if (!moment.has_julian && !moment.has_date && !moment.has_time) return false;
  moment.compute_date();
  moment.has_time = true;
  moment.hour = hour;
  moment.minute = minute;
  moment.second = second;
  moment.raw_number = false;
  moment.offset_minutes = 0;
  moment.has_julian = false;
  return true;
}

bool start_of(Moment& moment, std::string_view unit) {
  if (!set_time_of_day(moment, 0, 0, 0.0)) return false;
  if (iequals(unit, "month")) {
    moment.day = 1;
  } else if (iequals(unit, "year")) {
    moment.month = 1;
    moment.day = 1;
  } else if (!iequals(unit, "day")) {
    return false;
  }
  return true;
}

bool end_of(Moment& moment, std::string_view unit) {
  if (!set_time_of_day(moment, 23, 59, 59.999)) return false;
  if (iequals(unit, "month")) {
    moment.day = 1;
    if (++moment.month > 12) {
      ++moment.year;
      moment.month = 1;
    }
    moment.set_overflow();
    moment.compute_julian();
    moment.julian_ms -= (moment.overflow_days + 1) * kMillisecondsPerDay;
    moment.clear_fields();
  } else if (iequals(unit, "year")) {
    moment.month = 12;
    moment.day = 31;
  } else if (!iequals(unit, "day")) {
    return false;
  }
  return true;
}

// weekday N: forward to the next such day (0 is Sunday), backward for -N; stays when it is that day already.
bool to_weekday(Moment& moment, std::string_view text) {
  double number;
  int64_t wanted;
  if ((parse_real(text, &number) & number_syntax::kWhole) == 0 || number < -6.0 || number > 6.0 ||
      !real_is_small_integer(number, &wanted)) {
    return false;
  }
  moment.compute_fields();
  moment.offset_minutes = 0;
  moment.has_julian = false;
  moment.compute_julian();
  int64_t today = moment.days_since_sunday();
  if (wanted < 0) wanted = -wanted;
  if (today != wanted) {
    if (today > wanted) today -= 7;
    moment.julian_ms += (wanted - today) * kMillisecondsPerDay;
    if (text.find('-') != std::string_view::npos) moment.julian_ms -= 7 * kMillisecondsPerDay;
  }
  moment.clear_fields();
  return true;
}

struct Unit {
  std::string_view name;
  float limit;  // numbers beyond it would leave the range of dates
  double seconds;
};
constexpr Unit kUnits[] = {
    {"second", 4.6427e+14f, 1.0}, {"minute", 7.7379e+12f, 60.0},   {"hour", 1.2897e+11f, 3600.0},
    {"day", 5373485.0f, 86400.0}, {"month", 176546.0f, 2592000.0}, {"year", 14713.0f, 31536000.0},
};

bool add_units(Moment& moment, double number, std::string_view name) {
  while (!name.empty() && is_sql_space(name[0])) name.remove_prefix(1);
  if (name.size() < 3 || name.size() > 10) return false;
  if (ascii_lower(name.back()) == 's') name.remove_suffix(1);
  moment.compute_julian();
  double rounder = number < 0 ? -0.5 : 0.5;
  moment.overflow_days = 0;
  bool known = false;
  for (const Unit& unit : kUnits) {
    if (!iequals(unit.name, name) || !(number > -unit.limit && number < unit.limit)) continue;
    known = true;
    bool months = unit.name == "month";
    if (months || unit.name == "year") {
      int whole = static_cast<int>(number);
      moment.compute_fields();
      if (months) {
        add_months(moment, whole);
      } else {
        moment.year += whole;
      }
      moment.set_overflow();
      moment.has_julian = false;
      number -= whole;
    }
    moment.compute_julian();
    moment.julian_ms += static_cast<int64_t>(number * 1000.0 * unit.seconds + rounder);
    break;
  }
  moment.clear_fields();
  return known;
}

// "+NNN units", "+HH:MM:SS.FFF", "+YYYY-MM-DD" and "+YYYY-MM-DD HH:MM:SS.FFF".
bool add_amount(Moment& moment, std::string_view text) {
  char sign = text[0];
  size_t end = 1;
  int unused;
  for (; end < text.size(); ++end) {
    if (text[end] == ':' || is_sql_space(text[end])) break;
    if (text[end] == '-') {
      if (end == 5 && read_digits(text, 1, 4, 0, 14712, &unused)) break;
      if (end == 6 && read_digits(text, 1, 5, 0, 14712, &unused)) break;
    }
  }
  double number;
  if ((parse_real(text.substr(0, end), &number) & number_syntax::kWhole) == 0) return false;
  std::string_view time = text;
  size_t time_end = end;
  if (at(text, end) == '-') {
    if (sign != '+' && sign != '-') return false;
    int years, months, days, hours, minutes;
    int year_digits = static_cast<int>(end) - 1;
    if (!read_digits(text, 1, year_digits, 0, 14712, &years) || at(text, end) != '-' ||
        !read_digits(text, end + 1, 2, 0, 11, &months) || at(text, end + 3) != '-' ||
        !read_digits(text, end + 4, 2, 0, 30, &days)) {
      return false;
    }
    moment.compute_fields();
    moment.has_julian = false;
    if (sign == '-') {
      years = -years;
      months = -months;
      days = -days;
    }
    moment.year += years;
    add_months(moment, months);
    moment.set_overflow();
    moment.compute_julian();
    moment.has_time = false;
    moment.has_date = false;
    moment.julian_ms += days * kMillisecondsPerDay;
    size_t after = end + 6;
    if (after == text.size()) return true;
    if (!is_sql_space(text[after]) || !read_digits(text, after + 1, 2, 0, 24, &hours) || at(text, after + 3) != ':' ||
        !read_digits(text, after + 4, 2, 0, 59, &minutes)) {
      return false;
    }
    time = text.substr(after + 1);
    time_end = 2;
  }
  if (at(time, time_end) == ':') {
    if (!is_digit(time[0])) time.remove_prefix(1);
    Moment amount;
    if (!amount.parse_time(time)) return false;
    amount.compute_julian();
    int64_t ms = (amount.julian_ms - kMillisecondsPerDay / 2) % kMillisecondsPerDay;
    moment.compute_julian();
    moment.clear_fields();
    moment.julian_ms += sign == '-' ? -ms : ms;
    return true;
  }
  return add_units(moment, number, text.substr(end));
}

}  // namespace

bool apply_modifier(CallContext& ctx, Moment& moment, std::string_view modifier, int index, Status* status) {
  switch (ascii_lower(at(modifier, 0))) {
    case 'a':
      if (!iequals(modifier, "auto") || index > 1) return false;
      if (!moment.raw_number || moment.has_julian) {
        moment.raw_number = false;
      } else if (moment.second >= -210866760000.0 && moment.second <= 253402300799.0) {
        double julian_ms = moment.second * 1000.0 + static_cast<double>(kUnixEpochJulianMs);
        moment.clear_fields();
        moment.julian_ms = static_cast<int64_t>(julian_ms + 0.5);
        moment.has_julian = true;
        moment.raw_number = false;
      }
      return true;
    case 'c':
      if (!iequals(modifier, "ceiling")) return false;
      moment.compute_julian();
      moment.clear_fields();
      moment.overflow_days = 0;
      return true;
    case 'e': return istarts_with(modifier, "end of ") && end_of(moment, modifier.substr(7));
    case 'f':
      if (!iequals(modifier, "floor")) return false;
      moment.compute_julian();
      moment.julian_ms -= moment.overflow_days * kMillisecondsPerDay;
      moment.clear_fields();
      return true;
    case 'j':
      if (!iequals(modifier, "julianday") || index > 1 || !moment.has_julian || !moment.raw_number) return false;
      moment.raw_number = false;
      return true;
    case 'l':
      if (!iequals(modifier, "localtime")) return false;
      if (!moment.is_local && !to_local_time(ctx, moment, status)) return false;
      moment.is_utc = false;
      moment.is_local = true;
      return true;
    case 'u':
      if (iequals(modifier, "unixepoch") && moment.raw_number) {
        if (index > 1) return false;
        double julian_ms = moment.second * 1000.0 + static_cast<double>(kUnixEpochJulianMs);
        if (!(julian_ms >= 0.0 && julian_ms < 464269060800000.0)) return false;
        moment.clear_fields();
        moment.julian_ms = static_cast<int64_t>(julian_ms + 0.5);
        moment.has_julian = true;
        moment.raw_number = false;
        return true;
      }
      return iequals(modifier, "utc") && to_utc(ctx, moment, status);
    case 'w': return istarts_with(modifier, "weekday ") && to_weekday(moment, modifier.substr(8));
    case 's':
      if (iequals(modifier, "subsec") || iequals(modifier, "subsecond")) {
        moment.subsecond = true;
        return true;
      }
      return istarts_with(modifier, "start of ") && start_of(moment, modifier.substr(9));
    case '+':
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return add_amount(moment, modifier);
    default: return false;
  }
}

}  // namespace sqlrite::functions
