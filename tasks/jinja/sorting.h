// Python's list.sort on values. Runs of fewer than 64 are sorted as CPython does (Objects/listobject.c: count_run,
// binary insertion), so that even values without an order among them (NaN) come out in its order.
#pragma once

#include <utility>
#include <vector>

#include "tasks/jinja/value.h"

namespace jinja {

enum class Direction { kAscending, kDescending };

/// Sorts pairs of key and item by key, stable also downwards. Throws EvaluationError where two keys have no order.
void sort_by_key(std::vector<std::pair<Value, Value>>& keyed, Direction direction);

}  // namespace jinja
