#include "tasks/jinja/sorting.h"

#include <algorithm>

#include "tasks/jinja/operators.h"

namespace jinja {
namespace {

using Keyed = std::vector<std::pair<Value, Value>>;
constexpr std::size_t kMinimumRun = 64;

bool less(const std::pair<Value, Value>& a, const std::pair<Value, Value>& b) {
  return ordered(Order::kLess, a.first, b.first);
}

/// The length of the run at the start, made ascending.
std::size_t first_run(Keyed& keyed) {
  if (keyed.size() < 2) return keyed.size();
  std::size_t end = 2;
  if (less(keyed[1], keyed[0])) {
    while (end < keyed.size() && less(keyed[end], keyed[end - 1])) ++end;
    std::reverse(keyed.begin(), keyed.begin() + static_cast<std::ptrdiff_t>(end));
  } else {
    while (end < keyed.size() && !less(keyed[end], keyed[end - 1])) ++end;
  }
  return end;
}

void insert_rest(Keyed& keyed, std::size_t sorted) {
  for (std::size_t next = sorted; next < keyed.size(); ++next) {
    std::size_t left = 0, right = next;
    while (left < right) {
      const std::size_t middle = left + (right - left) / 2;
      if (less(keyed[next], keyed[middle]))
        right = middle;
      else
        left = middle + 1;
    }
    const auto begin = keyed.begin();
    std::rotate(begin + static_cast<std::ptrdiff_t>(left), begin + static_cast<std::ptrdiff_t>(next),
                begin + static_cast<std::ptrdiff_t>(next) + 1);
  }
}

}  // namespace

void sort_by_key(Keyed& keyed, Direction direction) {
  if (direction == Direction::kDescending) std::reverse(keyed.begin(), keyed.end());
  if (keyed.size() < kMinimumRun)
    insert_rest(keyed, first_run(keyed));
  else
    std::stable_sort(keyed.begin(), keyed.end(), less);
  if (direction == Direction::kDescending) std::reverse(keyed.begin(), keyed.end());
}

}  // namespace jinja
