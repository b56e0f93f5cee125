// Byte search, for LIKE '%x%', instr(), replace().
#pragma once

#include <cstdint>

namespace sqlrite::kernels {

// First occurrence of needle in haystack, or null. An empty needle is found at the start.
const char* find_bytes(const char* haystack, uint64_t haystack_size_bytes, const char* needle,
                       uint64_t needle_size_bytes);
// The same with A-Z equal to a-z. REQUIRES: `needle` is lower case.
const char* find_bytes_nocase(const char* haystack, uint64_t haystack_size_bytes, const char* needle,
                              uint64_t needle_size_bytes);

}  // namespace sqlrite::kernels
