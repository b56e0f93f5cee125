// The registry: one table of built-ins for the process, hashed by name, and per connection what the user registered.
#include <unordered_map>

#include "base/text.h"
#include "functions/function_table.h"
#include "types/affinity.h"

namespace sqlrite::functions {

Status too_big() { return Status(Code::TooBig, "string or blob too big"); }

Status allocate_text(CallContext& ctx, size_t size, char** bytes, Value* result) {
  if (size > static_cast<uint64_t>(length_limit(ctx))) return too_big();
  char* memory = static_cast<char*>(ctx.heap->try_allocate(size + 1, 1));
  if (memory == nullptr) return Code::NoMem;
  memory[size] = '\0';
  *bytes = memory;
  *result = Value::from_text({memory, size}, ValueOwner::Heap);
  result->flags = value_flags::kNulFollows;
  return Status();
}

Value numeric_argument(const Value& value) {
  Value number = value;
  apply_numeric_to_text(number, false);
  return number;
}

std::vector<FunctionDef> scalar_functions() {
  std::vector<FunctionDef> table;
  add_text_functions(table);
  add_byte_functions(table);
  add_number_functions(table);
  add_math_functions(table);
  add_conditional_functions(table);
  add_connection_functions(table);
  return table;
}

namespace {

constexpr uint32_t kSlotCount = 512;  // about twice the number of names, a power of two

// Definitions of one name follow each other in `defs`; a slot holds the range.
struct BuiltinTable {
  struct Slot {
    uint32_t hash = 0;
    uint16_t first = 0;
    uint16_t count = 0;
  };
  std::vector<FunctionDef> defs;
  Slot slots[kSlotCount];

  BuiltinTable() {
    std::vector<FunctionDef> all;
    for (auto make : {scalar_functions, aggregate_functions, window_functions, datetime_functions, json_functions}) {
      for (const FunctionDef& def : make()) all.push_back(def);
    }
    defs.reserve(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      if (slot_of(all[i].name)->count != 0) continue;
      uint32_t hash = ihash(all[i].name);
      uint16_t first = static_cast<uint16_t>(defs.size());
      for (const FunctionDef& def : all) {
        if (def.name == all[i].name) defs.push_back(def);
      }
      Slot* slot = slot_of(all[i].name);
      *slot = {hash, first, static_cast<uint16_t>(defs.size() - first)};
    }
  }
  // The slot of that name, or the free slot where it would go.
  Slot* slot_of(std::string_view name) {
    uint32_t hash = ihash(name);
    for (uint32_t at = hash & (kSlotCount - 1);; at = (at + 1) & (kSlotCount - 1)) {
      Slot& slot = slots[at];
      if (slot.count == 0 || (slot.hash == hash && iequals(defs[slot.first].name, name))) return &slot;
    }
  }
};

BuiltinTable& builtins() {
  static BuiltinTable table;
  return table;
}

bool accepts(const FunctionDef& def, int argument_count) {
  if (def.argument_count >= 0) return def.argument_count == argument_count;
  return argument_count >= def.argument_count_min && argument_count <= def.argument_count_max;
}

bool removes(const FunctionDef& def) {
  return def.type != FunctionType::Window && def.scalar == nullptr && def.aggregate.step == nullptr;
}

}  // namespace

struct Registry::UserFunctions {
  struct Entry {
    FunctionDef def;
    std::string name;
    void (*destroy)(void*) = nullptr;
    bool replaced = false;  // kept only because plans may still point to it
  };
  // Entries are never moved or erased before the registry ends.
  std::vector<std::unique_ptr<Entry>> entries;
  std::unordered_multimap<uint32_t, Entry*> by_hash;

  void retire_older(uint32_t hash, const Entry& added);
};

Registry::Registry() { builtins(); }

Registry::~Registry() {
  if (user_ == nullptr) return;
  for (auto& entry : user_->entries) {
    if (!entry->replaced && entry->destroy != nullptr) entry->destroy(entry->def.user_data);
  }
}

const FunctionDef* Registry::find(std::string_view name, int argument_count, bool* name_known) const {
  bool known = false;
  const FunctionDef* best = nullptr;
  bool removed = false;
  if (user_ != nullptr) {
    auto range = user_->by_hash.equal_range(ihash(name));
    for (auto it = range.first; it != range.second; ++it) {
      const FunctionDef& def = it->second->def;
      if (!iequals(def.name, name)) continue;
      if (removes(def)) {
        // A removal hides the built-in of exactly that number of arguments.
        if (def.argument_count == argument_count) removed = true;
        continue;
      }
      known = true;
      if (accepts(def, argument_count) && (best == nullptr || def.argument_count >= 0)) best = &def;
    }
  }
  if (best == nullptr && !removed) {
    const BuiltinTable& table = builtins();
    const BuiltinTable::Slot* slot = builtins().slot_of(name);
    known = known || slot->count > 0;
    for (uint16_t i = 0; i < slot->count; ++i) {
      const FunctionDef& def = table.defs[slot->first + i];
      if (accepts(def, argument_count) && (best == nullptr || def.argument_count >= 0)) best = &def;
    }
  }
  if (name_known != nullptr) *name_known = known;
  return best;
}

// Takes the one that `added` replaces out of service.
void Registry::UserFunctions::retire_older(uint32_t hash, const Entry& added) {
  auto range = by_hash.equal_range(hash);
  for (auto it = range.first; it != range.second; ++it) {
    Entry* entry = it->second;
    if (entry == &added || entry->def.argument_count != added.def.argument_count || !iequals(entry->name, added.name))
      continue;
    entry->replaced = true;
    if (entry->destroy != nullptr) entry->destroy(entry->def.user_data);
    by_hash.erase(it);
    return;
  }
}

Status Registry::add(const FunctionDef& def, void (*destroy)(void*)) {
  if (user_ == nullptr) user_ = std::make_unique<UserFunctions>();
  uint32_t hash = ihash(def.name);
  auto entry = std::make_unique<UserFunctions::Entry>();
  UserFunctions::Entry* added = entry.get();
  added->def = def;
  added->name = std::string(def.name);
  added->def.name = added->name;
  added->destroy = destroy;
  user_->entries.reserve(user_->entries.size() + 1);
  user_->by_hash.emplace(hash, added);
  user_->entries.push_back(std::move(entry));
  user_->retire_older(hash, *added);
  ++version_;
  return Status();
}

void Registry::for_each(void (*visit)(void* context, const FunctionDef& def, bool builtin), void* context) const {
  for (const FunctionDef& def : builtins().defs) visit(context, def, true);
  if (user_ == nullptr) return;
  for (const auto& entry : user_->entries) {
    if (!entry->replaced && !removes(entry->def)) visit(context, entry->def, false);
  }
}

}  // namespace sqlrite::functions
