#include "functions/json/json_path.h"

#include "types/number_text.h"

namespace sqlrite::functions {

namespace {

char at(std::string_view text, size_t index) { return index < text.size() ? text[index] : '\0'; }

// Where the walk along a path ended.
struct Walk {
  JsonLookup outcome = JsonLookup::Found;
  JsonElement element;  // Found: the element itself
  size_t label = 0;     // Found in an object: its label
  // NotFound in the innermost container, at a place where something could be inserted:
  bool insertable = false;
  JsonPathStep step;                            // the step that led nowhere
  std::string_view rest;                        // the path behind that step
  ArenaVector<JsonElement>* parents = nullptr;  // the containers on the way, outermost first
};

void walk_path(std::string_view jsonb, std::string_view path, Walk& walk) {
  auto fail = [&](JsonLookup outcome) { walk.outcome = outcome; };
  JsonElement element;
  if (!read_json_element(jsonb, 0, &element)) return fail(JsonLookup::Malformed);
  uint32_t depth = 0;
  while (!path.empty()) {
    JsonPathStep step;
    if (path[0] == '.') {
      if (!read_json_label_step(path, &step)) return fail(JsonLookup::BadPath);
      if (element.kind != JsonKind::Object) return fail(JsonLookup::NotFound);
    } else if (path[0] == '[') {
      if (element.kind != JsonKind::Array) return fail(JsonLookup::NotFound);
      if (!read_json_index_step(path, &step)) return fail(JsonLookup::BadPath);
    } else {
      return fail(JsonLookup::BadPath);
    }
    path.remove_prefix(step.size);
    if (walk.parents != nullptr) walk.parents->push_back(element);
    walk.step = step;
    walk.rest = path;

    size_t label = 0;
    bool found = false;
    size_t j = element.payload;
    JsonElement child;
    if (step.is_label) {
      while (j < element.end) {
        JsonElement name;
        if (!read_json_element(jsonb, j, &name) || !is_json_text(name.kind) || name.end >= element.end ||
            !read_json_element(jsonb, name.end, &child) || child.end > element.end) {
          return fail(JsonLookup::Malformed);
        }
        if (same_json_label(step.label, step.plain, json_payload(jsonb, name), is_plain_json_text(name.kind))) {
          label = name.start;
          found = true;
          break;
        }
        j = child.end;
      }
      walk.insertable = true;
    } else {
      uint64_t index = step.index;
      if (step.from_end) {
        uint64_t count = json_array_count(jsonb, element);
        if (index > count) return fail(JsonLookup::NotFound);
        index = count - index;
      }
      for (; j < element.end; j = child.end) {
        if (!read_json_element(jsonb, j, &child) || child.end > element.end) return fail(JsonLookup::Malformed);
        if (index == 0) {
          found = true;
          break;
        }
        --index;
      }
      walk.insertable = index == 0;
    }
    if (!found) return fail(JsonLookup::NotFound);
    if (++depth >= kJsonDepthMax) return fail(JsonLookup::TooDeep);
    walk.insertable = false;
    walk.label = label;
    element = child;
  }
  walk.element = element;
}

// Appends `jsonb` with the bytes [from, to) replaced; the sizes of all `parents` are brought up to date.
Status splice(std::string_view jsonb, std::span<JsonElement> parents, size_t from, size_t to, std::string_view insert,
              Arena& heap, TextBuilder& out) {
  std::span<size_t> sizes = heap.make_array<size_t>(parents.size());
  int64_t delta = static_cast<int64_t>(insert.size()) - static_cast<int64_t>(to - from);
  for (size_t i = parents.size(); i-- > 0;) {
    const JsonElement& parent = parents[i];
    sizes[i] = static_cast<size_t>(static_cast<int64_t>(parent.size()) + delta);
    char header[9];
    size_t header_size = write_json_header(parent.kind, sizes[i], header);
    delta = static_cast<int64_t>(sizes[i] + header_size) - static_cast<int64_t>(parent.end - parent.start);
  }
  size_t done = 0;
  for (size_t i = 0; i < parents.size(); ++i) {
    out.append(jsonb.substr(done, parents[i].start - done));
    char header[9];
    out.append({header, write_json_header(parents[i].kind, sizes[i], header)});
    done = parents[i].payload;
  }
  out.append(jsonb.substr(done, from - done));
  out.append(insert);
  out.append(jsonb.substr(to));
  return out.status();
}

// What must be inserted so that `rest` leads to `content`: containers along the path. Appended to `out`.
JsonLookup build_along_path(std::string_view rest, JsonEdit edit, std::string_view content, uint32_t depth, Arena& heap,
                            TextBuilder& out) {
  if (rest.empty()) {
    out.append(content);
    return JsonLookup::Found;
  }
  if (depth >= kJsonDepthMax) return JsonLookup::TooDeep;
  JsonPathStep step;
  if (rest[0] == '.') {
    if (!read_json_label_step(rest, &step)) return JsonLookup::BadPath;
    if (edit == JsonEdit::ArrayInsert && rest.back() != ']') return JsonLookup::NotArrayElement;
  } else if (rest[0] == '[') {
    if (!read_json_index_step(rest, &step)) return JsonLookup::BadPath;
    if (step.index != 0) return JsonLookup::NotFound;  // an empty array has no place but the first
  } else {
    return JsonLookup::BadPath;
  }
  TextBuilder payload(heap);
  if (step.is_label) append_json_element(payload, step.plain ? JsonKind::TextRaw : JsonKind::Text5, step.label);
  JsonLookup lookup = build_along_path(rest.substr(step.size), edit, content, depth + 1, heap, payload);
  if (lookup != JsonLookup::Found) return lookup;
  append_json_element(out, step.is_label ? JsonKind::Object : JsonKind::Array, payload.view());
  if (payload.failed()) out.fail(payload.error());
  return JsonLookup::Found;
}

}  // namespace

bool read_json_label_step(std::string_view path, JsonPathStep* step) {
  step->is_label = true;
  if (at(path, 1) == '"') {
    size_t i = 2;
    for (; i < path.size() && path[i] != '"'; ++i) {
      if (path[i] == '\\' && i + 1 < path.size()) ++i;
    }
    if (i >= path.size()) return false;
    step->label = path.substr(2, i - 2);
    step->plain = step->label.find('\\') == std::string_view::npos;
    step->size = i + 1;
    return true;
  }
  size_t i = 1;
  while (i < path.size() && path[i] != '.' && path[i] != '[') ++i;
  step->label = path.substr(1, i - 1);
  step->size = i;
  return i > 1;
}

bool read_json_index_step(std::string_view path, JsonPathStep* step) {
  auto number = [&](size_t& i) {
    uint64_t value = 0;
    for (; is_digit(at(path, i)); ++i) {
      if (value < 0xffffffff) value = value * 10 + static_cast<uint64_t>(path[i] - '0');
    }
    return value;
  };
  size_t i = 1;
  if (at(path, 1) == '#') {
    step->from_end = true;
    i = 2;
    if (at(path, 2) == '-' && is_digit(at(path, 3))) {
      i = 3;
      step->index = number(i);
    }
  } else {
    step->index = number(i);
    if (i == 1) return false;
  }
  step->size = i + 1;
  return at(path, i) == ']';
}

JsonLookup find_json_path(std::string_view jsonb, std::string_view steps, size_t* found, size_t* label) {
  Walk walk;
  walk_path(jsonb, steps, walk);
  *found = walk.element.start;
  *label = walk.label;
  return walk.outcome;
}

JsonLookup edit_json_path(std::string_view jsonb, std::string_view steps, JsonEdit edit, std::string_view content,
                          Arena& heap, TextBuilder& out) {
  ArenaVector<JsonElement> parents(heap);
  Walk walk;
  walk.parents = &parents;
  walk_path(jsonb, steps, walk);
  auto apply = [&](size_t from, size_t to, std::string_view insert) {
    Status status = splice(jsonb, parents.span(), from, to, insert, heap, out);
    if (!status.ok()) out.fail(status.code());
    return JsonLookup::Found;
  };
  if (walk.outcome == JsonLookup::Found) {
    const JsonElement& element = walk.element;
    switch (edit) {
      case JsonEdit::Remove: return apply(walk.label > 0 ? walk.label : element.start, element.end, {});
      case JsonEdit::Replace:
      case JsonEdit::Set: return apply(element.start, element.end, content);
      case JsonEdit::ArrayInsert:
        if (steps.back() != ']') return JsonLookup::NotArrayElement;
        return apply(element.start, element.start, content);
      case JsonEdit::Insert: return JsonLookup::NotFound;  // it is there already: nothing to do
    }
  }
  if (walk.outcome != JsonLookup::NotFound || !walk.insertable || edit < JsonEdit::Insert) return walk.outcome;
  if (walk.step.is_label && edit == JsonEdit::ArrayInsert && (walk.rest.empty() || walk.rest.back() != ']')) {
    return JsonLookup::NotArrayElement;
  }
  TextBuilder insert(heap);
  if (walk.step.is_label) {
    append_json_element(insert, walk.step.plain ? JsonKind::TextRaw : JsonKind::Text5, walk.step.label);
  }
  JsonLookup lookup = build_along_path(walk.rest, edit, content, static_cast<uint32_t>(parents.size()), heap, insert);
  if (lookup != JsonLookup::Found) return lookup;
  if (insert.failed()) out.fail(insert.error());
  size_t end = parents.back().end;
  return apply(end, end, insert.view());
}

Status json_path_status(JsonLookup lookup, std::string_view path, Arena& heap) {
  TextBuilder message(heap);
  switch (lookup) {
    case JsonLookup::Malformed: return Status(Code::Error, "malformed JSON");
    case JsonLookup::TooDeep: return Status(Code::Error, "JSON path too deep");
    case JsonLookup::NotArrayElement: message.append("not an array element: "); break;
    default: message.append("bad JSON path: ");
  }
  append_quoted(message, Value::from_text(path, ValueOwner::Static), false);
  return Status(Code::Error, message.view());
}

JsonLookup merge_json_patch(std::string_view target, size_t target_at, std::string_view patch, size_t patch_at,
                            uint32_t depth, Arena& heap, TextBuilder& out) {
  JsonElement patch_root, target_root;
  if (!read_json_element(patch, patch_at, &patch_root)) return JsonLookup::Malformed;
  if (patch_root.kind != JsonKind::Object) {
    out.append(patch.substr(patch_root.start, patch_root.end - patch_root.start));
    return JsonLookup::Found;
  }
  if (depth > kJsonDepthMax) return JsonLookup::TooDeep;
  // Anything but an object is replaced by an empty one.
  static constexpr std::string_view kEmptyObject("\x0c", 1);
  if (!read_json_element(target, target_at, &target_root)) return JsonLookup::Malformed;
  if (target_root.kind != JsonKind::Object) {
    target = kEmptyObject;
    if (!read_json_element(target, 0, &target_root)) return JsonLookup::Malformed;
  }
  struct Member {
    JsonElement label;
    JsonElement value;
  };
  auto read_members = [&](std::string_view jsonb, const JsonElement& object, ArenaVector<Member>& members) {
    for (size_t j = object.payload; j < object.end;) {
      Member member;
      if (!read_json_element(jsonb, j, &member.label) || !is_json_text(member.label.kind) ||
          !read_json_element(jsonb, member.label.end, &member.value) || member.value.end > object.end) {
        return false;
      }
      members.push_back(member);
      j = member.value.end;
    }
    return true;
  };
  ArenaVector<Member> olds(heap), news(heap);
  if (!read_members(target, target_root, olds) || !read_members(patch, patch_root, news)) return JsonLookup::Malformed;
  auto label_of = [](std::string_view jsonb, const Member& member) { return json_payload(jsonb, member.label); };

  // The payload is edited member by member in the patch's order, as later members of a patch see earlier ones.
  TextBuilder payload(heap);
  payload.append(target.substr(target_root.payload, target_root.size()));
  for (const Member& change : news) {
    std::string_view bytes = payload.view();
    Member found;
    bool is_there = false;
    for (size_t j = 0; j < bytes.size();) {
      if (!read_json_element(bytes, j, &found.label) || !read_json_element(bytes, found.label.end, &found.value)) {
        return JsonLookup::Malformed;
      }
      is_there = same_json_label(label_of(patch, change), is_plain_json_text(change.label.kind), label_of(bytes, found),
                                 is_plain_json_text(found.label.kind));
      if (is_there) break;
      j = found.value.end;
    }
    TextBuilder next(heap);
    if (change.value.kind == JsonKind::Null) {
      if (!is_there) continue;
      next.append(bytes.substr(0, found.label.start));
      next.append(bytes.substr(found.value.end));
    } else {
      size_t keep = is_there ? found.value.start : bytes.size();
      next.append(bytes.substr(0, keep));
      if (!is_there) next.append(patch.substr(change.label.start, change.label.end - change.label.start));
      JsonLookup lookup = merge_json_patch(is_there ? bytes : kEmptyObject, is_there ? found.value.start : 0, patch,
                                           change.value.start, depth + 1, heap, next);
      if (lookup != JsonLookup::Found) return lookup;
      if (is_there) next.append(bytes.substr(found.value.end));
    }
    if (next.failed()) {
      out.fail(next.error());
      return JsonLookup::Found;
    }
    payload = next;
  }
  append_json_element(out, JsonKind::Object, payload.view());
  return JsonLookup::Found;
}

}  // namespace sqlrite::functions
