// Family: what the line knows of a slot struct at run time: names, parameters, and a fingerprint of the signatures.
#pragma once

#include <string>
#include <typeinfo>
#include <vector>

#include "kiln/kernels/contract.hpp"

namespace kiln::worker {

struct SlotInfo {
  std::string name;
  std::vector<std::string> parameters;
};

struct Family {
  std::string name;
  std::vector<SlotInfo> slots;
  std::uint64_t fingerprint = 0;  ///< differs where judge and worker were built from different contracts
};

template <class Slots>
Family family_of() {
  Family family;
  family.name = Slots::kFamily;
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  auto mix = [&](const char* text) {
    for (; *text != '\0'; ++text) hash = (hash ^ static_cast<unsigned char>(*text)) * 0x100000001b3u;
  };
  std::apply(
      [&](const auto&... slot) {
        ((family.slots.push_back({slot.name, {slot.parameters.begin(), slot.parameters.end()}}), mix(slot.name),
          mix(typeid(slot.kMember).name())),
         ...);
      },
      Slots::list());
  family.fingerprint = hash;
  return family;
}

/// The index of a slot in its family's list.
template <class Slots, auto Member>
constexpr int slot_index() {
  int index = -1, next = 0;
  auto look = [&]<auto Other>() {
    if constexpr (std::is_same_v<decltype(Other), decltype(Member)>)
      if (Other == Member) index = next;
    ++next;
  };
  std::apply(
      [&](const auto&... slot) { (look.template operator()<std::remove_cvref_t<decltype(slot)>::kMember>(), ...); },
      Slots::list());
  return index;
}

}  // namespace kiln::worker
