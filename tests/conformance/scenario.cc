#include "scenario.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace sqlrite::conformance {

namespace {

double real_of(const std::string& text) {
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);  // takes inf, -inf and nan
  if (text.empty() || *end != '\0') throw std::runtime_error("not a real: " + text);
  return value;
}

std::string repeated(const std::string& piece, const Json& json) {
  size_t times = json.value("times", size_t{1});
  std::string all;
  all.reserve(piece.size() * times);
  for (size_t i = 0; i < times; ++i) all += piece;
  return all;
}

bool is_utf8(const std::string& text) {
  try {
    Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string hex_of(const std::string& bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned char byte : bytes) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string shortest(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[40];
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return std::strpbrk(text, ".e") != nullptr ? text : std::string(text) + ".0";
}

}  // namespace

std::string bytes_of_hex(const std::string& hex) {
  if (hex.size() % 2 != 0 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    throw std::runtime_error("not hexadecimal: " + hex);
  }
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

Cell cell_of(const Json& json) {
  Cell cell;
  if (json.is_null()) return cell;
  if (json.is_number_integer()) {
    cell.kind = CellKind::Integer;
    cell.integer = json.get<int64_t>();
  } else if (json.is_string()) {
    cell.kind = CellKind::Text;
    cell.bytes = json.get<std::string>();
  } else if (json.contains("int")) {
    cell.kind = CellKind::Integer;
    cell.integer = std::stoll(json["int"].get<std::string>());
  } else if (json.contains("bool")) {
    cell.kind = CellKind::Integer;
    cell.integer = json["bool"].get<bool>() ? 1 : 0;
  } else if (json.contains("real")) {
    cell.kind = CellKind::Real;
    cell.real = real_of(json["real"].get<std::string>());
  } else if (json.contains("text")) {
    cell.kind = CellKind::Text;
    cell.bytes = repeated(json["text"].get<std::string>(), json);
  } else if (json.contains("text_hex")) {
    cell.kind = CellKind::Text;
    cell.bytes = bytes_of_hex(json["text_hex"].get<std::string>());
  } else if (json.contains("blob")) {
    cell.kind = CellKind::Blob;
    cell.bytes = repeated(bytes_of_hex(json["blob"].get<std::string>()), json);
  } else {
    throw std::runtime_error("not a value: " + json.dump());
  }
  return cell;
}

Json notation_of(const Cell& cell) {
  constexpr int64_t kExactInAnyLanguage = int64_t{1} << 53;
  switch (cell.kind) {
    case CellKind::Null: break;
    case CellKind::Integer:
      if (cell.integer > -kExactInAnyLanguage && cell.integer < kExactInAnyLanguage) return cell.integer;
      return {{"int", std::to_string(cell.integer)}};
    case CellKind::Real: return {{"real", shortest(cell.real)}};
    case CellKind::Text:
      if (is_utf8(cell.bytes)) return cell.bytes;
      return {{"text_hex", hex_of(cell.bytes)}};
    case CellKind::Blob: return {{"blob", hex_of(cell.bytes)}};
  }
  return nullptr;
}

bool same(const Cell& a, const Cell& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case CellKind::Null: return true;
    case CellKind::Integer: return a.integer == b.integer;
    case CellKind::Real: return std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real);
    case CellKind::Text:
    case CellKind::Blob: break;
  }
  return a.bytes == b.bytes;
}

std::vector<Scenario> load_scenarios(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Scenario> scenarios;
  for (const auto& file : files) {
    try {
      std::ifstream stream(file);
      const Json content = Json::parse(stream);
      for (const Json& json : content.at("scenarios")) {
        Json only = json.contains("only") ? json["only"] : Json();
        scenarios.push_back(
            {file.stem().string(), json.at("name").get<std::string>(), std::move(only), json.at("steps")});
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(file.string() + ": " + error.what());
    }
  }
  return scenarios;
}

}  // namespace sqlrite::conformance
