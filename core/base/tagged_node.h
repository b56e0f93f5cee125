// What the nodes of a syntax tree begin with: their kind, and the casts to the type of that kind.
#pragma once

namespace sqlrite {

template <typename Kind>
struct TaggedNode {
  Kind kind;

  // REQUIRES: the node is a T.
  template <typename T>
  T* as() {
    return static_cast<T*>(this);
  }
  template <typename T>
  const T* as() const {
    return static_cast<const T*>(this);
  }
  // Null when the node is of another kind. T tells its kind as T::kKind.
  template <typename T>
  T* try_as() {
    return kind == T::kKind ? static_cast<T*>(this) : nullptr;
  }
  template <typename T>
  const T* try_as() const {
    return kind == T::kKind ? static_cast<const T*>(this) : nullptr;
  }
};

}  // namespace sqlrite
