// What the names in a checkpoint's pickle do. torch would look them up and call them; here each is a case of a switch
// that makes a value of ours, and every other name is an error.
#pragma once

#include <optional>
#include <string_view>

#include "backbones/checkpoint/pickle_value.h"

namespace checkpoint {

/// A callable or the class of a storage; std::nullopt for any name that a state dict has no need of.
std::optional<PickleValue> known_name(std::string_view module, std::string_view name);

/// REDUCE and NEWOBJ: the value that `callee`(*arguments) would be. These and the following throw std::runtime_error.
PickleValue call(PickleHeap& heap, const PickleValue& callee, const PickleValue& arguments);
/// BUILD: the attributes of an object, which tensors do not need. Checks only that they are those of a dict.
void check_state(const PickleValue& object, const PickleValue& state);
/// BINPERSID: ("storage", class, key, location, elements[, None]).
StorageRef persistent_storage(PickleHeap& heap, const PickleValue& id);

}  // namespace checkpoint
