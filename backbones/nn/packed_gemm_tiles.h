// The kernels of packed_gemm.cc, which includes this file once for every set of instructions, each time in a namespace
// of its own: no include guard.

/// Eight numbers of a packed matrix, as a kernel reads them.
struct EightFloat32 {
  using Number = float;
  NN_INLINE static Floats read(const float* from) { return load(from); }
};

struct EightBfloat16 {
  using Number = std::uint16_t;
  NN_INLINE static Floats read(const std::uint16_t* from) {
    Words words;
    std::memcpy(&words, from, sizeof words);
    const Unsigned bits = __builtin_convertvector(words, Unsigned) << 16;
    Floats v;
    std::memcpy(&v, &bits, sizeof v);
    return v;
  }
};

struct EightFloat16 {
  using Number = std::uint16_t;
  NN_INLINE static Floats read(const std::uint16_t* from) {
#if defined(NN_WIDENS_HALVES)
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#else
    Floats v;
    for (int i = 0; i < kLanes; ++i) {
      _Float16 half;
      std::memcpy(&half, from + i, sizeof half);
      v[i] = static_cast<float>(half);
    }
    return v;
#endif
  }
};

/// At most six rows times one panel's block.
struct Tile {
  const float* a;  // [depth][rows]
  const void* b;   // [depth][16] of the format
  std::int64_t depth;
  float* y;  // row r at y + r * stride, `columns` of its 16 numbers exist
  std::int64_t stride, columns;
  bool first, last;   // of the blocks: whether y holds nothing yet; whether the epilogue follows
  Epilogue epilogue;  // its pointers are at the tile's own columns and rows
};

/// Eight of a row's sums into y, of which `count` exist.
NN_INLINE void put(const Tile& t, Floats v, std::int64_t row, std::int64_t column, std::int64_t count) {
  const std::int64_t at = row * t.stride + column;
  if (!t.first) v += load_part(t.y + at, count, 0);
  if (t.last) v = finish(v, shifted(t.epilogue, at, column), count);
  store_part(t.y + at, v, count);
}

/// Sums [rows][16] of a tile into y.
[[gnu::noinline]] void put_tile(const Tile& t, const float* sums, std::int64_t rows) {
  if (t.columns == kPanel && !t.last) {  // most often
    for (std::int64_t row = 0; row < rows; ++row, sums += kPanel) {
      float* y = t.y + row * t.stride;
      store(y, t.first ? load(sums) : load(sums) + load(y));
      store(y + kLanes, t.first ? load(sums + kLanes) : load(sums + kLanes) + load(y + kLanes));
    }
    return;
  }
  for (std::int64_t row = 0; row < rows; ++row, sums += kPanel) {
    if (t.columns == kPanel) {
      put(t, load(sums), row, 0, kLanes);
      put(t, load(sums + kLanes), row, kLanes, kLanes);
    } else {
      for (std::int64_t column = 0; column < t.columns; column += kLanes)
        put(t, load(sums + column), row, column, t.columns - column);
    }
  }
}

template <class Eight, int kRows>
[[gnu::noinline]] void multiply_tile(const Tile& t) {
  Floats sums[kRows][2];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    sums[r][0] = sums[r][1] = Floats{};
    __builtin_prefetch(t.y + r * t.stride, 1);
  }
  const float* a = t.a;
  const auto* b = static_cast<const typename Eight::Number*>(t.b);
  for (std::int64_t k = 0; k < t.depth; ++k, a += kRows, b += kPanel) {
    const Floats low = Eight::read(b), high = Eight::read(b + kLanes);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const Floats x = a[r] - Floats{};
      sums[r][0] += x * low;
      sums[r][1] += x * high;
    }
  }
  float rows[kRows * kPanel];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    store(rows + r * kPanel, sums[r][0]);
    store(rows + r * kPanel + kLanes, sums[r][1]);
  }
  put_tile(t, rows, kRows);
}

template <class Eight>
void multiply_rows(const Tile& t, std::int64_t rows) {
  switch (rows) {
    case 1:
      return multiply_tile<Eight, 1>(t);
    case 2:
      return multiply_tile<Eight, 2>(t);
    case 3:
      return multiply_tile<Eight, 3>(t);
    case 4:
      return multiply_tile<Eight, 4>(t);
    case 5:
      return multiply_tile<Eight, 5>(t);
    default:
      return multiply_tile<Eight, 6>(t);
  }
}

/// Asks for the lines of what comes next, a share for each of `shares` tiles.
struct Ahead {
  const char* next;
  std::int64_t lines;
  void fetch() {
    for (std::int64_t i = 0; i < lines; ++i) __builtin_prefetch(next + i * kLineBytes, 0, 2);
    next += lines * kLineBytes;
  }
};

/// All tiles of `rows` interleaved rows and one panel. Several tiles read a block in 16 bits widened, from `room`.
template <class Eight>
void multiply_panel(Tile t, std::int64_t rows, Ahead ahead, float* room) {
  if constexpr (!std::is_same_v<Eight, EightFloat32>) {
    if (rows > kTileRows) {
      const auto* numbers = static_cast<const typename Eight::Number*>(t.b);
      for (std::int64_t i = 0; i < t.depth * kPanel; i += kLanes) store(room + i, Eight::read(numbers + i));
      t.b = room;
      return multiply_panel<EightFloat32>(t, rows, ahead, nullptr);
    }
  }
  for (std::int64_t row = 0; row < rows; row += kTileRows) {
    const std::int64_t count = std::min(kTileRows, rows - row);
    ahead.fetch();
    multiply_rows<Eight>(t, count);
    t.a += count * t.depth;
    t.y += count * t.stride;
    if (t.epilogue.residual) t.epilogue.residual += count * t.stride;
  }
}

/// The block of the panel that begins at k, for some tiles.
template <class Eight>
void multiply_block(const PackedProduct& p, Range tiles, std::int64_t panel, std::int64_t k, float* room) {
  const PackedMatrix& w = p.weight;
  const std::int64_t row = tiles.begin * kTileRows, column = panel * kPanel, at = row * w.outputs() + column;
  const std::int64_t depth = std::min(w.depth(), w.inputs() - k), bytes = depth * kPanel * bytes_of(w.format());
  const std::int64_t count = tiles.end - tiles.begin;
  const void* block = w.block(k, depth, panel);
  multiply_panel<Eight>({.a = p.x.block(k, depth, tiles.begin),
                         .b = block,
                         .depth = depth,
                         .y = p.y + at,
                         .stride = w.outputs(),
                         .columns = std::min(kPanel, w.outputs() - column),
                         .first = k == 0,
                         .last = k + depth == w.inputs(),
                         .epilogue = shifted(p.epilogue, at, column)},
                        std::min(p.x.rows() - row, count * kTileRows),
                        {static_cast<const char*>(block) + bytes, (bytes / kLineBytes + count - 1) / count}, room);
}

template <class Eight>
void multiply_range(const PackedProduct& p, Range panels) {
  const std::int64_t inputs = p.weight.inputs();
  thread_local std::vector<float> room(kPanel * kMostDepth);
  for (std::int64_t first = panels.begin; first < panels.end; first += kPanelGroup)
    for (std::int64_t tile = 0; tile < p.x.tiles(); tile += kBlockTiles)
      for (std::int64_t k = 0; k < inputs; k += p.weight.depth())
        for (std::int64_t panel = first; panel < std::min(first + kPanelGroup, panels.end); ++panel)
          multiply_block<Eight>(p, {tile, std::min(tile + kBlockTiles, p.x.tiles())}, panel, k, room.data());
}

void multiply(const PackedProduct& p, Range panels) {
  switch (p.weight.format()) {
    case Format::kFloat32:
      return multiply_range<EightFloat32>(p, panels);
    case Format::kFloat16:
      return multiply_range<EightFloat16>(p, panels);
    case Format::kBfloat16:
      return multiply_range<EightBfloat16>(p, panels);
  }
}
