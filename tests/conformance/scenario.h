// Scenarios as the JSON files hold them (README.md says how), and values in their notation.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "driver.h"

namespace sqlrite::conformance {

using Json = nlohmann::ordered_json;

struct Scenario {
  std::string topic;  // the file's name
  std::string name;
  Json only;  // names or families of interfaces; null: all
  Json steps;
};

// Reads every *.json of the folder, in order of names. Throws std::runtime_error with file and reason.
std::vector<Scenario> load_scenarios(const std::filesystem::path& folder);

// The value that a piece of JSON stands for. Throws std::runtime_error when it stands for none.
Cell cell_of(const Json& json);
// The notation of a value.
Json notation_of(const Cell& cell);
// Equal to the bit: -0.0 is not 0.0, a text is not a blob.
bool same(const Cell& a, const Cell& b);

std::string bytes_of_hex(const std::string& hex);

}  // namespace sqlrite::conformance
