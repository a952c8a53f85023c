#include "backbones/decoding/beam_search.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "backbones/decoding/logits.h"

namespace decoding {

BeamSearch::BeamSearch(const backbones::Decoding& decoding, const EndRule& rule)
    : decoding_(decoding), rule_(rule), excluded_(is_flax() ? -1e7 : -1e9) {
  if (decoding.num_beams < 1 || decoding.num_return_sequences > decoding.num_beams) {
    throw std::invalid_argument("beam search: num_return_sequences must be at most num_beams");
  }
  const auto beams = static_cast<std::size_t>(decoding.num_beams);
  running_.resize(beams);  // all start alike: only the first may win the first step
  for (std::size_t i = 1; i < beams; ++i) running_[i].sum = excluded_;
  finished_.resize(beams);
  for (Finished& slot : finished_) slot.score = excluded_;
}

BeamSearch::Beam BeamSearch::extended(const Extension& extension) const {
  Beam beam = running_[static_cast<std::size_t>(extension.row)];
  beam.ids.push_back(extension.token);
  beam.sum = extension.sum;
  beam.log_likelihood = extension.log_likelihood;
  return beam;
}

bool BeamSearch::stops(const Extension& extension) const {
  if (extension.token == rule_.end_token) return true;
  return !is_flax() && rule_.end(extended(extension).ids).has_value();
}

/// The best 2b continuations, best first.
std::vector<BeamSearch::Extension> BeamSearch::best_extensions(const LogitRows& logits) const {
  const std::size_t count = 2 * running_.size();
  std::vector<Extension> extensions;
  for (std::int64_t row = 0; row < logits.rows; ++row) {
    const std::span<float> values = logits.row(row);
    const double log_sum = log_sum_exp(values);  // before the minimum length: the model's own distribution
    rule_.apply(values, generated_);
    const Beam& beam = running_[static_cast<std::size_t>(row)];
    for (const auto& [token, logit] : top_k(values, count)) {
      const double log_probability = logit - log_sum;
      extensions.push_back({row, token, beam.sum + log_probability, beam.log_likelihood + log_probability, false});
    }
  }
  std::stable_sort(extensions.begin(), extensions.end(), [](const Extension& a, const Extension& b) {
    if (a.sum != b.sum) return a.sum > b.sum;
    return a.row != b.row ? a.row < b.row : a.token < b.token;
  });
  extensions.resize(std::min(extensions.size(), count));
  for (Extension& extension : extensions) extension.stops = stops(extension);
  return extensions;
}

/// The best b of the finished so far and the newly finished, of equals the older.
void BeamSearch::add_finished(const std::vector<Extension>& extensions) {
  const std::size_t may_finish = is_flax() ? extensions.size() : running_.size();
  const double norm = std::pow(static_cast<double>(generated_ + 1), decoding_.length_penalty);
  for (std::size_t rank = 0; rank < std::min(may_finish, extensions.size()); ++rank) {
    if (extensions[rank].stops) finished_.push_back({extended(extensions[rank]), extensions[rank].sum / norm, true});
  }
  std::stable_sort(finished_.begin(), finished_.end(),
                   [](const Finished& a, const Finished& b) { return a.score > b.score; });
  finished_.resize(running_.size());
}

/// The best b that did not stop become the running beams. Where fewer are left (a vocabulary of hardly more tokens than
/// beams, or the length limit), stopped ones fill up with the penalty that keeps them from winning.
std::vector<Continuation> BeamSearch::keep_running(const std::vector<Extension>& extensions) {
  std::vector<Extension> candidates = extensions;
  for (Extension& extension : candidates) {
    if (extension.stops) extension.sum += excluded_;
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Extension& a, const Extension& b) { return a.sum > b.sum; });
  candidates.resize(std::min(candidates.size(), running_.size()));
  std::vector<Beam> next;
  std::vector<Continuation> continuations;
  for (const Extension& extension : candidates) {
    next.push_back(extended(extension));
    continuations.push_back({extension.row, extension.token});
  }
  running_ = std::move(next);
  return continuations;
}

/// The stop test, after a step.
bool BeamSearch::is_over() const {
  using Early = backbones::Decoding::EarlyStopping;
  if (generated_ >= rule_.most_generated()) return true;
  const bool full = std::all_of(finished_.begin(), finished_.end(), [](const Finished& slot) { return slot.filled; });
  if (full && decoding_.early_stopping == Early::kTrue) return true;
  const bool hopes_for_longest = decoding_.early_stopping == Early::kNever && decoding_.length_penalty > 0;
  const std::int64_t length = (hopes_for_longest ? rule_.most_generated() : generated_) + (is_flax() ? 1 : 0);
  const double best = running_.front().sum / std::pow(static_cast<double>(length), decoding_.length_penalty);
  const double worst = full ? finished_.back().score : excluded_;
  return !(best > worst);
}

std::vector<Continuation> BeamSearch::advance(const LogitRows& logits) {
  if (logits.rows != static_cast<std::int64_t>(running_.size())) {
    throw std::invalid_argument("BeamSearch: expected the logits of every beam");
  }
  const std::vector<Extension> extensions = best_extensions(logits);
  add_finished(extensions);
  std::vector<Continuation> continuations = keep_running(extensions);
  ++generated_;
  if (is_over()) return {};
  return continuations;
}

std::vector<Sequence> BeamSearch::sequences() const {
  std::vector<const Beam*> beams;
  for (const Finished& slot : finished_) {
    if (slot.filled) beams.push_back(&slot.beam);
  }
  for (const Beam& beam : running_) beams.push_back(&beam);
  beams.resize(static_cast<std::size_t>(decoding_.num_return_sequences));
  std::vector<Sequence> sequences;
  for (const Beam* beam : beams) {
    Sequence sequence;
    sequence.ids = beam->ids;
    sequence.log_likelihood = beam->log_likelihood;
    sequence.end = rule_.end(beam->ids).value_or(core::End::kLength);
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

}  // namespace decoding
