#include "backbones/nn/attention.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace {

double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

/// softmax(q k^T scale + bias) v in float64; q [H, L, K], k and v [H, S, K].
at::Tensor naive(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias, double scale) {
  at::Tensor scores = at::matmul(q.to(at::kDouble), k.to(at::kDouble).transpose(-1, -2)) * scale;
  if (bias.defined()) scores = scores + bias.to(at::kDouble);
  return at::matmul(at::softmax(scores, -1), v.to(at::kDouble));
}

TEST(GroupLengths, JoinsEqualNeighbours) {
  const std::vector<std::int64_t> lengths{2, 2, 3, 5, 5, 5};
  const auto groups = nn::group_lengths(lengths);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[2].begin, 7);
  EXPECT_EQ(groups[2].count, 3);
  EXPECT_EQ(groups[2].length, 5);
}

struct Width {
  std::int64_t heads, width;
};

TEST(SelfAttention, EqualsFloat64AndSequencesStandAlone) {
  at::manual_seed(6);
  for (const Width w : {Width{3, 16}, Width{8, 64}, Width{12, 64}}) {
    const at::Tensor bias = at::randn({w.heads, 60, 60});
    const auto corner = [&](std::int64_t n) { return bias.narrow(1, 0, n).narrow(2, 0, n); };
    const std::vector<std::int64_t> lengths{1, 1, 4, 4, 4, 17, 60, 60};
    std::int64_t rows = 0;
    for (const std::int64_t length : lengths) rows += length;
    const at::Tensor qkv = at::randn({rows, 3, w.heads, w.width});
    const double scale = 0.3;
    at::set_num_threads(1);
    const at::Tensor all = nn::self_attention(qkv, nn::group_lengths(lengths), corner, scale);
    at::set_num_threads(2);
    EXPECT_TRUE(at::equal(nn::self_attention(qkv, nn::group_lengths(lengths), corner, scale), all));
    at::set_num_threads(1);
    std::int64_t first = 0;
    for (const std::int64_t length : lengths) {
      const at::Tensor own = qkv.narrow(0, first, length), part = all.narrow(0, first, length);
      const at::Tensor heads = own.permute({1, 2, 0, 3});
      EXPECT_LT(largest(naive(heads[0], heads[1], heads[2], corner(length), scale).transpose(0, 1).flatten(1) - part),
                1e-5);
      const std::vector<std::int64_t> alone{length};
      EXPECT_TRUE(at::equal(nn::self_attention(own.clone(), nn::group_lengths(alone), corner, scale), part)) << length;
      first += length;
    }
  }
}

TEST(CrossAttention, EqualsFloat64AndRowsStandAlone) {
  at::manual_seed(7);
  for (const Width w : {Width{3, 16}, Width{8, 64}, Width{12, 64}}) {
    std::vector<nn::CrossCache> caches;
    for (const std::int64_t length : {1, 7, 130})
      caches.push_back({at::randn({w.heads, length, w.width}), at::randn({w.heads, length, w.width})});
    const std::vector<std::int64_t> counts{3, 45, 20};
    const at::Tensor q = at::randn({68, w.heads, w.width}) * 0.4;
    at::set_num_threads(1);
    const at::Tensor all = nn::cross_attention(q, caches, counts);
    at::set_num_threads(2);
    EXPECT_TRUE(at::equal(nn::cross_attention(q, caches, counts), all));
    at::set_num_threads(1);
    std::int64_t row = 0;
    for (std::size_t source = 0; source < caches.size(); ++source)
      for (const std::int64_t end = row + counts[source]; row < end; ++row) {
        const at::Tensor one = q.narrow(0, row, 1);
        const std::vector<std::int64_t> single{1};
        const at::Tensor mine = all.narrow(0, row, 1);
        ASSERT_TRUE(at::equal(nn::cross_attention(one, {&caches[source], 1}, single), mine)) << row;
        ASSERT_LT(largest(naive(one.transpose(0, 1), caches[source].keys, caches[source].values, {}, 1.0).flatten() -
                          mine.flatten()),
                  1e-5);
      }
  }
}

TEST(CrossAttention, SourcesWithoutRowsAreSkipped) {
  const std::vector<nn::CrossCache> caches(2, {at::randn({2, 5, 16}), at::randn({2, 5, 16})});
  const std::vector<std::int64_t> counts{0, 2}, wrong{1, 2};
  EXPECT_EQ(nn::cross_attention(at::randn({2, 2, 16}), caches, counts).sizes(), at::IntArrayRef({2, 32}));
  EXPECT_ANY_THROW(nn::cross_attention(at::randn({2, 2, 16}), caches, wrong));
}

TEST(RowAttention, EqualsFloat64AndRowsStandAlone) {
  at::manual_seed(8);
  for (const Width w : {Width{3, 16}, Width{8, 64}, Width{12, 64}}) {
    const at::Tensor pool = at::randn({90, 2, w.heads, w.width}), bias = at::randn({w.heads, 70});
    const at::Tensor q = at::randn({12, 3, w.heads, w.width}).select(1, 0);  // rows of a wider tensor
    nn::KeyLists keys;
    for (std::int64_t r = 0; r < q.size(0); ++r) {
      const at::Tensor list = at::randperm(90).narrow(0, 0, 1 + r * 5);
      for (std::int64_t k = 0; k < list.numel(); ++k) keys.rows.push_back(list[k].item<std::int32_t>());
      keys.begin.push_back(static_cast<std::int64_t>(keys.rows.size()));
    }
    at::set_num_threads(1);
    const at::Tensor all = nn::row_attention(q, pool, keys, bias);
    at::set_num_threads(2);
    EXPECT_TRUE(at::equal(nn::row_attention(q, pool, keys, bias), all));
    at::set_num_threads(1);
    for (std::int64_t r = 0; r < q.size(0); ++r) {
      nn::KeyLists own;
      own.rows.assign(keys.rows.begin() + keys.begin[r], keys.rows.begin() + keys.begin[r + 1]);
      own.begin.push_back(static_cast<std::int64_t>(own.rows.size()));
      ASSERT_TRUE(at::equal(nn::row_attention(q.narrow(0, r, 1), pool, own, bias), all.narrow(0, r, 1))) << r;
      const at::Tensor held = pool.index_select(0, at::tensor(own.rows)).permute({1, 2, 0, 3});  // [2, H, N, K]
      const at::Tensor by_key = bias.narrow(1, 0, own.begin[1]).flip(1).unsqueeze(1);            // [H, 1, N]
      ASSERT_LT(largest(naive(q[r].unsqueeze(1), held[0], held[1], by_key, 1.0).flatten() - all[r]), 1e-5) << r;
    }
  }
}

}  // namespace
