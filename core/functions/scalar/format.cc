#include "functions/scalar/format.h"

#include <algorithm>
#include <cstring>

#include "types/blob_text.h"
#include "types/cast.h"
#include "types/number_text.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

constexpr int64_t kPrecisionMax = 100000000;

// One conversion, "%-+ 0,#!12.34lld" without its last character.
struct Spec {
  int64_t width = 0;
  int64_t precision = -1;
  FormatArguments::Width argument_width = FormatArguments::Width::Int;
  char sign = 0;  // '+' or ' ' shown before numbers that are not negative
  bool left = false;
  bool alternate = false;   // #
  bool alternate2 = false;  // !
  bool zero_pad = false;
  bool thousands = false;
};

void append_padded(TextBuilder& out, const Spec& spec, int64_t width, std::string_view text) {
  int64_t padding = width - static_cast<int64_t>(text.size());
  if (padding <= 0) {
    out.append(text);
    return;
  }
  if (!spec.left) out.append_repeated(static_cast<size_t>(padding), ' ');
  out.append(text);
  if (spec.left) out.append_repeated(static_cast<size_t>(padding), ' ');
}

// With ! widths count characters: each continuation byte widens the field by one.
int64_t width_for(const Spec& spec, std::string_view text) {
  if (!spec.alternate2 || spec.width <= 0) return spec.width;
  return spec.width + std::count_if(text.begin(), text.end(), is_utf8_continuation);
}

struct IntegerStyle {
  unsigned base;
  bool upper = false;
  std::string_view prefix = {};  // shown with #
  bool ordinal = false;
};

void format_integer_conversion(TextBuilder& out, const Spec& spec, const IntegerStyle& style, uint64_t value,
                               char sign) {
  int64_t precision = spec.precision;
  int64_t sign_size = sign != 0 ? 1 : 0;
  if (spec.zero_pad && precision < spec.width - sign_size) precision = spec.width - sign_size;
  const char* charset = style.upper ? "0123456789ABCDEF" : "0123456789abcdef";
  char buffer[72];
  char* end = buffer + sizeof buffer;
  char* first = end;
  if (style.ordinal) {
    unsigned last = static_cast<unsigned>(value % 10);
    if (last >= 4 || (value / 10) % 10 == 1) last = 0;
    *--first = "htdd"[last];
    *--first = "tsnr"[last];
  }
  bool zero = value == 0;
  do {
    *--first = charset[value % style.base];
    value /= style.base;
  } while (value > 0);
  int64_t digit_count = end - first;
  int64_t zeros = std::max<int64_t>(precision - digit_count, 0);
  int64_t total_digits = digit_count + zeros;
  int64_t commas = spec.thousands && style.base == 10 && !style.ordinal ? (total_digits - 1) / 3 : 0;
  std::string_view prefix = spec.alternate && !zero ? style.prefix : std::string_view();
  int64_t size = total_digits + commas + sign_size + static_cast<int64_t>(prefix.size());
  int64_t padding = std::max<int64_t>(spec.width - size, 0);
  char* p = out.grow(static_cast<size_t>(size + padding));
  if (p == nullptr) return;
  if (!spec.left) {
    std::memset(p, ' ', static_cast<size_t>(padding));
    p += padding;
  }
  for (char c : prefix) *p++ = c;
  if (sign != 0) *p++ = sign;
  if (commas == 0) {
    std::memset(p, '0', static_cast<size_t>(zeros));
    p += zeros;
    std::memcpy(p, first, static_cast<size_t>(digit_count));
    p += digit_count;
  } else {
    for (int64_t i = 0; i < total_digits; ++i) {
      if (i > 0 && (total_digits - i) % 3 == 0) *p++ = ',';
      *p++ = i < zeros ? '0' : first[i - zeros];
    }
  }
  if (spec.left) std::memset(p, ' ', static_cast<size_t>(padding));
}

// How the digits of a number are written: %f, %e, or what %g makes of it.
struct RealLayout {
  bool exponential;
  bool upper;
  int whole;          // decimal exponent of the first digit that is written; below 0: only a zero before the point
  int64_t precision;  // digits behind the point
  bool show_point;
  bool strip_zeros;       // at the end of the fraction ...
  bool keep_one_decimal;  // ... but not all of them
  bool thousands;

  size_t size_bytes_max(int64_t width) const {
    int64_t size = std::max(whole, 0) + precision + width + 10;
    if (thousands && whole > 0) size += (whole + 2) / 3;
    return static_cast<size_t>(size);
  }
};

char* write_real_digits(char* p, const RealLayout& layout, const DecimalDigits& decimal) {
  int used = 0;  // digits written so far
  if (layout.whole < 0) *p++ = '0';
  for (int at = layout.whole; at >= 0; --at) {
    *p++ = used < decimal.count ? decimal.digits[used++] : '0';
    if (layout.thousands && at % 3 == 0 && at > 1) *p++ = ',';
  }
  if (layout.show_point) *p++ = '.';
  int64_t left = layout.precision;
  if (layout.whole < -1 && left > 0) {
    int64_t zeros = std::min<int64_t>(-1 - layout.whole, left);
    std::memset(p, '0', static_cast<size_t>(zeros));
    p += zeros;
    left -= zeros;
  }
  if (left > 0) {
    int64_t digits = std::min<int64_t>(decimal.count - used, left);
    if (digits > 0) {
      std::memcpy(p, decimal.digits + used, static_cast<size_t>(digits));
      p += digits;
      left -= digits;
    }
    if (left > 0 && !layout.strip_zeros) {
      std::memset(p, '0', static_cast<size_t>(left));
      p += left;
    }
  }
  if (layout.strip_zeros && layout.show_point) {
    while (p[-1] == '0') --p;
    if (p[-1] == '.') {
      if (layout.keep_one_decimal) {
        *p++ = '0';
      } else {
        --p;
      }
    }
  }
  return p;
}

char* write_exponent(char* p, int exponent, bool upper) {
  *p++ = upper ? 'E' : 'e';
  *p++ = exponent < 0 ? '-' : '+';
  if (exponent < 0) exponent = -exponent;
  if (exponent >= 100) {
    *p++ = static_cast<char>('0' + exponent / 100);
    exponent %= 100;
  }
  *p++ = static_cast<char>('0' + exponent / 10);
  *p++ = static_cast<char>('0' + exponent % 10);
  return p;
}

// Fills up to the width, in place: the text begins with its sign where `has_sign`.
int64_t pad_number(char* start, int64_t size, const Spec& spec, bool has_sign) {
  if (size >= spec.width) return size;
  size_t padding = static_cast<size_t>(spec.width - size);
  if (spec.left) {
    std::memset(start + size, ' ', padding);
  } else {
    size_t keep = spec.zero_pad && has_sign ? 1 : 0;
    std::memmove(start + padding + keep, start + keep, static_cast<size_t>(size) - keep);
    std::memset(start + keep, spec.zero_pad ? '0' : ' ', padding);
  }
  return spec.width;
}

void format_real_conversion(TextBuilder& out, const Spec& spec, char conversion, double value) {
  const bool generic = conversion == 'g' || conversion == 'G';
  bool exponential = conversion == 'e' || conversion == 'E';
  int64_t precision = spec.precision < 0 ? 6 : std::min(spec.precision, kPrecisionMax);
  if (generic && precision == 0) precision = 1;
  const int round = static_cast<int>(generic ? precision : exponential ? precision + 1 : -precision);
  DecimalDigits decimal;
  decimal_digits(value, round, spec.alternate2 ? 20 : 16, &decimal);
  if (decimal.kind == DecimalDigits::Kind::NotANumber) {
    append_padded(out, spec, spec.width, spec.zero_pad ? "null" : "NaN");
    return;
  }
  if (decimal.kind == DecimalDigits::Kind::Infinite) {
    if (!spec.zero_pad) {
      const char* text = decimal.negative ? "-Inf" : spec.sign == '+' ? "+Inf" : spec.sign == ' ' ? " Inf" : "Inf";
      append_padded(out, spec, spec.width, text);
      return;
    }
    decimal.digits = "9";  // 9.0e+999 reads back as infinity
    decimal.count = 1;
    decimal.point = 1000;
  }
  char sign = spec.sign;
  if (decimal.negative) {
    // %#f shows a value that rounds to zero without its minus sign.
    bool hidden = spec.alternate && spec.sign == 0 && conversion == 'f' && decimal.point <= round;
    sign = hidden ? '\0' : '-';
  }
  const int exponent = decimal.point - 1;
  if (generic) {
    --precision;
    exponential = exponent < -4 || exponent > precision;
    if (!exponential) precision -= exponent;
  }
  const RealLayout layout{.exponential = exponential,
                          .upper = conversion == 'E' || conversion == 'G',
                          .whole = exponential ? 0 : exponent,
                          .precision = precision,
                          .show_point = precision > 0 || spec.alternate || spec.alternate2,
                          .strip_zeros = generic ? !spec.alternate : spec.alternate2,
                          .keep_one_decimal = spec.alternate2,
                          .thousands = spec.thousands};
  const size_t size_max = layout.size_bytes_max(spec.width);
  char* start = out.grow(size_max);
  if (start == nullptr) return;
  char* p = start;
  if (sign != 0) *p++ = sign;
  p = write_real_digits(p, layout, decimal);
  if (exponential) p = write_exponent(p, exponent, layout.upper);
  int64_t size = pad_number(start, p - start, spec, sign != 0);
  out.shrink(size_max - static_cast<size_t>(size));
}

void format_character_conversion(TextBuilder& out, const Spec& spec, FormatArguments& arguments) {
  char bytes[4];
  std::string_view character(bytes, static_cast<size_t>(arguments.next_character(bytes)));
  Spec padded = spec;
  padded.alternate2 = true;
  int64_t copies = spec.precision;
  if (copies > 1) {
    padded.width -= copies - 1;
    if (padded.width > 1 && !spec.left) {
      out.append_repeated(static_cast<size_t>(padded.width - 1), ' ');
      padded.width = 0;
    }
    int64_t size = (copies - 1) * static_cast<int64_t>(character.size());
    char* p = out.grow(static_cast<size_t>(size));
    if (p == nullptr) return;
    for (int64_t i = 0; i < size; ++i) p[i] = character[static_cast<size_t>(i) % character.size()];
  }
  append_padded(out, padded, width_for(padded, character), character);
}

// %q %Q %w: quotes doubled. With #, control characters and backslashes are written as unistr() reads them.
void format_quoted_conversion(TextBuilder& out, const Spec& spec, char conversion, FormatArguments& arguments) {
  std::string_view text;
  bool not_null = arguments.next_text(FormatArguments::TextKind::Borrowed, spec.precision, spec.alternate2, &text);
  bool enclose = conversion == 'Q' && not_null;
  if (!not_null) {
    text = conversion == 'Q' ? "NULL" : "(NULL)";
    if (spec.precision >= 0) text = text.substr(0, static_cast<size_t>(spec.precision));
  }
  char quote = conversion == 'w' ? '"' : '\'';
  bool escape = spec.alternate && conversion != 'w';
  if (escape && conversion == 'Q') {
    escape = std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  }
  size_t start = out.size();
  bool call_unistr = escape && enclose;
  if (enclose) out.append(call_unistr ? "unistr('" : "'");
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool control = static_cast<unsigned char>(c) < 0x20;
    if (c == quote || (escape && c == '\\')) {
      out.append(text.substr(done, i + 1 - done));
      out.append(c);
      done = i + 1;
    } else if (escape && control) {
      out.append(text.substr(done, i - done));
      out.append("\\u00");
      out.append(c >= 0x10 ? '1' : '0');
      out.append("0123456789abcdef"[c & 0xf]);
      done = i + 1;
    }
  }
  out.append(text.substr(done));
  if (enclose) out.append(call_unistr ? "')" : "'");
  if (out.failed()) return;
  int64_t size = static_cast<int64_t>(out.size() - start);
  int64_t padding = width_for(spec, out.view().substr(start)) - size;
  if (padding <= 0) return;
  if (out.grow(static_cast<size_t>(padding)) == nullptr) return;
  char* text_start = out.data() + start;
  if (spec.left) {
    std::memset(text_start + size, ' ', static_cast<size_t>(padding));
  } else {
    std::memmove(text_start + padding, text_start, static_cast<size_t>(size));
    std::memset(text_start, ' ', static_cast<size_t>(padding));
  }
}

// %j and %J: the inside of a JSON string literal, and the whole literal.
void format_json_conversion(TextBuilder& out, const Spec& spec, bool whole_literal, FormatArguments& arguments) {
  std::string_view text;
  bool not_null = arguments.next_text(FormatArguments::TextKind::Borrowed, spec.precision, spec.alternate2, &text);
  size_t start = out.size();
  if (!not_null) {
    if (whole_literal) out.append("null");
  } else {
    if (whole_literal) out.append('"');
    size_t done = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      unsigned char c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      out.append(text.substr(done, i - done));
      done = i + 1;
      out.append('\\');
      if (c >= 0x20) {
        out.append(static_cast<char>(c));
      } else if (c >= 8 && c <= 13 && c != 11) {
        out.append("btn?fr"[c - 8]);
      } else {
        out.append("u00");
        out.append("0123456789abcdef"[c >> 4]);
        out.append("0123456789abcdef"[c & 0xf]);
      }
    }
    out.append(text.substr(done));
    if (whole_literal) out.append('"');
  }
  if (spec.width <= 0 || out.failed()) return;
  int64_t size = static_cast<int64_t>(out.size() - start);
  int64_t padding = width_for(spec, out.view().substr(start)) - size;
  if (padding <= 0 || out.grow(static_cast<size_t>(padding)) == nullptr) return;
  char* text_start = out.data() + start;
  if (!spec.left) std::memmove(text_start + padding, text_start, static_cast<size_t>(size));
  std::memset(spec.left ? text_start + size : text_start, ' ', static_cast<size_t>(padding));
}

// Reads flags, width, precision and length; returns the position of the conversion character (or the end).
size_t parse_spec(std::string_view format, size_t at, FormatArguments& arguments, Spec* spec) {
  auto peek = [&](size_t i) { return i < format.size() ? format[i] : '\0'; };
  auto number = [&]() {
    uint32_t value = 0;
    while (is_digit(peek(at))) value = value * 10 + static_cast<uint32_t>(format[at++] - '0');
    return static_cast<int64_t>(value & 0x7fffffff);
  };
  auto length = [&]() {
    spec->argument_width = FormatArguments::Width::Long;
    if (peek(++at) == 'l') {
      spec->argument_width = FormatArguments::Width::LongLong;
      ++at;
    }
    return at;
  };
  for (; at < format.size(); ++at) {
    switch (format[at]) {
      case '-': spec->left = true; continue;
      case '+':
      case ' ': spec->sign = format[at]; continue;
      case '#': spec->alternate = true; continue;
      case '!': spec->alternate2 = true; continue;
      case '0': spec->zero_pad = true; continue;
      case ',': spec->thousands = true; continue;
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9':
        spec->width = number();
        if (peek(at) != '.' && peek(at) != 'l') return at;
        --at;
        continue;
      case '*': {
        int width = static_cast<int>(arguments.next_signed(FormatArguments::Width::Int));
        if (width < 0) {
          spec->left = true;
          width = width >= -2147483647 ? -width : 0;
        }
        spec->width = width;
        if (peek(at + 1) != '.' && peek(at + 1) != 'l') return at + 1;
        continue;
      }
      case '.':
        ++at;
        if (peek(at) == '*') {
          int precision = static_cast<int>(arguments.next_signed(FormatArguments::Width::Int));
          spec->precision = precision >= 0 ? precision : precision >= -2147483647 ? -precision : -1;
          ++at;
        } else {
          spec->precision = number();
        }
        return peek(at) == 'l' ? length() : at;
      case 'l': return length();
      default: return at;
    }
  }
  return at;
}

}  // namespace

void format_text(TextBuilder& out, std::string_view format, FormatArguments& arguments) {
  using Width = FormatArguments::Width;
  format = until_nul(format);
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      size_t percent = format.find('%', at);
      if (percent == std::string_view::npos) percent = format.size();
      out.append(format.substr(at, percent - at));
      at = percent;
      if (at == format.size()) return;
    }
    if (++at == format.size()) {
      out.append('%');
      return;
    }
    Spec spec;
    at = parse_spec(format, at, arguments, &spec);
    if (at >= format.size() || out.failed()) return;
    char conversion = format[at];
    switch (conversion) {
      case 'd':
      case 'i':
      case 'r': {
        int64_t value = arguments.next_signed(spec.argument_width);
        uint64_t magnitude = value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
        format_integer_conversion(out, spec, {10, false, {}, conversion == 'r'}, magnitude,
                                  value < 0 ? '-' : spec.sign);
        break;
      }
      case 'u': format_integer_conversion(out, spec, {10}, arguments.next_unsigned(spec.argument_width), 0); break;
      case 'o':
        format_integer_conversion(out, spec, {8, false, "0"}, arguments.next_unsigned(spec.argument_width), 0);
        break;
      case 'x':
        format_integer_conversion(out, spec, {16, false, "0x"}, arguments.next_unsigned(spec.argument_width), 0);
        break;
      case 'X':
        format_integer_conversion(out, spec, {16, true, "0X"}, arguments.next_unsigned(spec.argument_width), 0);
        break;
      case 'p':
        format_integer_conversion(out, spec, {16, true, "0x"}, arguments.next_unsigned(Width::LongLong), 0);
        break;
      case 'f':
      case 'e':
      case 'E':
      case 'g':
      case 'G': format_real_conversion(out, spec, conversion, arguments.next_real()); break;
      case 'c': format_character_conversion(out, spec, arguments); break;
      case 's':
      case 'z': {
        std::string_view text;
        auto kind = conversion == 'z' ? FormatArguments::TextKind::Owned : FormatArguments::TextKind::Borrowed;
        if (!arguments.next_text(kind, spec.precision, spec.alternate2, &text)) text = {};
        append_padded(out, spec, width_for(spec, text), text);
        break;
      }
      case 'q':
      case 'Q':
      case 'w': format_quoted_conversion(out, spec, conversion, arguments); break;
      case 'j':
      case 'J': format_json_conversion(out, spec, conversion == 'J', arguments); break;
      case 'n': arguments.store_size(static_cast<int>(out.size())); break;
      case '%': append_padded(out, spec, spec.width, "%"); break;
      default: return;
    }
  }
}

int64_t ValueFormatArguments::next_signed(Width) {
  const Value* value = next();
  return value != nullptr ? to_integer(*value) : 0;
}

uint64_t ValueFormatArguments::next_unsigned(Width width) { return static_cast<uint64_t>(next_signed(width)); }

double ValueFormatArguments::next_real() {
  const Value* value = next();
  return value != nullptr ? to_real(*value) : 0.0;
}

namespace {

// Cuts to `limit` bytes or characters; -1 keeps all.
std::string_view limited(std::string_view text, int64_t limit, bool limit_in_characters) {
  if (limit < 0) return text;
  if (!limit_in_characters) return text.substr(0, std::min<size_t>(text.size(), static_cast<size_t>(limit)));
  const char* p = text.data();
  const char* end = p + text.size();
  for (; limit > 0 && p < end; --limit) p = skip_utf8(p, end);
  return {text.data(), static_cast<size_t>(p - text.data())};
}

}  // namespace

bool ValueFormatArguments::next_text(TextKind, int64_t limit, bool limit_in_characters, std::string_view* out) {
  const Value* value = next();
  if (value == nullptr || value->is_null()) return false;
  Value text = *value;
  if (!blob_to_text(text, encoding_, *heap_).ok() || !make_text(text, *heap_).ok()) return false;
  *out = limited(until_nul(text.view()), limit, limit_in_characters);
  return true;
}

int ValueFormatArguments::next_character(char* out) {
  std::string_view text;
  out[0] = '\0';
  if (!next_text(TextKind::Borrowed, -1, false, &text) || text.empty()) return 1;
  out[0] = text[0];
  size_t size = 1;
  if (static_cast<unsigned char>(text[0]) >= 0xc0) {
    for (; size < 4 && size < text.size() && is_utf8_continuation(text[size]); ++size) out[size] = text[size];
  }
  return static_cast<int>(size);
}

VaListFormatArguments::~VaListFormatArguments() {
  if (owned_ != nullptr && free_text_ != nullptr) free_text_(owned_);
  va_end(arguments_);
}

int64_t VaListFormatArguments::next_signed(Width width) {
  switch (width) {
    case Width::LongLong: return va_arg(arguments_, long long);
    case Width::Long: return va_arg(arguments_, long);
    case Width::Int: break;
  }
  return va_arg(arguments_, int);
}

uint64_t VaListFormatArguments::next_unsigned(Width width) {
  switch (width) {
    case Width::LongLong: return va_arg(arguments_, unsigned long long);
    case Width::Long: return va_arg(arguments_, unsigned long);
    case Width::Int: break;
  }
  return va_arg(arguments_, unsigned int);
}

double VaListFormatArguments::next_real() { return va_arg(arguments_, double); }

bool VaListFormatArguments::next_text(TextKind kind, int64_t limit, bool limit_in_characters, std::string_view* out) {
  char* text = va_arg(arguments_, char*);
  if (text == nullptr) return false;
  if (kind == TextKind::Owned) {
    if (owned_ != nullptr && free_text_ != nullptr) free_text_(owned_);
    owned_ = text;
  }
  size_t size;
  if (limit < 0) {
    size = std::strlen(text);
  } else if (!limit_in_characters) {
    size = strnlen(text, static_cast<size_t>(limit));
  } else {
    const char* p = text;
    for (; limit > 0 && *p != '\0'; --limit) {
      if (static_cast<unsigned char>(*p++) >= 0xc0) {
        while (is_utf8_continuation(*p)) ++p;
      }
    }
    size = static_cast<size_t>(p - text);
  }
  *out = {text, size};
  return true;
}

int VaListFormatArguments::next_character(char* out) { return write_utf8(va_arg(arguments_, unsigned int), out); }

void VaListFormatArguments::store_size(int size_bytes) { *va_arg(arguments_, int*) = size_bytes; }

}  // namespace sqlrite::functions
