// Backends by name. Each implementation registers its tables under a name; code above calls kernels<Slots>() and runs
// on whichever backend was chosen. What a backend lacks (a family, a slot, a stub) comes from "reference".
// Registering and choosing lock; kernels() of the chosen backend is one atomic load.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kiln/resolve.hpp"

namespace kiln {

inline constexpr const char* kReference = "reference";

/// Makes `name` the backend that kernels() answers with; "reference" at first.
/// Error(invalid_argument), listing the known ones, where nothing is registered under the name; it says why where that
/// is known.
void set_backend(std::string_view name);
std::string get_backend();
/// The registered names in alphabetical order; "reference" is always one of them.
std::vector<std::string> known_backends();

/// Says of a backend that might have been registered, and was not, why: "OpenBLAS was not found". Who asks for it by
/// name reads that.
void mark_unavailable(std::string name, std::string why);

/// Overrides single slots of every backend but the reference ("student" then means that backend); an empty list takes
/// all back. Error(invalid_argument) where no registered family has the kernel.
void set_overrides(std::vector<Override> overrides);

/// Who answers each slot of each family under this backend. Error(invalid_argument) where it is unknown.
std::vector<SlotReport> backend_report(std::string_view name);

namespace detail {

/// What the registry knows of a family without knowing its type.
class Family {
 public:
  virtual void names(std::vector<std::string>& into) const = 0;
  virtual void forget_current() = 0;
  virtual void report(std::string_view backend, std::span<const Override> overrides,
                      std::vector<SlotReport>& into) const = 0;

 protected:
  ~Family() = default;
};

struct Registry {
  std::recursive_mutex mutex;
  std::string current = kReference;
  std::vector<Override> overrides;
  std::map<std::string, Family*, std::less<>> families;
  std::map<std::string, std::string, std::less<>> unavailable;  ///< why, by name
};
Registry& registry();
/// Error(broken_promise) where another family has the name.
void join_registry(const char* name, Family& family);
/// Error(invalid_argument) where the backend is unknown. The registry is locked.
void require_backend(const Registry& registry, std::string_view name);

template <class Slots>
class FamilyOf final : public Family {
 public:
  static FamilyOf& instance() {
    // Join only when constructed: another thread may call the family at once.
    static FamilyOf& joined = []() -> FamilyOf& {
      static FamilyOf family;
      join_registry(Slots::kFamily, family);
      return family;
    }();
    return joined;
  }

  void add(std::string name, const Slots& table, StubList stubs) {
    const std::lock_guard lock(registry().mutex);
    tables_[std::move(name)] = {table, {stubs.begin(), stubs.end()}};
    forget_current();
  }

  const Slots& current() {
    const Slots* table = current_.load(std::memory_order_acquire);
    if (table != nullptr) return *table;
    const std::lock_guard lock(registry().mutex);
    const Slots& made = resolved(registry().current, registry().overrides);
    current_.store(&made, std::memory_order_release);
    return made;
  }

  const Slots& named(std::string_view name) {
    const std::lock_guard lock(registry().mutex);
    require_backend(registry(), name);
    return resolved(name, registry().overrides);
  }

  void names(std::vector<std::string>& into) const override {
    for (const auto& [name, entry] : tables_) into.push_back(name);
  }
  void forget_current() override { current_.store(nullptr, std::memory_order_release); }
  void report(std::string_view backend, std::span<const Override> overrides,
              std::vector<SlotReport>& into) const override {
    const auto slots = resolve_named(backend, overrides).slots;
    into.insert(into.end(), slots.begin(), slots.end());
  }

 private:
  struct Entry {
    Slots table{};
    std::vector<const StubRecord*> stubs;
  };

  FamilyOf() = default;

  Entry entry(std::string_view name) const {
    const auto found = tables_.find(name);
    return found == tables_.end() ? Entry{} : found->second;
  }

  Resolution<Slots> resolve_named(std::string_view name, std::span<const Override> overrides) const {
    const Entry reference = entry(kReference);
    if (name == kReference) return resolve_reference(reference.table);
    const Entry own = entry(name);
    return resolve(own.table, own.stubs, reference.table, overrides);
  }

  /// Tables that were handed out stay where they are to the program's end; an equal one is handed out again.
  const Slots& resolved(std::string_view name, std::span<const Override> overrides) {
    const Slots table = resolve_named(name, overrides).table;
    for (const Slots& made : made_)
      if (same(made, table)) return made;
    return made_.emplace_back(table);
  }

  static bool same(const Slots& a, const Slots& b) {
    bool equal = true;
    for_each_slot<Slots>([&](const auto& slot, auto) {
      constexpr auto member = std::remove_cvref_t<decltype(slot)>::kMember;
      equal = equal && a.*member == b.*member;
    });
    return equal;
  }

  std::map<std::string, Entry, std::less<>> tables_;
  std::list<Slots> made_;
  std::atomic<const Slots*> current_{nullptr};
};

}  // namespace detail

/// Registers an implementation's table of one family; a second one under the same name takes the first's place.
/// Null slots, and those that `stubs` names, are left to the reference.
template <class Slots>
void register_backend(std::string name, const Slots& table, StubList stubs = {}) {
  detail::FamilyOf<Slots>::instance().add(std::move(name), table, stubs);
}

/// The chosen backend's table; no slot is null: one that nobody defines throws Error(missing). The reference stays
/// valid, but does not follow a later set_backend.
template <class Slots>
const Slots& kernels() {
  return detail::FamilyOf<Slots>::instance().current();
}

/// The table of a backend by name. Error(invalid_argument) where it is unknown.
template <class Slots>
const Slots& kernels(std::string_view backend) {
  return detail::FamilyOf<Slots>::instance().named(backend);
}

}  // namespace kiln
