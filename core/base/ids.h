// Strong types for the numbers that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>

namespace sqlrite {

// Page number in a database file, from 1. Zero means "none".
struct PageId {
  uint32_t value = 0;
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(PageId, PageId) = default;
};

using RowId = int64_t;

// Position in a connection's list of databases: 0 main, 1 temp, 2.. attached.
struct DatabaseId {
  uint8_t value = 0;
  friend constexpr auto operator<=>(DatabaseId, DatabaseId) = default;
};
inline constexpr DatabaseId kMainDatabase{0};
inline constexpr DatabaseId kTempDatabase{1};

}  // namespace sqlrite
