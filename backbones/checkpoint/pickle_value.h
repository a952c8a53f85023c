// What a checkpoint's pickle is made of. Containers lie in one heap and refer to each other by number: a list may
// contain itself, nothing is copied however often it is shared, and nothing needs recursion.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace checkpoint {

/// The callables that a checkpoint may name; classes of storages are at::ScalarType.
enum class PickleName { kOrderedDict, kSize, kParameter, kRebuildTensor, kRebuildTensorV2, kRebuildParameter };

struct TupleRef {
  std::uint32_t index;
};
struct ListRef {
  std::uint32_t index;
};
struct DictRef {
  std::uint32_t index;
};
struct StorageRef {
  std::uint32_t index;
};
struct ViewRef {
  std::uint32_t index;
};

/// Strings are parts of the mapped file.
using PickleValue = std::variant<std::monostate, bool, std::int64_t, double, std::string_view, PickleName,
                                 at::ScalarType, TupleRef, ListRef, DictRef, StorageRef, ViewRef>;

/// "None", "a number", "a dict": for messages.
std::string kind_of(const PickleValue& value);

/// One typed block of memory that tensors are views of.
struct StoredStorage {
  at::ScalarType type;
  std::string_view key;
  std::int64_t count = 0;  // elements
};

/// A tensor: part of a storage. `offset` and `strides` are in elements.
struct StoredView {
  std::uint32_t storage = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
  std::int64_t extent = 0;  // elements of the storage from the first that is used to the last
};

class PickleHeap {
 public:
  using Tuple = std::vector<PickleValue>;
  using Dict = std::vector<std::pair<PickleValue, PickleValue>>;

  TupleRef add_tuple(Tuple items);
  ListRef add_list();
  DictRef add_dict();
  StorageRef add_storage(const StoredStorage& storage);
  ViewRef add_view(StoredView view);
  void append(ListRef list, const PickleValue& item);
  void set(DictRef dict, const PickleValue& key, const PickleValue& value);

  const Tuple& tuple(TupleRef ref) const { return tuples_[ref.index]; }
  const Tuple& list(ListRef ref) const { return lists_[ref.index]; }
  const Dict& dict(DictRef ref) const { return dicts_[ref.index]; }
  const StoredStorage& storage(StorageRef ref) const { return storages_[ref.index]; }
  const std::vector<StoredStorage>& storages() const { return storages_; }
  const StoredView& view(ViewRef ref) const { return views_[ref.index]; }

 private:
  std::vector<Tuple> tuples_, lists_;
  std::vector<Dict> dicts_;
  std::vector<StoredStorage> storages_;
  std::vector<StoredView> views_;
  std::size_t count_ = 0;  // of containers and of what is in them

  std::uint32_t grow(std::size_t position, std::size_t items);
};

}  // namespace checkpoint
