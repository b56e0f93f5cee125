#include "functions/json/json_each.h"

#include "functions/json/json_argument.h"
#include "functions/json/json_path.h"
#include "types/number_text.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

Status copied_text(std::string_view text, Arena& heap, Value* result) {
  TextBuilder out(heap);
  out.append(text);
  return out.finish(result);
}

}  // namespace

Status JsonEach::open(CallContext& ctx, const Value& json, const Value* root) {
  at_ = end_ = 0;
  rowid_ = 0;
  in_array_ = in_object_ = false;
  parents_.clear();
  path_ = TextBuilder(*arena_);
  json_ = json;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, json, &jsonb_, &is_null));
  if (is_null) return Status();
  if (json_.type != ValueType::Blob || !looks_like_jsonb(json_.view())) SQLRITE_TRY(make_text(json_, *arena_));
  size_t start = 0;
  if (root != nullptr) {
    if (root->is_null()) return Status();
    NumberText buffer;
    std::string_view path;
    SQLRITE_TRY(argument_text(ctx, *root, buffer, &path));
    path = until_nul(path);
    if (path.empty() || path[0] != '$') return json_path_status(JsonLookup::BadPath, path, *ctx.heap);
    if (path.size() > 1) {
      size_t label;
      JsonLookup lookup = find_json_path(jsonb_, path.substr(1), &start, &label);
      if (lookup == JsonLookup::NotFound) return Status();
      if (lookup != JsonLookup::Found) return json_path_status(JsonLookup::BadPath, path, *ctx.heap);
      at_ = label > 0 ? label : start;
      in_object_ = label > 0;
      in_array_ = !in_object_;
    }
    path_.append(path);
  } else {
    path_.append('$');
  }
  root_size_ = path_.size();
  JsonElement element;
  if (!read_json_element(jsonb_, start, &element)) return call_error("malformed JSON");
  end_ = element.end;
  if (is_json_container(element.kind) && !tree_) {
    at_ = element.payload;
    in_array_ = element.kind == JsonKind::Array;
    in_object_ = !in_array_;
    parents_.push_back({at_, start, end_, path_.size(), 0});
  }
  return path_.status();
}

// In an object the cursor stands on labels; the value follows.
size_t JsonEach::value_at() const {
  JsonElement label;
  if (!in_object_ || !read_json_element(jsonb_, at_, &label) || label.end >= jsonb_.size()) return at_;
  return label.end;
}

Status JsonEach::next() {
  size_t value = value_at();
  JsonElement element;
  if (!read_json_element(jsonb_, value, &element)) return call_error("malformed JSON");
  if (!tree_) {
    at_ = element.end;
  } else {
    bool level_changed = false;
    if (is_json_container(element.kind)) {
      level_changed = true;
      Parent parent{at_, value, element.end, path_.size(), -1};
      if (!parents_.empty()) append_path_step();
      parents_.push_back(parent);
      at_ = element.payload;
    } else {
      at_ = element.end;
    }
    while (!parents_.empty() && at_ >= parents_.back().end) {
      path_.shrink(path_.size() - parents_.back().path_size);
      parents_.pop_back();
      level_changed = true;
    }
    if (level_changed) {
      JsonElement parent;
      bool inside = !parents_.empty() && read_json_element(jsonb_, parents_.back().value, &parent);
      in_array_ = inside && parent.kind == JsonKind::Array;
      in_object_ = inside && parent.kind == JsonKind::Object;
    }
  }
  if (in_array_ && !parents_.empty()) ++parents_.back().key;
  ++rowid_;
  return path_.status();
}

// The step from the parent to the current element: [3], .label or ."label".
void JsonEach::append_path_step() {
  if (in_array_) {
    char digits[kIntegerTextSizeMax];
    path_.append('[');
    path_.append({digits, format_integer(parents_.back().key, digits)});
    path_.append(']');
    return;
  }
  JsonElement label;
  if (!read_json_element(jsonb_, at_, &label)) return;
  std::string_view text = json_payload(jsonb_, label);
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  bool bare = !text.empty() && letter(text[0]);
  for (char c : text) bare = bare && (letter(c) || is_digit(c));
  text = until_nul(text);
  path_.append(bare ? "." : ".\"");
  path_.append(text);
  if (!bare) path_.append('"');
}

// json_tree's first row is the root element itself; its path is that of its parent: the root path less one step.
size_t JsonEach::own_path_size() {
  size_t size = path_.size();
  if (rowid_ != 0 || !tree_ || size < 2) return size;
  std::string_view path = path_.view();
  while (size > 1) {
    --size;
    if (path[size] != '[' && path[size] != '.') continue;
    size_t found, label;
    if (find_json_path(jsonb_, path.substr(1, size - 1), &found, &label) != JsonLookup::Found) continue;
    JsonElement element;
    if (read_json_element(jsonb_, found, &element) && element.payload == at_) break;
  }
  return size;
}

// The key of an element that is the root of the walk: the last step of the root path.
Status JsonEach::key_of_root(Arena& heap, Value* result) {
  if (root_size_ == 1) return Status();
  size_t start = own_path_size();
  size_t size = root_size_ - start;
  if (size == 0) return Status();
  std::string_view step = path_.view().substr(start, size);
  if (step[0] == '[') {
    int64_t index = 0;
    parse_integer(step.substr(1, size - 1), &index);
    *result = Value::from_integer(index);
    return Status();
  }
  if (size > 2 && step[1] == '"') return copied_text(step.substr(2, size - 3), heap, result);
  return copied_text(step.substr(1), heap, result);
}

Status JsonEach::column(Column column, Arena& heap, Value* result) {
  *result = Value::null();
  JsonElement element;
  switch (column) {
    case kKey:
      if (parents_.empty()) return key_of_root(heap, result);
      if (in_object_) return json_to_value(jsonb_, at_, false, heap, result);
      *result = Value::from_integer(parents_.back().key);
      return Status();
    case kValue: return json_to_value(jsonb_, value_at(), as_jsonb_, heap, result);
    case kType:
      if (!read_json_element(jsonb_, value_at(), &element)) return call_error("malformed JSON");
      *result = Value::from_text(json_type_name(element.kind), ValueOwner::Static);
      return Status();
    case kAtom:
      if (!read_json_element(jsonb_, value_at(), &element)) return call_error("malformed JSON");
      return is_json_container(element.kind) ? Status() : json_to_value(jsonb_, value_at(), false, heap, result);
    case kId: *result = Value::from_integer(static_cast<int64_t>(at_)); return Status();
    case kParent:
      if (!parents_.empty() && tree_) *result = Value::from_integer(static_cast<int64_t>(parents_.back().head));
      return Status();
    case kFullKey: {
      size_t base = path_.size();
      if (!parents_.empty()) append_path_step();
      SQLRITE_TRY(path_.status());
      Status status = copied_text(path_.view(), heap, result);
      path_.shrink(path_.size() - base);
      return status;
    }
    case kPath: return copied_text(path_.view().substr(0, own_path_size()), heap, result);
    case kJson: *result = json_; return Status();
    default: return copied_text(path_.view().substr(0, root_size_), heap, result);
  }
}

}  // namespace sqlrite::functions
