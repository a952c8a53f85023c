// The global functions of the environment.
#include <array>

#include "tasks/jinja/call.h"
#include "tasks/jinja/error.h"

namespace jinja {
namespace {

Value make_range(const Arguments& given) {
  given.check("range", 1, 3);
  std::int64_t numbers[3] = {0, 0, 1};
  for (std::size_t i = 0; i < given.positional.size(); ++i) numbers[i] = integer_argument("range", given.positional[i]);
  if (numbers[2] == 0) throw EvaluationError("range: the step must not be zero");
  if (given.positional.size() == 1) return Value(Range{0, numbers[0], 1});
  return Value(Range{numbers[0], numbers[1], numbers[2]});
}

Value zip(const Arguments& given) {
  given.check("zip", 0, given.positional.size());
  auto iterators = std::make_shared<std::vector<Iterator>>();
  for (const Value& source : given.positional) {
    if (source.is_undefined())
      iterators->emplace_back(Value::list({}));
    else
      iterators->emplace_back(source);
  }
  return Value::generator([iterators]() -> std::optional<Value> {
    std::vector<Value> items;
    for (Iterator& iterator : *iterators) {
      auto next = iterator.next();
      if (!next) return std::nullopt;
      items.push_back(std::move(*next));
    }
    if (items.empty()) return std::nullopt;
    return Value::tuple(std::move(items));
  });
}

Value make_dict(const Arguments& given) {
  auto dict = std::make_shared<Dict>();
  update_dict(*dict, given);
  return Value(std::move(dict));
}

Value make_namespace(const Arguments& given) {
  auto made = std::make_shared<Namespace>();
  update_dict(made->attributes, given);
  return Value(std::move(made));
}

Value refuse_lipsum(const Arguments&) {
  throw EvaluationError("lipsum is not supported here: a prompt has no use for filler text");
}

constexpr auto kGlobals = std::to_array<Function>({{"range", make_range},
                                                   {"zip", zip},
                                                   {"namespace", make_namespace},
                                                   {"dict", make_dict},
                                                   {"lipsum", refuse_lipsum}});

}  // namespace

const Function* find_global(std::string_view name) {
  for (const Function& function : kGlobals)
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace jinja
