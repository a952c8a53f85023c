#include "backbones/checkpoint/pickle_calls.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "backbones/checkpoint/tensor_file.h"

namespace checkpoint {
namespace {

struct NamedValue {
  std::string_view module, name;
  PickleValue value;
};

const std::array kNames{
    NamedValue{"collections", "OrderedDict", PickleName::kOrderedDict},
    NamedValue{"torch", "Size", PickleName::kSize},
    NamedValue{"torch.nn.parameter", "Parameter", PickleName::kParameter},
    NamedValue{"torch._utils", "_rebuild_tensor", PickleName::kRebuildTensor},
    NamedValue{"torch._utils", "_rebuild_tensor_v2", PickleName::kRebuildTensorV2},
    NamedValue{"torch._utils", "_rebuild_parameter", PickleName::kRebuildParameter},
    NamedValue{"torch", "FloatStorage", at::kFloat},
    NamedValue{"torch", "HalfStorage", at::kHalf},
    NamedValue{"torch", "BFloat16Storage", at::kBFloat16},
    NamedValue{"torch", "DoubleStorage", at::kDouble},
    NamedValue{"torch", "LongStorage", at::kLong},
    NamedValue{"torch", "IntStorage", at::kInt},
    NamedValue{"torch", "ShortStorage", at::kShort},
    NamedValue{"torch", "CharStorage", at::kChar},
    NamedValue{"torch", "ByteStorage", at::kByte},
    NamedValue{"torch", "BoolStorage", at::kBool},
};

constexpr std::size_t kMostDimensions = 64;  // torch's own limit

/// The value as T, or an error that says what was expected.
template <class T>
const T& as(const PickleValue& value, const char* expected) {
  if (const T* found = std::get_if<T>(&value)) return *found;
  throw std::runtime_error(fmt::format("expected {}, found {}", expected, kind_of(value)));
}

std::vector<std::int64_t> integers(const PickleHeap& heap, const PickleValue& tuple, const char* what) {
  const PickleHeap::Tuple& items = heap.tuple(as<TupleRef>(tuple, what));
  if (items.size() > kMostDimensions) throw std::runtime_error(fmt::format("{} of {} dimensions", what, items.size()));
  std::vector<std::int64_t> made;
  for (const PickleValue& item : items) {
    made.push_back(as<std::int64_t>(item, what));
    if (made.back() < 0) throw std::runtime_error(fmt::format("{} with the negative number {}", what, made.back()));
  }
  return made;
}

/// Elements that the view spans; an error where they leave the storage or are more than it holds.
std::int64_t checked_extent(const StoredView& view, const StoredStorage& storage) {
  const auto fail = [&](const char* what) {
    throw std::runtime_error(
        fmt::format("a tensor of shape [{}], strides [{}] and offset {} {} its storage of {} elements",
                    fmt::join(view.shape, ", "), fmt::join(view.strides, ", "), view.offset, what, storage.count));
  };
  if (view.shape.size() != view.strides.size()) fail("has other strides than dimensions in");
  std::int64_t count = 1, last = 0;
  bool overflow = false;
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    std::int64_t reach = 0;
    overflow |= __builtin_mul_overflow(count, view.shape[i], &count);
    if (view.shape[i] == 0) continue;
    overflow |= __builtin_mul_overflow(view.shape[i] - 1, view.strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  if (view.offset > storage.count) fail("lies outside of");
  if (overflow) fail("lies outside of");
  if (count == 0) return 0;
  if (last >= storage.count - view.offset) fail("lies outside of");
  if (count > storage.count) fail("repeats the elements of");
  return last + 1;
}

PickleValue rebuild_tensor(PickleHeap& heap, const PickleHeap::Tuple& arguments) {
  const StorageRef storage = as<StorageRef>(arguments[0], "the storage of a tensor");
  StoredView view;
  view.storage = storage.index;
  view.offset = as<std::int64_t>(arguments[1], "the offset of a tensor");
  if (view.offset < 0) throw std::runtime_error(fmt::format("a tensor with the negative offset {}", view.offset));
  view.shape = integers(heap, arguments[2], "a tensor's shape");
  view.strides = integers(heap, arguments[3], "a tensor's strides");
  view.extent = checked_extent(view, heap.storage(storage));
  return heap.add_view(std::move(view));
}

void expect_count(const PickleHeap::Tuple& arguments, std::size_t least, std::size_t most, const char* name) {
  if (arguments.size() < least || arguments.size() > most)
    throw std::runtime_error(fmt::format("{} with {} arguments", name, arguments.size()));
}

/// Bits that change how the numbers are read (conjugate, negative).
void refuse_metadata(const PickleHeap& heap, const PickleValue& metadata) {
  if (std::holds_alternative<std::monostate>(metadata)) return;
  if (!heap.dict(as<DictRef>(metadata, "a tensor's metadata as a dict")).empty())
    throw std::runtime_error("a tensor with metadata (a negative or conjugate view)");
}

}  // namespace

std::optional<PickleValue> known_name(std::string_view module, std::string_view name) {
  for (const NamedValue& known : kNames)
    if (known.module == module && known.name == name) return known.value;
  return std::nullopt;
}

PickleValue call(PickleHeap& heap, const PickleValue& callee, const PickleValue& arguments) {
  const PickleName name = as<PickleName>(callee, "a function to call");
  const PickleHeap::Tuple given = heap.tuple(as<TupleRef>(arguments, "a tuple of arguments"));
  switch (name) {
    case PickleName::kOrderedDict:
      expect_count(given, 0, 0, "OrderedDict");
      return heap.add_dict();
    case PickleName::kSize:
      expect_count(given, 1, 1, "Size");
      return as<TupleRef>(given[0], "the tuple of a Size");
    case PickleName::kParameter:
      expect_count(given, 1, 2, "Parameter");
      return as<ViewRef>(given[0], "the tensor of a Parameter");
    case PickleName::kRebuildParameter:
      expect_count(given, 3, 3, "_rebuild_parameter");
      return as<ViewRef>(given[0], "the tensor of a Parameter");
    case PickleName::kRebuildTensor:
      expect_count(given, 4, 4, "_rebuild_tensor");
      return rebuild_tensor(heap, given);
    case PickleName::kRebuildTensorV2:
      expect_count(given, 6, 7, "_rebuild_tensor_v2");
      if (given.size() == 7) refuse_metadata(heap, given[6]);
      return rebuild_tensor(heap, given);
  }
  throw std::logic_error("unreachable");
}

void check_state(const PickleValue& object, const PickleValue& state) {
  as<DictRef>(object, "a dict to build");
  as<DictRef>(state, "the state of a dict");
}

StorageRef persistent_storage(PickleHeap& heap, const PickleValue& id) {
  const PickleHeap::Tuple& parts = heap.tuple(as<TupleRef>(id, "a tuple that names a storage"));
  if (parts.size() != 5 && parts.size() != 6)
    throw std::runtime_error(fmt::format("a storage named by {} parts, expected 5 or 6", parts.size()));
  if (as<std::string_view>(parts[0], "'storage'") != "storage")
    throw std::runtime_error("a persistent object that is no storage");
  StoredStorage storage;
  storage.type = as<at::ScalarType>(parts[1], "the class of a storage");
  storage.key = as<std::string_view>(parts[2], "the key of a storage");
  as<std::string_view>(parts[3], "the place of a storage");
  storage.count = as<std::int64_t>(parts[4], "the size of a storage");
  if (parts.size() == 6 && !std::holds_alternative<std::monostate>(parts[5]))
    throw std::runtime_error("a storage that is a part of another one (files from before PyTorch 0.4)");
  tensor_bytes(storage.type, {storage.count});
  return heap.add_storage(storage);
}

}  // namespace checkpoint
