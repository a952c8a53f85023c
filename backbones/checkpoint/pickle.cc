#include "backbones/checkpoint/pickle.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <stdexcept>

#include "backbones/checkpoint/pickle_calls.h"
#include "backbones/checkpoint/printable.h"
#include "harness/core/errors.h"

namespace checkpoint {
namespace {

constexpr std::size_t kMostStack = 1'000'000;
constexpr std::size_t kMostMemo = 1'000'000;
constexpr std::size_t kLongestName = 256;  // of a module or a function

/// The names of Python's pickletools.
enum class Op : unsigned char {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kBinFloat = 'G',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
};

class Machine {
 public:
  Machine(std::string_view file, std::uint64_t& at, std::uint64_t& last, PickleHeap& heap)
      : file_(file), at_(at), last_(last), heap_(heap) {}

  PickleValue run() {
    while (true) {
      last_ = at_;
      const auto op = static_cast<Op>(number(1));
      if (op == Op::kStop) break;
      if (!push_literal(op) && !use_memo(op) && !make(op))
        throw std::runtime_error(
            fmt::format("instruction 0x{:02x} is not one that torch.save writes", static_cast<unsigned>(op)));
      if (stack_.size() > kMostStack) throw std::runtime_error(fmt::format("more than {} values at once", kMostStack));
    }
    if (stack_.size() != 1 || !marks_.empty())
      throw std::runtime_error(fmt::format("it ends with {} values, expected one", stack_.size()));
    return stack_.back();
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > file_.size() - at_)
      throw std::runtime_error(fmt::format("{} bytes needed, {} left: cut off?", count, file_.size() - at_));
    const std::string_view bytes = file_.substr(at_, count);
    at_ += count;
    return bytes;
  }

  /// Little-endian, unsigned.
  std::uint64_t number(std::uint64_t bytes) {
    std::uint64_t value = 0, shift = 0;
    for (const char c : take(bytes)) value |= std::uint64_t{static_cast<unsigned char>(c)} << shift, shift += 8;
    return value;
  }

  /// Two's complement of at most 8 bytes.
  std::int64_t signed_number(std::uint64_t bytes) {
    if (bytes == 0) return 0;
    if (bytes > 8) throw std::runtime_error(fmt::format("a number of {} bytes", bytes));
    const std::uint64_t unused = 64 - 8 * bytes;
    return static_cast<std::int64_t>(number(bytes) << unused) >> unused;
  }

  double big_endian_double() {
    std::uint64_t bits = 0;
    for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
    return std::bit_cast<double>(bits);
  }

  std::string_view line() {
    const std::size_t end = file_.substr(at_, kLongestName + 1).find('\n');
    if (end == std::string_view::npos) throw std::runtime_error(fmt::format("no name within {} bytes", kLongestName));
    const std::string_view text = take(end);
    take(1);
    return text;
  }

  PickleValue pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) throw std::runtime_error("nothing left on the stack");
    const PickleValue value = stack_.back();
    stack_.pop_back();
    return value;
  }

  PickleValue& top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) throw std::runtime_error("nothing left on the stack");
    return stack_.back();
  }

  /// What lies above the last mark.
  PickleHeap::Tuple pop_to_mark() {
    if (marks_.empty()) throw std::runtime_error("no mark on the stack");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    PickleHeap::Tuple items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  bool push_literal(Op op) {
    switch (op) {
      case Op::kNone:
        return push(std::monostate());
      case Op::kNewTrue:
        return push(true);
      case Op::kNewFalse:
        return push(false);
      case Op::kBinInt:
        return push(signed_number(4));
      case Op::kBinInt1:
        return push(static_cast<std::int64_t>(number(1)));
      case Op::kBinInt2:
        return push(static_cast<std::int64_t>(number(2)));
      case Op::kLong1:
        return push(signed_number(number(1)));
      case Op::kBinFloat:
        return push(big_endian_double());
      case Op::kBinUnicode:
        return push(take(number(4)));
      case Op::kShortBinString:
        return push(take(number(1)));
      default:
        return false;
    }
  }

  bool use_memo(Op op) {
    switch (op) {
      case Op::kBinPut:
        return remember(number(1));
      case Op::kLongBinPut:
        return remember(number(4));
      case Op::kBinGet:
        return recall(number(1));
      case Op::kLongBinGet:
        return recall(number(4));
      default:
        return false;
    }
  }

  bool make(Op op) {
    switch (op) {
      case Op::kProto:
        return check_protocol();
      case Op::kMark:
        return mark();
      case Op::kEmptyTuple:
        return push(heap_.add_tuple({}));
      case Op::kTuple1:
        return push_tuple(1);
      case Op::kTuple2:
        return push_tuple(2);
      case Op::kTuple3:
        return push_tuple(3);
      case Op::kTuple:
        return push(heap_.add_tuple(pop_to_mark()));
      case Op::kEmptyList:
        return push(heap_.add_list());
      case Op::kEmptyDict:
        return push(heap_.add_dict());
      case Op::kAppend:
        return append({pop()});
      case Op::kAppends:
        return append(pop_to_mark());
      case Op::kSetItem:
        return set_item();
      case Op::kSetItems:
        return set_items(pop_to_mark());
      case Op::kGlobal:
        return push_global();
      case Op::kReduce:
      case Op::kNewObj:
        return reduce();
      case Op::kBuild:
        return build();
      case Op::kBinPersId:
        return push(persistent_storage(heap_, pop()));
      default:
        return false;
    }
  }

  bool push(const PickleValue& value) {
    stack_.push_back(value);
    return true;
  }

  bool mark() {
    if (marks_.size() > kMostStack) throw std::runtime_error(fmt::format("more than {} marks", kMostStack));
    marks_.push_back(stack_.size());
    return true;
  }

  bool check_protocol() {
    const std::uint64_t protocol = number(1);
    if (protocol != 2) throw std::runtime_error(fmt::format("pickle protocol {}, expected 2", protocol));
    return true;
  }

  bool remember(std::uint64_t key) {
    memo_.insert_or_assign(key, top());
    if (memo_.size() > kMostMemo) throw std::runtime_error(fmt::format("more than {} values remembered", kMostMemo));
    return true;
  }

  bool recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) throw std::runtime_error(fmt::format("nothing was remembered as {}", key));
    return push(found->second);
  }

  bool push_tuple(std::size_t count) {
    PickleHeap::Tuple items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return push(heap_.add_tuple(std::move(items)));
  }

  bool append(const PickleHeap::Tuple& items) {
    const ListRef* list = std::get_if<ListRef>(&top());
    if (!list) throw std::runtime_error("expected a list to append to, found " + kind_of(top()));
    for (const PickleValue& item : items) heap_.append(*list, item);
    return true;
  }

  bool set_item() {
    const PickleValue value = pop();
    return set_items({pop(), value});
  }

  bool set_items(const PickleHeap::Tuple& items) {
    const DictRef* dict = std::get_if<DictRef>(&top());
    if (!dict) throw std::runtime_error("expected a dict to fill, found " + kind_of(top()));
    if (items.size() % 2 != 0) throw std::runtime_error("a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) heap_.set(*dict, items[i], items[i + 1]);
    return true;
  }

  bool push_global() {
    const std::string_view module = line(), name = line();
    const std::optional<PickleValue> known = known_name(module, name);
    if (!known)
      throw std::runtime_error(
          fmt::format("it names '{}.{}', which no state dict needs; nothing was run. Save the model "
                      "as safetensors if you trust the file",
                      printable(module), printable(name)));
    return push(*known);
  }

  bool reduce() {
    const PickleValue arguments = pop();
    return push(call(heap_, pop(), arguments));
  }

  bool build() {
    const PickleValue state = pop();
    check_state(top(), state);
    return true;
  }

  std::string_view file_;
  std::uint64_t& at_;    // the next byte
  std::uint64_t& last_;  // of the instruction at work
  PickleHeap& heap_;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue> memo_;
};

}  // namespace

PickleReader::PickleReader(const std::filesystem::path& path, std::string_view file, std::uint64_t begin)
    : path_(path.string()), file_(file), at_(begin) {}

void PickleReader::fail(std::uint64_t byte, const std::string& message) const {
  throw core::FileError::at_byte(path_, byte, "pickle: " + message);
}

PickleValue PickleReader::read(PickleHeap& heap) {
  std::uint64_t last = at_;  // where the instruction began that failed
  try {
    return Machine(file_, at_, last, heap).run();
  } catch (const std::exception& error) {
    fail(last, error.what());
  }
}

}  // namespace checkpoint
