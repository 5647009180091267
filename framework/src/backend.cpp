// The registry of backends: the families, the chosen name, the overrides.
#include "kiln/backend.hpp"

#include <algorithm>

#include "kiln/check.hpp"

namespace kiln {
namespace {

std::vector<std::string> names_of(const detail::Registry& registry) {
  std::vector<std::string> names{kReference};
  for (const auto& [name, family] : registry.families) family->names(names);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void forget_current(detail::Registry& registry) {
  for (const auto& [name, family] : registry.families) family->forget_current();
}

std::vector<SlotReport> report(const detail::Registry& registry, std::string_view backend) {
  std::vector<SlotReport> slots;
  for (const auto& [name, family] : registry.families) family->report(backend, registry.overrides, slots);
  return slots;
}

}  // namespace

namespace detail {

Registry& registry() {
  static Registry instance;
  return instance;
}

void join_registry(const char* name, Family& family) {
  const std::lock_guard lock(registry().mutex);
  const bool is_new = registry().families.emplace(name, &family).second;
  if (!is_new) {
    throw Error(ErrorKind::broken_promise, "two types of slots call themselves the family \"" + std::string(name) +
                                               "\": give each kFamily a name of its own");
  }
}

void require_backend(const Registry& registry, std::string_view name) {
  const std::vector<std::string> names = names_of(registry);
  if (std::ranges::find(names, name) != names.end()) return;
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  const auto reason = registry.unavailable.find(name);
  throw Error(ErrorKind::invalid_argument,
              reason == registry.unavailable.end()
                  ? "there is no backend named \"" + std::string(name) + "\"; known are " + known
                  : "the backend \"" + std::string(name) + "\" is not available here: " + reason->second +
                        "; known are " + known);
}

}  // namespace detail

void set_backend(std::string_view name) {
  detail::Registry& registry = detail::registry();
  const std::lock_guard lock(registry.mutex);
  detail::require_backend(registry, name);
  registry.current = name;
  forget_current(registry);
}

std::string get_backend() {
  const std::lock_guard lock(detail::registry().mutex);
  return detail::registry().current;
}

std::vector<std::string> known_backends() {
  const std::lock_guard lock(detail::registry().mutex);
  return names_of(detail::registry());
}

void mark_unavailable(std::string name, std::string why) {
  const std::lock_guard lock(detail::registry().mutex);
  detail::registry().unavailable[std::move(name)] = std::move(why);
}

void set_overrides(std::vector<Override> overrides) {
  detail::Registry& registry = detail::registry();
  const std::lock_guard lock(registry.mutex);
  require_known(overrides, report(registry, kReference));
  registry.overrides = std::move(overrides);
  forget_current(registry);
}

std::vector<SlotReport> backend_report(std::string_view name) {
  detail::Registry& registry = detail::registry();
  const std::lock_guard lock(registry.mutex);
  detail::require_backend(registry, name);
  return report(registry, name);
}

}  // namespace kiln
