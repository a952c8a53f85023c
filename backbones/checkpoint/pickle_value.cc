#include "backbones/checkpoint/pickle_value.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace checkpoint {
namespace {

constexpr std::size_t kMostValues = 2'000'000;  // the largest published checkpoints have some thousands

}  // namespace

std::string kind_of(const PickleValue& value) {
  constexpr std::array kinds{"None",    "a boolean", "a number", "a number", "a string",  "a function",
                             "a class", "a tuple",   "a list",   "a dict",   "a storage", "a tensor"};
  static_assert(kinds.size() == std::variant_size_v<PickleValue>);
  return kinds[value.index()];
}

std::uint32_t PickleHeap::grow(std::size_t position, std::size_t items) {
  count_ += 1 + items;
  if (count_ > kMostValues) throw std::runtime_error(fmt::format("more than {} values", kMostValues));
  return static_cast<std::uint32_t>(position);
}

TupleRef PickleHeap::add_tuple(Tuple items) {
  const TupleRef ref{grow(tuples_.size(), items.size())};
  tuples_.push_back(std::move(items));
  return ref;
}

ListRef PickleHeap::add_list() {
  const ListRef ref{grow(lists_.size(), 0)};
  lists_.emplace_back();
  return ref;
}

DictRef PickleHeap::add_dict() {
  const DictRef ref{grow(dicts_.size(), 0)};
  dicts_.emplace_back();
  return ref;
}

StorageRef PickleHeap::add_storage(const StoredStorage& storage) {
  const StorageRef ref{grow(storages_.size(), 0)};
  storages_.push_back(storage);
  return ref;
}

ViewRef PickleHeap::add_view(StoredView view) {
  const ViewRef ref{grow(views_.size(), 2 * view.shape.size())};
  views_.push_back(std::move(view));
  return ref;
}

void PickleHeap::append(ListRef list, const PickleValue& item) {
  grow(0, 0);
  lists_[list.index].push_back(item);
}

void PickleHeap::set(DictRef dict, const PickleValue& key, const PickleValue& value) {
  grow(0, 1);
  dicts_[dict.index].emplace_back(key, value);
}

}  // namespace checkpoint
