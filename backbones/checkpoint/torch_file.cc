#include "backbones/checkpoint/torch_file.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <optional>
#include <set>
#include <stdexcept>

#include "backbones/checkpoint/pickle.h"
#include "backbones/checkpoint/printable.h"
#include "backbones/checkpoint/zip_archive.h"
#include "harness/core/errors.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kMostPickleBytes = 16'000'000;

/// The state dict of a file, and where each of its storages lies.
struct Contents {
  PickleHeap heap;
  PickleValue root;
  std::uint64_t pickle = 0;                         // byte where the state dict's pickle begins
  std::map<std::string_view, std::uint64_t> begin;  // storage's key -> byte
};

/// Archives since PyTorch 1.6: TOP/data.pkl and TOP/data/KEY.
class ZipForm {
 public:
  ZipForm(const std::filesystem::path& path, std::string_view file)
      : path_(path), file_(file), entries_(read_zip(path, file)) {}

  Contents read() const {
    const std::string top = find_top();
    check_byte_order(top);
    const ZipEntry pickle = entries_.at(top + "/data.pkl");
    if (pickle.end - pickle.begin > kMostPickleBytes)
      fail(pickle.begin, fmt::format("a data.pkl of {} bytes: no state dict needs more than {}",
                                     pickle.end - pickle.begin, kMostPickleBytes));
    Contents made;
    made.pickle = pickle.begin;
    PickleReader reader(path_, file_.substr(0, pickle.end), pickle.begin);
    made.root = reader.read(made.heap);
    if (reader.position() != pickle.end)
      fail(reader.position(), fmt::format("{} bytes after the pickle", pickle.end - reader.position()));
    for (const StoredStorage& storage : made.heap.storages()) place(top, storage, made);
    return made;
  }

 private:
  [[noreturn]] void fail(std::uint64_t byte, const std::string& message) const {
    throw core::FileError::at_byte(path_.string(), byte, message);
  }

  std::string find_top() const {
    constexpr std::string_view kPickle = "/data.pkl";
    std::optional<std::string> top;
    for (const auto& [name, entry] : entries_) {
      if (!name.ends_with(kPickle) || name.find('/') != name.size() - kPickle.size()) continue;
      if (top) fail(entry.begin, "two pickles in the archive, expected one");
      top = std::string(name.substr(0, name.size() - kPickle.size()));
    }
    if (!top) fail(0, "no data.pkl in the archive: torch.save did not write it");
    if (entries_.count(*top + "/constants.pkl"))
      fail(0, "a TorchScript archive, which is a program: save model.state_dict() with torch.save");
    return *top;
  }

  void check_byte_order(const std::string& top) const {
    const auto found = entries_.find(top + "/byteorder");
    if (found == entries_.end()) return;
    const ZipEntry& entry = found->second;
    if (file_.substr(entry.begin, entry.end - entry.begin) != "little")
      fail(entry.begin, "written on a machine of another byte order");
  }

  void place(const std::string& top, const StoredStorage& storage, Contents& made) const {
    const auto found = entries_.find(fmt::format("{}/data/{}", top, storage.key));
    if (found == entries_.end())
      fail(made.pickle, fmt::format("no entry '{}/data/{}' for a storage", printable(top), printable(storage.key)));
    const ZipEntry& entry = found->second;
    const std::uint64_t bytes = tensor_bytes(storage.type, {storage.count});
    if (bytes != entry.end - entry.begin)
      fail(entry.begin, fmt::format("storage '{}' has {} bytes, {} elements of {} need {}", printable(storage.key),
                                    entry.end - entry.begin, storage.count, c10::toString(storage.type), bytes));
    made.begin[storage.key] = entry.begin;
  }

  std::filesystem::path path_;
  std::string_view file_;
  std::map<std::string_view, ZipEntry> entries_;
};

/// Files before PyTorch 1.6: pickles of a magic number, the protocol, facts about the machine, the state dict and the
/// keys of its storages; then each storage's number of elements and its elements.
class LegacyForm {
 public:
  static constexpr std::string_view kMagic{"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19.", 15};

  LegacyForm(const std::filesystem::path& path, std::string_view file)
      : file_(file),
        reader_(path, file.substr(0, std::min<std::uint64_t>(file.size(), kMostPickleBytes)), kMagic.size()) {}

  Contents read() {
    Contents made;
    if (const PickleValue protocol = reader_.read(made.heap); integer(protocol) != 1001)
      reader_.fail(kMagic.size(), "a protocol of torch.save that is not 1001");
    check_machine(made.heap);
    made.pickle = reader_.position();
    made.root = reader_.read(made.heap);
    at_ = reader_.position();
    const PickleValue keys = reader_.read(made.heap);
    const ListRef* list = std::get_if<ListRef>(&keys);
    if (!list) reader_.fail(at_, "expected the list of storages, found " + kind_of(keys));
    at_ = reader_.position();
    place_all(*list, made);
    return made;
  }

 private:
  static std::int64_t integer(const PickleValue& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number ? *number : -1;
  }

  void check_machine(PickleHeap& heap) {
    const std::uint64_t begin = reader_.position();
    const PickleValue machine = reader_.read(heap);
    const DictRef* dict = std::get_if<DictRef>(&machine);
    if (!dict) reader_.fail(begin, "expected facts about the machine, found " + kind_of(machine));
    for (const auto& [key, value] : heap.dict(*dict)) {
      const auto* name = std::get_if<std::string_view>(&key);
      const auto* yes = std::get_if<bool>(&value);
      if (name && *name == "little_endian" && (!yes || !*yes))
        reader_.fail(begin, "written on a machine of another byte order");
    }
  }

  /// All storages of one key must agree.
  static std::map<std::string_view, StoredStorage> by_key(const Contents& made) {
    std::map<std::string_view, StoredStorage> storages;
    for (const StoredStorage& storage : made.heap.storages()) {
      const auto& known = storages.emplace(storage.key, storage).first->second;
      if (known.type != storage.type || known.count != storage.count)
        throw std::runtime_error(fmt::format("storage '{}' has two types or sizes", printable(storage.key)));
    }
    return storages;
  }

  void place_all(ListRef keys, Contents& made) {
    try {
      std::map<std::string_view, StoredStorage> missing = by_key(made);
      for (const PickleValue& item : made.heap.list(keys)) {
        const auto* key = std::get_if<std::string_view>(&item);
        if (!key || !missing.count(*key))
          throw std::runtime_error("the list of storages has one twice, or one that no tensor uses");
        place(missing.at(*key), made);
        missing.erase(*key);
      }
      if (!missing.empty())
        throw std::runtime_error(
            fmt::format("storage '{}' is not in the list of storages", printable(missing.begin()->first)));
      if (at_ != file_.size())
        throw std::runtime_error(fmt::format("{} bytes after the last storage", file_.size() - at_));
    } catch (const std::runtime_error& error) {
      reader_.fail(at_, error.what());
    }
  }

  void place(const StoredStorage& storage, Contents& made) {
    constexpr std::uint64_t kCount = 8;
    if (file_.size() - at_ < kCount) throw std::runtime_error("the file ends before a storage: cut off?");
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < kCount; ++i)
      count |= std::uint64_t{static_cast<unsigned char>(file_[at_ + i])} << (8 * i);
    if (count != static_cast<std::uint64_t>(storage.count))
      throw std::runtime_error(
          fmt::format("storage '{}' has {} elements, {} were announced", printable(storage.key), count, storage.count));
    const std::uint64_t bytes = tensor_bytes(storage.type, {storage.count});
    if (bytes > file_.size() - at_ - kCount)
      throw std::runtime_error(fmt::format("storage '{}' needs {} bytes, {} are left: cut off?", printable(storage.key),
                                           bytes, file_.size() - at_ - kCount));
    made.begin[storage.key] = at_ + kCount;
    at_ += kCount + bytes;
  }

  std::string_view file_;
  PickleReader reader_;
  std::uint64_t at_ = 0;
};

Contents read_contents(const std::filesystem::path& path, std::string_view file) {
  constexpr std::uint64_t kTarMagic = 257;
  if (file.starts_with("PK")) return ZipForm(path, file).read();
  if (file.starts_with(LegacyForm::kMagic)) return LegacyForm(path, file).read();
  if (file.size() > kTarMagic && file.substr(kTarMagic).starts_with("ustar"))
    throw core::FileError::at_byte(path.string(), 0,
                                   "the tar form from before PyTorch 0.1.10: load it and save it anew");
  throw core::FileError::at_byte(path.string(), 0, "neither form of torch.save begins so: no PyTorch file, or cut off");
}

bool is_contiguous(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

}  // namespace

TorchFile::TorchFile(const std::filesystem::path& path) : TensorFile(path), file_(path) {
  const Contents contents = read_contents(path, file_.bytes());
  const auto fail = [&](const std::string& message) {
    throw core::FileError::at_byte(path.string(), contents.pickle, message);
  };
  const DictRef* root = std::get_if<DictRef>(&contents.root);
  if (!root) fail("expected a state dict, found " + kind_of(contents.root));
  for (const auto& [key, value] : contents.heap.dict(*root)) {
    const auto* name = std::get_if<std::string_view>(&key);
    if (!name) fail("a key of the state dict is " + kind_of(key) + ", expected a name");
    if (std::holds_alternative<DictRef>(value))
      fail(fmt::format("the tensors are nested below '{}': save model.state_dict() itself", printable(*name)));
    const ViewRef* ref = std::get_if<ViewRef>(&value);
    if (!ref) fail(fmt::format("'{}' is {}, expected a tensor", printable(*name), kind_of(value)));
    const StoredView& view = contents.heap.view(*ref);
    const StoredStorage& storage = contents.heap.storages()[view.storage];
    const std::uint64_t begin = contents.begin.at(storage.key) + tensor_bytes(storage.type, {view.offset});
    add(std::string(*name), {storage.type, view.shape, begin, begin + tensor_bytes(storage.type, {view.extent})});
    strides_.emplace(*name, view.strides);
  }
}

at::Tensor TorchFile::read(const std::string& name) const {
  const TensorEntry& stored = entry(name);
  const std::vector<std::int64_t>& strides = strides_.at(name);
  if (stored.begin == stored.end || is_contiguous(stored.shape, strides)) {
    at::Tensor tensor = at::empty(stored.shape, stored.type);
    file_.copy(stored.begin, stored.end, tensor.mutable_data_ptr());
    return tensor;
  }
  const auto extent = static_cast<std::int64_t>((stored.end - stored.begin) / c10::elementSize(stored.type));
  at::Tensor part = at::empty({extent}, stored.type);
  file_.copy(stored.begin, stored.end, part.mutable_data_ptr());
  return part.as_strided(stored.shape, strides).contiguous();
}

}  // namespace checkpoint
