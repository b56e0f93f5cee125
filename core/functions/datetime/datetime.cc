// The date and time functions.
#include "functions/datetime/moment.h"
#include "functions/function_table.h"
#include "functions/scalar/format.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

// Constant within one statement; not to be folded before it runs.
constexpr uint32_t kDateFlags = kPure | function_flags::kSlowChange;

// What prints like %0<width>d, or %<width>d with spaces for `pad`.
void append_number(TextBuilder& out, int value, int width, char pad = '0') {
  char digits[16];
  size_t size = format_integer(value < 0 ? -int64_t{value} : value, digits);
  int padding = width - static_cast<int>(size) - (value < 0 ? 1 : 0);
  if (padding < 0) padding = 0;
  if (pad == ' ') out.append_repeated(static_cast<size_t>(padding), ' ');
  if (value < 0) out.append('-');
  if (pad == '0') out.append_repeated(static_cast<size_t>(padding), '0');
  out.append({digits, size});
}

void append_formatted(CallContext& ctx, TextBuilder& out, std::string_view format, const Value& value) {
  ValueFormatArguments source(&value, 1, *ctx.heap);
  format_text(out, format, source);
}

void append_date(TextBuilder& out, const Moment& moment) {
  int year = moment.year < 0 ? -moment.year : moment.year;
  if (moment.year < 0) out.append('-');
  append_number(out, year, 4);
  out.append('-');
  append_number(out, moment.month, 2);
  out.append('-');
  append_number(out, moment.day, 2);
}

void append_time(TextBuilder& out, const Moment& moment) {
  append_number(out, moment.hour, 2);
  out.append(':');
  append_number(out, moment.minute, 2);
  out.append(':');
  if (!moment.subsecond) {
    append_number(out, static_cast<int>(moment.second), 2);
    return;
  }
  int ms = static_cast<int>(1000.0 * moment.second + 0.5);
  append_number(out, ms / 1000 % 100, 2);
  out.append('.');
  append_number(out, ms % 1000, 3);
}

template <bool with_date, bool with_time>
Status date_time(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  Moment moment;
  Status status;
  if (!read_moment(ctx, arguments, argument_count, &moment, &status)) return status;
  TextBuilder out(*ctx.heap);
  if (with_date) {
    moment.compute_date();
    if (with_time) moment.compute_time();
    append_date(out, moment);
    if (with_time) out.append(' ');
  }
  if (with_time) {
    moment.compute_time();
    append_time(out, moment);
  }
  return out.finish(result);
}

template <bool with_date, bool with_time>
Status current(CallContext& ctx, const Value*, int, Value* result) {
  return date_time<with_date, with_time>(ctx, nullptr, 0, result);
}

Status julianday(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  Moment moment;
  Status status;
  if (!read_moment(ctx, arguments, argument_count, &moment, &status)) return status;
  *result = Value::from_real(static_cast<double>(moment.julian_ms) / 86400000.0);
  return Status();
}

Status unixepoch(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  Moment moment;
  Status status;
  if (!read_moment(ctx, arguments, argument_count, &moment, &status)) return status;
  if (moment.subsecond) {
    *result = Value::from_real(static_cast<double>(moment.julian_ms - kUnixEpochJulianMs) / 1000.0);
  } else {
    *result = Value::from_integer(moment.julian_ms / 1000 - kUnixEpochJulianMs / 1000);
  }
  return Status();
}

// The Thursday of the same week: it lies in the year that an ISO week belongs to.
Moment thursday_of_week(const Moment& moment) {
  Moment thursday = moment;
  thursday.julian_ms += (3 - moment.days_since_monday()) * kMillisecondsPerDay;
  thursday.has_date = false;
  thursday.compute_date();
  return thursday;
}

// One conversion of strftime(); false when there is no such conversion.
bool append_conversion(CallContext& ctx, TextBuilder& out, const Moment& moment, char conversion) {
  switch (conversion) {
    case 'd': append_number(out, moment.day, 2); return true;
    case 'e': append_number(out, moment.day, 2, ' '); return true;
    case 'f':
      append_formatted(ctx, out, "%06.3f", Value::from_real(moment.second > 59.999 ? 59.999 : moment.second));
      return true;
    case 'F':
      append_number(out, moment.year, 4);
      out.append('-');
      append_number(out, moment.month, 2);
      out.append('-');
      append_number(out, moment.day, 2);
      return true;
    case 'G': append_number(out, thursday_of_week(moment).year, 4); return true;
    case 'g': append_number(out, thursday_of_week(moment).year % 100, 2); return true;
    case 'H': append_number(out, moment.hour, 2); return true;
    case 'k': append_number(out, moment.hour, 2, ' '); return true;
    case 'I':
    case 'l': {
      int hour = moment.hour > 12 ? moment.hour - 12 : moment.hour;
      append_number(out, hour == 0 ? 12 : hour, 2, conversion == 'I' ? '0' : ' ');
      return true;
    }
    case 'j': append_number(out, moment.days_since_new_year() + 1, 3); return true;
    case 'J':
      append_formatted(ctx, out, "%.16g", Value::from_real(static_cast<double>(moment.julian_ms) / 86400000.0));
      return true;
    case 'm': append_number(out, moment.month, 2); return true;
    case 'M': append_number(out, moment.minute, 2); return true;
    case 'p': out.append(moment.hour >= 12 ? "PM" : "AM"); return true;
    case 'P': out.append(moment.hour >= 12 ? "pm" : "am"); return true;
    case 'R':
    case 'T':
      append_number(out, moment.hour, 2);
      out.append(':');
      append_number(out, moment.minute, 2);
      if (conversion == 'R') return true;
      out.append(':');
      append_number(out, static_cast<int>(moment.second), 2);
      return true;
    case 's':
      if (moment.subsecond) {
        append_formatted(ctx, out, "%.3f",
                         Value::from_real(static_cast<double>(moment.julian_ms - kUnixEpochJulianMs) / 1000.0));
      } else {
        append_formatted(ctx, out, "%d", Value::from_integer(moment.julian_ms / 1000 - kUnixEpochJulianMs / 1000));
      }
      return true;
    case 'S': append_number(out, static_cast<int>(moment.second), 2); return true;
    case 'u': {
      int day = moment.days_since_sunday();
      append_number(out, day == 0 ? 7 : day, 1);
      return true;
    }
    case 'w': append_number(out, moment.days_since_sunday(), 1); return true;
    case 'U': append_number(out, (moment.days_since_new_year() - moment.days_since_sunday() + 7) / 7, 2); return true;
    case 'V': append_number(out, thursday_of_week(moment).days_since_new_year() / 7 + 1, 2); return true;
    case 'W': append_number(out, (moment.days_since_new_year() - moment.days_since_monday() + 7) / 7, 2); return true;
    case 'Y': append_number(out, moment.year, 4); return true;
    case '%': out.append('%'); return true;
    default: return false;
  }
}

Status strftime(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (argument_count == 0 || arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view format;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &format));
  format = until_nul(format);
  Moment moment;
  Status status;
  if (!read_moment(ctx, arguments + 1, argument_count - 1, &moment, &status)) return status;
  moment.compute_fields();
  TextBuilder out(*ctx.heap, length_limit(ctx));
  size_t done = 0;
  for (;;) {
    size_t percent = format.find('%', done);
    if (percent == std::string_view::npos) break;
    out.append(format.substr(done, percent - done));
    char conversion = percent + 1 < format.size() ? format[percent + 1] : '\0';
    if (!append_conversion(ctx, out, moment, conversion)) return Status();
    done = percent + 2;
  }
  out.append(format.substr(done));
  return out.finish(result);
}

// timediff(a, b): what must be added to b to get a, as +YYYY-MM-DD HH:MM:SS.SSS. Years and months are counted on the
// calendar, from b towards a; days and time are the rest.
Status timediff(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  Moment a, b;
  Status status;
  if (!read_moment(ctx, &arguments[0], 1, &a, &status) || !read_moment(ctx, &arguments[1], 1, &b, &status))
    return status;
  a.compute_fields();
  b.compute_fields();
  bool forward = a.julian_ms >= b.julian_ms;
  int direction = forward ? 1 : -1;
  auto recompute = [](Moment& moment) {
    moment.has_julian = false;
    moment.compute_julian();
  };
  int years = direction * (a.year - b.year);
  if (years != 0) {
    b.year = a.year;
    recompute(b);
  }
  int months = direction * (a.month - b.month);
  if (months < 0) {
    --years;
    months += 12;
  }
  if (months != 0) {
    b.month = a.month;
    recompute(b);
  }
  // Went past `a`: one month back, until it is not.
  while (forward ? a.julian_ms < b.julian_ms : a.julian_ms > b.julian_ms) {
    if (--months < 0) {
      months = 11;
      --years;
    }
    b.month -= direction;
    if (b.month < 1) {
      b.month = 12;
      --b.year;
    } else if (b.month > 12) {
      b.month = 1;
      ++b.year;
    }
    recompute(b);
  }
  // The rest is shown as a date counted from a January 1st, 0000-01-01.
  constexpr int64_t kYearZeroJulianMs = 148699540800000;
  Moment rest;
  rest.julian_ms = (forward ? a.julian_ms - b.julian_ms : b.julian_ms - a.julian_ms) + kYearZeroJulianMs;
  rest.has_julian = true;
  rest.compute_fields();
  TextBuilder out(*ctx.heap);
  out.append(forward ? '+' : '-');
  append_number(out, years, 4);
  out.append('-');
  append_number(out, months, 2);
  out.append('-');
  append_number(out, rest.day - 1, 2);
  out.append(' ');
  append_number(out, rest.hour, 2);
  out.append(':');
  append_number(out, rest.minute, 2);
  out.append(':');
  append_formatted(ctx, out, "%06.3f", Value::from_real(rest.second));
  return out.finish(result);
}

}  // namespace

std::vector<FunctionDef> datetime_functions() {
  std::vector<FunctionDef> table;
  table.push_back(variadic_def("date", 0, date_time<true, false>, kDateFlags));
  table.push_back(variadic_def("time", 0, date_time<false, true>, kDateFlags));
  table.push_back(variadic_def("datetime", 0, date_time<true, true>, kDateFlags));
  table.push_back(variadic_def("julianday", 0, julianday, kDateFlags));
  table.push_back(variadic_def("unixepoch", 0, unixepoch, kDateFlags));
  table.push_back(variadic_def("strftime", 0, strftime, kDateFlags));
  table.push_back(scalar_def("timediff", 2, timediff, kDateFlags));
  constexpr uint32_t kCurrentFlags = function_flags::kInnocuous | function_flags::kSlowChange;
  table.push_back(scalar_def("current_date", 0, current<true, false>, kCurrentFlags));
  table.push_back(scalar_def("current_time", 0, current<false, true>, kCurrentFlags));
  table.push_back(scalar_def("current_timestamp", 0, current<true, true>, kCurrentFlags));
  return table;
}

}  // namespace sqlrite::functions
