#include "backbones/decoding/candidates.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "backbones/batch_budget.h"
#include "backbones/decoding/beam_search.h"
#include "backbones/decoding/single_search.h"
#include "harness/core/hash.h"

namespace decoding {
namespace {

/// A search and the place of its rows in the batch. Flights stand in the order of source, decoding, draw.
struct Flight {
  std::unique_ptr<Search> search;
  std::size_t source;
  std::size_t decoding;
  std::int64_t draw;
  std::int64_t rows;       // that the search reads
  std::int64_t first_row;  // of the batch
  bool fresh = true;       // it has taken no step: its rows are one row of the batch, which all of its source share
  std::vector<Continuation> next = {};
};

void check(const backbones::GenerationOptions& options, const Network& network) {
  if (options.decodings.empty()) throw std::invalid_argument("decode: no decoding was asked for");
  if (options.max_length < 2) {
    throw std::invalid_argument(fmt::format(
        "decode: max_length {} leaves no room: it counts the decoder start token, so at least 2", options.max_length));
  }
  if (const std::int64_t most = network.most_positions(); most >= 0 && options.max_length > most + 1) {
    throw std::invalid_argument(fmt::format("max_length {} is above what this model has positions for: at most {}",
                                            options.max_length, most + 1));
  }
  for (const backbones::Decoding& decoding : options.decodings) {
    if (decoding.do_sample && decoding.num_beams != 1)
      throw std::invalid_argument("decode: sampling with several beams is not supported");
    if (!decoding.stop_strings.empty() && options.protocol == backbones::Protocol::kCappy2023)
      throw std::invalid_argument("decode: the protocol cappy-2023 knows no stop strings");
  }
}

/// What the decodings are made of, once for all sources.
struct Decoder {
  std::vector<std::shared_ptr<const Sampler>> samplers;          // by decoding; none: no sampling
  std::vector<std::shared_ptr<const StopStrings>> stop_strings;  // by decoding; none: no stop strings
  std::vector<std::uint64_t> keys;                               // by decoding: of the random numbers

  Decoder(const backbones::GenerationOptions& options, const TokenTexts& texts) {
    for (const backbones::Decoding& decoding : options.decodings) {
      samplers.push_back(decoding.do_sample ? std::make_shared<const Sampler>(decoding, options.protocol) : nullptr);
      stop_strings.push_back(
          decoding.stop_strings.empty() ? nullptr : std::make_shared<const StopStrings>(decoding.stop_strings, texts));
      keys.push_back(core::hash64(backbones::parameters_json(decoding)));
    }
  }
};

/// The searches of one batch, from their first rows to their results.
class Flights {
 public:
  Flights(const Network& network, const backbones::GenerationOptions& options, const TokenTexts& texts)
      : network_(network), options_(options), decoder_(options, texts) {}

  /// The searches of a source, all of them on one new row of the batch. Returns the token that it is fed.
  std::int32_t take_off(const Source& source, std::size_t place) {
    EndRule rule{network_.end_token(), options_.max_length, options_.min_length, options_.protocol,
                 network_.prompt(source.ids)};
    if (rule.most_generated() < 1) {
      throw std::invalid_argument(fmt::format(
          "a prompt of {} tokens and max_length {} leave no room: for a decoder alone max_length counts the "
          "prompt, too",
          rule.prompt.size(), options_.max_length));
    }
    for (std::size_t i = 0; i < options_.decodings.size(); ++i) {
      rule.stop_strings = decoder_.stop_strings[i];
      add({place, i, source.instruction}, rule);
    }
    ++rows_;
    return rule.prompt.back();
  }

  bool empty() const { return flights_.empty(); }
  /// Places of the sources in flight, ascending.
  std::vector<std::size_t> sources() const {
    std::vector<std::size_t> places;
    for (const Flight& flight : flights_)
      if (places.empty() || places.back() != flight.source) places.push_back(flight.source);
    return places;
  }
  /// Of the batch.
  std::int64_t rows() const { return rows_; }

  /// Lets every search read its rows of the logits [R, V].
  void advance(const at::Tensor& logits) {
    float* const values = logits.data_ptr<float>();
    const std::int64_t vocabulary = logits.size(1);
    at::parallel_for(0, static_cast<std::int64_t>(flights_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> copies;  // searches write into their logits
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        Flight& flight = flights_[i];
        float* own = values + flight.first_row * vocabulary;
        if (flight.fresh) {
          copies.resize(static_cast<std::size_t>(flight.rows * vocabulary));
          for (std::int64_t row = 0; row < flight.rows; ++row)
            std::copy_n(own, vocabulary, copies.data() + row * vocabulary);
          own = copies.data();
        }
        flight.next = flight.search->advance({own, flight.rows, vocabulary});
      }
    });
  }

  /// The rows of the next step as the session selects them, and their tokens.
  struct NextRows {
    std::vector<std::int64_t> rows;
    std::vector<std::int32_t> tokens;
  };
  NextRows gather() {
    NextRows next;
    for (Flight& flight : flights_) {
      const auto first = static_cast<std::int64_t>(next.rows.size());
      for (const auto& [row, token] : flight.next) {
        next.rows.push_back(flight.first_row + (flight.fresh ? 0 : row));
        next.tokens.push_back(token);
      }
      flight.rows = static_cast<std::int64_t>(flight.next.size());
      flight.first_row = first;
      flight.fresh = false;
    }
    rows_ = static_cast<std::int64_t>(next.rows.size());
    return next;
  }

  /// Moves the sequences of finished searches to their sources.
  void land(std::vector<std::vector<Sequence>>& results) {
    for (const Flight& flight : flights_) {
      if (flight.rows > 0) continue;
      std::int64_t draw = flight.draw;
      for (Sequence& sequence : flight.search->sequences()) {
        sequence.decoding = flight.decoding;
        sequence.draw = draw++;
        results[flight.source].push_back(std::move(sequence));
      }
    }
    std::erase_if(flights_, [](const Flight& flight) { return flight.rows == 0; });
  }

 private:
  struct Place {
    std::size_t source, decoding;
    std::uint64_t instruction;
  };

  /// The searches of one decoding over one source: a beam search, a greedy search, or one search a draw.
  void add(const Place& place, const EndRule& rule) {
    const backbones::Decoding& decoding = options_.decodings[place.decoding];
    const auto fly = [&](std::unique_ptr<Search> search, std::int64_t draw, std::int64_t rows) {
      flights_.push_back({std::move(search), place.source, place.decoding, draw, rows, rows_});
    };
    if (!decoding.do_sample && decoding.num_beams > 1)
      return fly(std::make_unique<BeamSearch>(decoding, rule), 0, decoding.num_beams);
    if (!decoding.do_sample) return fly(std::make_unique<SingleSearch>(rule, std::nullopt), 0, 1);
    core::DrawKey key{options_.seed, place.instruction, decoder_.keys[place.decoding], 0};
    for (std::int64_t draw = 0; draw < decoding.num_return_sequences; ++draw) {
      key.draw = static_cast<std::uint32_t>(draw);
      fly(std::make_unique<SingleSearch>(rule, Draw{decoder_.samplers[place.decoding], key}), draw, 1);
    }
  }

  const Network& network_;
  const backbones::GenerationOptions& options_;
  Decoder decoder_;
  std::vector<Flight> flights_;
  std::int64_t rows_ = 0;
};

bool is_identity(const std::vector<std::int64_t>& rows, std::int64_t count) {
  if (static_cast<std::int64_t>(rows.size()) != count) return false;
  for (std::int64_t i = 0; i < count; ++i) {
    if (rows[static_cast<std::size_t>(i)] != i) return false;
  }
  return true;
}

/// [R, V] float32 on the CPU; throws where the network returned another shape.
at::Tensor checked(const at::Tensor& logits, std::size_t rows, std::int64_t vocabulary) {
  if (logits.dim() != 2 || logits.size(0) != static_cast<std::int64_t>(rows) || logits.size(1) != vocabulary ||
      logits.scalar_type() != at::kFloat) {
    throw std::runtime_error(fmt::format("decode: expected logits of shape [{}, {}]", rows, vocabulary));
  }
  return logits.to(at::kCPU).contiguous();
}

}  // namespace

std::int64_t rows_per_source(const backbones::GenerationOptions& options) {
  std::int64_t rows = 0;
  for (const backbones::Decoding& decoding : options.decodings) {
    rows += decoding.do_sample ? decoding.num_return_sequences : decoding.num_beams;
  }
  return rows;
}

namespace {

/// Sources on their way into the batch: as many at a time as the budget holds beside those in flight.
class Queue {
 public:
  Queue(const Network& network, std::span<const Source> sources, const backbones::GenerationOptions& options)
      : sources_(sources), budget_(backbones::budget_of(options.batch_tokens)), rows_(rows_per_source(options)) {
    for (const Source& source : sources) {
      const auto tokens = static_cast<std::int64_t>(source.ids.size());
      costs_.push_back({tokens, rows_, (tokens + rows_ * options.max_length) * network.cache_bytes_per_token()});
    }
  }

  bool empty() const { return first_ == sources_.size(); }

  /// Takes the next sources off, none while enough rows are in flight; calls `take(source, place)` for each.
  template <class Take>
  void refill(const Flights& flights, const Take& take) {
    if (empty() || 2 * flights.rows() > budget_.rows) return;
    backbones::BatchBudget held{0, flights.rows(), 0};
    for (const std::size_t place : flights.sources()) held.cache_bytes += costs_[place].cache_bytes;
    const std::size_t begin = first_;
    while (!empty() && ((first_ == begin && flights.empty()) || budget_.holds(held + costs_[first_]))) {
      held = held + costs_[first_];
      take(sources_[first_], first_);
      ++first_;
    }
  }

 private:
  std::span<const Source> sources_;
  backbones::BatchBudget budget_;
  std::int64_t rows_;
  std::vector<backbones::BatchBudget> costs_;  // of each source
  std::size_t first_ = 0;                      // of those that wait
};

}  // namespace

std::vector<std::vector<Sequence>> decode(const Network& network, std::span<const Source> sources,
                                          const backbones::GenerationOptions& options, const TokenTexts& texts) {
  check(options, network);
  std::vector<std::vector<Sequence>> results(sources.size());
  Flights flights(network, options, texts);
  Queue queue(network, sources, options);
  std::unique_ptr<DecoderSession> session;
  std::vector<std::int32_t> tokens;
  while (true) {
    std::vector<Ids> fresh;
    queue.refill(flights, [&](const Source& source, std::size_t place) {
      fresh.push_back(source.ids);
      tokens.push_back(flights.take_off(source, place));
    });
    if (flights.empty()) break;
    if (!session) {
      session = network.encode(fresh);
      session->start(std::vector<std::int64_t>(fresh.size(), 1));
    } else if (!fresh.empty()) {
      session->add(fresh);
    }
    flights.advance(checked(session->step(tokens), tokens.size(), network.vocabulary_size()));
    const Flights::NextRows next = flights.gather();
    flights.land(results);
    if (flights.empty()) {
      session.reset();
    } else if (!is_identity(next.rows, static_cast<std::int64_t>(tokens.size()))) {
      session->select(next.rows);
    }
    tokens = next.tokens;
  }
  for (std::vector<Sequence>& sequences : results) {
    std::sort(sequences.begin(), sequences.end(), [](const Sequence& a, const Sequence& b) {
      return std::pair(a.decoding, a.draw) < std::pair(b.decoding, b.draw);
    });
  }
  return results;
}

}  // namespace decoding
