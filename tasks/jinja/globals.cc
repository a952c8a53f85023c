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

/// jinja2.utils.Joiner: nothing at the first call, then the separator.
Value make_joiner(const Arguments& given) {
  given.check("joiner", 0, 1, {"sep"});
  const Value* separator = given.find(0, "sep");
  auto joiner = std::make_shared<Macro>();
  joiner->name = "joiner";
  joiner->call = [sign = separator ? *separator : Value::borrowed(", "), used = false](const Arguments& none) mutable {
    none.check("a joiner", 0, 0);
    return std::exchange(used, true) ? sign : Value::borrowed("");
  };
  return Value(std::move(joiner));
}

struct Cycle {
  std::vector<Value> items;
  std::size_t place = 0;
};

/// A method of a cycler: gives the current item and moves to the next one, or to the first and gives nothing. The
/// cycler shows its place as attributes, as long as it lives.
Value cycler_method(const std::shared_ptr<Namespace>& cycler, const std::shared_ptr<Cycle>& cycle,
                    std::string_view name) {
  auto method = std::make_shared<Macro>();
  method->name = name;
  method->call = [shown = std::weak_ptr<Namespace>(cycler), cycle, resets = name == "reset"](const Arguments& none) {
    none.check("a method of a cycler", 0, 0);
    const Value current = resets ? Value::none() : cycle->items[cycle->place];
    cycle->place = resets ? 0 : (cycle->place + 1) % cycle->items.size();
    if (const auto space = shown.lock()) {
      space->attributes.set(Value::borrowed("pos"), Value(static_cast<std::int64_t>(cycle->place)));
      space->attributes.set(Value::borrowed("current"), cycle->items[cycle->place]);
    }
    return current;
  };
  return Value(std::move(method));
}

/// jinja2.utils.Cycler.
Value make_cycler(const Arguments& given) {
  if (given.positional.empty()) throw EvaluationError("cycler: at least one item has to be provided");
  given.check("cycler", 1, given.positional.size());
  const auto cycle = std::make_shared<Cycle>(Cycle{given.positional});
  auto cycler = std::make_shared<Namespace>();
  cycler->attributes.set(Value::borrowed("items"), Value::tuple(given.positional));
  cycler->attributes.set(Value::borrowed("pos"), Value(0));
  cycler->attributes.set(Value::borrowed("current"), given.positional[0]);
  for (const std::string_view name : {"next", "reset"})
    cycler->attributes.set(Value::borrowed(name), cycler_method(cycler, cycle, name));
  return Value(std::move(cycler));
}

Value refuse_lipsum(const Arguments&) {
  throw EvaluationError("lipsum is not supported here: a prompt has no use for filler text");
}

constexpr auto kGlobals = std::to_array<Function>({{"range", make_range},
                                                   {"zip", zip},
                                                   {"namespace", make_namespace},
                                                   {"dict", make_dict},
                                                   {"cycler", make_cycler},
                                                   {"joiner", make_joiner},
                                                   {"lipsum", refuse_lipsum}});

}  // namespace

const Function* find_global(std::string_view name) {
  for (const Function& function : kGlobals)
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace jinja
