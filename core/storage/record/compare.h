// Comparing index records with keys, field by field, straight from the page bytes.
#pragma once

#include "storage/record/record.h"

namespace sqlrite::storage {

// compare_record for a payload that lies whole in memory, with eight readable bytes behind it. Also tells in
// *equal_fields how many leading fields were equal.
Result<int> compare_payload(const uint8_t* payload, uint64_t payload_size_bytes, const KeyInfo& key_info,
                            const SearchKey& key, uint32_t* equal_fields);

// Splits a whole record into values that point into `payload` (UTF-16 text is converted in `heap`). Writes up to `max`
// values and returns the number of fields.
Result<uint32_t> split_record(std::span<const uint8_t> payload, TextEncoding encoding, Value* values, uint32_t max,
                              Arena& heap);

}  // namespace sqlrite::storage
