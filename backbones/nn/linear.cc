#include "backbones/nn/linear.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <fmt/format.h>

#include "harness/core/errors.h"

namespace nn {
namespace {

constexpr std::int64_t kBlock = 512;  // rows of one call: packed weights lose to plain ones above 2,000 rows otherwise

using Pack = at::Tensor(const at::Tensor&, std::optional<std::int64_t>);
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, std::string_view,
                             c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

template <class Signature>
c10::TypedOperatorHandle<Signature> operator_named(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

at::Tensor pack(const at::Tensor& weight) {
  static const auto op = operator_named<Pack>("mkldnn::_reorder_linear_weight");
  return op.call(weight, std::nullopt);  // with a batch size the kernel, and so the bits, would depend on it
}

at::Tensor multiply_packed(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias) {
  static const auto op = operator_named<Pointwise>("mkldnn::_linear_pointwise");
  const std::optional<at::Tensor> b = bias.defined() ? std::optional(bias) : std::nullopt;
  return op.call(x, packed, b, "none", c10::List<std::optional<at::Scalar>>(), std::nullopt);
}

}  // namespace

Linear::Linear(const at::Tensor& weight, const at::Tensor& bias, const backbones::ModelOptions& options) : bias_(bias) {
  if (options.dtype != backbones::NumberFormat::kFloat32)
    throw core::ConfigError(
        fmt::format("not built yet: --dtype {} (use float32; --weights rounds weights)", to_string(options.dtype)));
  TORCH_CHECK_VALUE(weight.dim() == 2 && weight.scalar_type() == at::kFloat, "Linear: weight must be [N, K] float32");
  TORCH_CHECK_VALUE(!bias.defined() || (bias.dim() == 1 && bias.size(0) == weight.size(0)), "Linear: bias must be [N]");
  in_ = weight.size(1);
  out_ = weight.size(0);
  packed_ = weight.is_cpu() ? pack(weight.contiguous()) : weight;
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  TORCH_CHECK_VALUE(x.size(-1) == in_, "Linear: expected [..., ", in_, "], got ", x.sizes());
  if (!packed_.is_mkldnn()) return at::linear(x, packed_, bias_);
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = out_;
  const at::Tensor rows = x.reshape({-1, in_}).contiguous();
  if (rows.size(0) == 0) return at::empty(shape, x.options());
  if (rows.size(0) <= kBlock) return multiply_packed(rows, packed_, bias_).view(shape);
  at::Tensor y = at::empty({rows.size(0), out_}, x.options());
  for (std::int64_t begin = 0; begin < rows.size(0); begin += kBlock) {
    const std::int64_t count = std::min(kBlock, rows.size(0) - begin);
    y.narrow(0, begin, count).copy_(multiply_packed(rows.narrow(0, begin, count), packed_, bias_));
  }
  return y.view(shape);
}

}  // namespace nn
