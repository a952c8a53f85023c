#include "backbones/nn/linear.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

#include "backbones/nn/int8_gemm.h"
#include "backbones/nn/packed_gemm.h"
#include "harness/core/errors.h"

namespace nn {
namespace {

using backbones::ModelOptions;
using backbones::NumberFormat;

template <class Signature>
c10::TypedOperatorHandle<Signature> operator_named(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

/// What follows, by library operators.
at::Tensor followed(at::Tensor y, const After& after) {
  if (after.activation == Activation::kGelu) y = at::gelu(y, "none");
  if (after.activation == Activation::kRelu) y = at::relu_(y);
  return after.residual.defined() ? y.add_(after.residual) : y;
}

Epilogue epilogue_of(const at::Tensor& bias, const After& after) {
  return {bias.defined() ? bias.const_data_ptr<float>() : nullptr, after.activation,
          after.residual.defined() ? after.residual.const_data_ptr<float>() : nullptr};
}

/// Computes a product in as many parts as there are threads.
template <class Product>
void multiply_in_parts(const Product& product) {
  const std::int64_t parts = at::get_num_threads();
  at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) multiply_part(product, part, parts);
  });
}

/// Weights [N_i, K], one under the other.
using Stack = std::vector<at::Tensor>;

std::int64_t outputs_of(const Stack& weights) {
  std::int64_t outputs = 0;
  for (const at::Tensor& weight : weights) outputs += weight.size(0);
  return outputs;
}

at::Tensor joined(const Stack& weights) { return weights.size() == 1 ? weights.front() : at::cat(weights); }

/// Fills a matrix from its weights where they lie; joins them only where a panel would span two.
template <class Matrix>
void pack_in_parts(Matrix& matrix, const Stack& weights) {
  const bool spans = std::any_of(weights.begin(), weights.end() - 1, [&](const at::Tensor& weight) {
    return weight.size(0) % matrix.panel_outputs() != 0;
  });
  std::int64_t begin = 0;
  for (const at::Tensor& weight : spans ? Stack{joined(weights)} : weights) {
    const float* numbers = weight.const_data_ptr<float>();
    const std::int64_t side = matrix.panel_outputs(), panels = (weight.size(0) + side - 1) / side;
    const std::int64_t inputs = weight.size(1);
    at::parallel_for(0, panels, 4, [&](std::int64_t first, std::int64_t last) {
      matrix.pack(numbers + first * side * inputs, begin + first, begin + last);
    });
    begin += panels;
  }
}

class PackedGemm final : public Gemm {
 public:
  PackedGemm(const Stack& weights, PackedMatrix::Format format, bool round_inputs)
      : matrix_(outputs_of(weights), weights.front().size(1), format), round_inputs_(round_inputs) {
    pack_in_parts(matrix_, weights);
  }
  at::Tensor multiply(const at::Tensor& x, const at::Tensor& bias, const After& after) const override {
    const at::Tensor rounded = round_inputs_ ? x.to(at::kBFloat16).to(at::kFloat) : x;
    const float* numbers = rounded.const_data_ptr<float>();
    TiledRows rows(x.size(0), matrix_.inputs());
    at::parallel_for(0, rows.tiles(), 4,
                     [&](std::int64_t first, std::int64_t last) { rows.fill(numbers, first, last); });
    at::Tensor y = at::empty({x.size(0), matrix_.outputs()}, x.options());
    multiply_in_parts(PackedProduct{matrix_, rows, y.mutable_data_ptr<float>(), epilogue_of(bias, after)});
    return y;
  }

 private:
  PackedMatrix matrix_;
  bool round_inputs_;  // to bfloat16
};

class Int8Gemm final : public Gemm {
 public:
  explicit Int8Gemm(const Stack& weights) : matrix_(outputs_of(weights), weights.front().size(1)) {
    pack_in_parts(matrix_, weights);
  }
  at::Tensor multiply(const at::Tensor& x, const at::Tensor& bias, const After& after) const override {
    Int8Rows rows(x.size(0), matrix_.inputs());
    const float* numbers = x.const_data_ptr<float>();
    at::parallel_for(0, rows.tiles(), 2,
                     [&](std::int64_t first, std::int64_t last) { rows.quantize(numbers, first, last); });
    at::Tensor y = at::empty({x.size(0), matrix_.outputs()}, x.options());
    multiply_in_parts(Int8Product{matrix_, rows, y.mutable_data_ptr<float>(), epilogue_of(bias, after)});
    return y;
  }

 private:
  Int8Matrix matrix_;
};

/// oneDNN's packed weights, in float32 or bfloat16.
class OneDnnGemm final : public Gemm {
 public:
  OneDnnGemm(const at::Tensor& weight, at::ScalarType type) : type_(type) {
    using Pack = at::Tensor(const at::Tensor&, std::optional<std::int64_t>);
    static const auto pack = operator_named<Pack>("mkldnn::_reorder_linear_weight");
    // With a batch size the kernel, and so the bits, would depend on it.
    packed_ = pack.call(weight.to(type).contiguous(), std::nullopt);
  }
  at::Tensor multiply(const at::Tensor& x, const at::Tensor& bias, const After& after) const override {
    std::vector<at::Tensor> blocks;
    for (std::int64_t begin = 0; begin < x.size(0); begin += kBlock)
      blocks.push_back(block(x.narrow(0, begin, std::min(kBlock, x.size(0) - begin)), bias));
    return followed(blocks.size() == 1 ? blocks.front() : at::cat(blocks), after);
  }

 private:
  static constexpr std::int64_t kBlock = 512;  // rows: packed weights lose to plain ones above 2,000 otherwise

  at::Tensor block(const at::Tensor& x, const at::Tensor& bias) const {
    using Pointwise =
        at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, std::string_view,
                   c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
    static const auto pointwise = operator_named<Pointwise>("mkldnn::_linear_pointwise");
    const std::optional<at::Tensor> b = bias.defined() ? std::optional(bias.to(type_)) : std::nullopt;
    return pointwise.call(x.to(type_), packed_, b, "none", c10::List<std::optional<at::Scalar>>(), std::nullopt)
        .to(at::kFloat);
  }

  at::ScalarType type_;
  at::Tensor packed_;
};

/// On a GPU, where libtorch's own product is the fast one.
class DeviceGemm final : public Gemm {
 public:
  DeviceGemm(const at::Tensor& weight, at::ScalarType type) : weight_(weight.to(type)) {}
  at::Tensor multiply(const at::Tensor& x, const at::Tensor& bias, const After& after) const override {
    const at::Tensor b = bias.defined() ? bias.to(weight_.scalar_type()) : bias;
    return followed(at::linear(x.to(weight_.scalar_type()), weight_, b).to(at::kFloat), after);
  }

 private:
  at::Tensor weight_;
};

bool multiplies_bfloat16() {
  using Question = bool();
  static const bool answer = operator_named<Question>("mkldnn::_is_mkldnn_bf16_supported").call();
  return answer;
}

/// Whether oneDNN has better float32 kernels for this processor than packed_gemm.h.
bool prefers_onednn() { return at::get_cpu_capability().starts_with("AVX512"); }

enum class Way { kPacked, kInt8, kOneDnn, kDevice };

Way way_of(const ModelOptions& options) {
  if (options.device != "cpu") return Way::kDevice;
  if (options.dtype == NumberFormat::kInt8) return Way::kInt8;
  if (options.dtype == NumberFormat::kBfloat16) return multiplies_bfloat16() ? Way::kOneDnn : Way::kPacked;
  const bool half = options.weights && *options.weights != NumberFormat::kFloat32;
  return !half && prefers_onednn() ? Way::kOneDnn : Way::kPacked;
}

PackedMatrix::Format packed_format(const ModelOptions& options) {
  if (options.dtype == NumberFormat::kBfloat16) return PackedMatrix::Format::kBfloat16;
  if (options.weights == NumberFormat::kFloat16) return PackedMatrix::Format::kFloat16;
  if (options.weights == NumberFormat::kBfloat16) return PackedMatrix::Format::kBfloat16;
  return PackedMatrix::Format::kFloat32;
}

std::shared_ptr<const Gemm> gemm_for(const Stack& weights, const ModelOptions& options) {
  if (options.dtype == NumberFormat::kFloat16)
    throw core::UsageError("--dtype float16: expected float32, bfloat16 or int8 (--weights float16 rounds weights)");
  const at::ScalarType type = options.dtype == NumberFormat::kBfloat16 ? at::kBFloat16 : at::kFloat;
  switch (way_of(options)) {
    case Way::kPacked:
      return std::make_shared<PackedGemm>(weights, packed_format(options), options.dtype == NumberFormat::kBfloat16);
    case Way::kInt8:
      return std::make_shared<Int8Gemm>(weights);
    case Way::kOneDnn:
      return std::make_shared<OneDnnGemm>(joined(weights), type);
    case Way::kDevice:
      break;
  }
  if (options.dtype == NumberFormat::kInt8)
    throw core::UsageError("--dtype int8 is for the CPU: use float32 or bfloat16 on a GPU");
  return std::make_shared<DeviceGemm>(joined(weights), type);
}

}  // namespace

Linear::Linear(const at::Tensor& weight, const at::Tensor& bias, const ModelOptions& options)
    : Linear(std::vector{weight}, bias, options) {}

Linear::Linear(const std::vector<at::Tensor>& weights, const at::Tensor& bias, const ModelOptions& options)
    : bias_(bias) {
  Stack stack;
  for (const at::Tensor& weight : weights) {
    TORCH_CHECK_VALUE(weight.dim() == 2 && weight.scalar_type() == at::kFloat, "Linear: weight must be [N, K] float32");
    stack.push_back(weight.contiguous());
  }
  in_ = stack.at(0).size(1);
  out_ = outputs_of(stack);
  TORCH_CHECK_VALUE(!bias.defined() || (bias.dim() == 1 && bias.size(0) == out_), "Linear: bias must be [N]");
  gemm_ = gemm_for(stack, options);
}

at::Tensor Linear::forward(const at::Tensor& x, const After& after) const {
  TORCH_CHECK_VALUE(x.size(-1) == in_, "Linear: expected [..., ", in_, "], got ", x.sizes());
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = out_;
  TORCH_CHECK_VALUE(!after.residual.defined() || (after.residual.sizes() == shape && after.residual.is_contiguous()),
                    "Linear: the residual must be contiguous and of the result's shape");
  const at::Tensor rows = x.reshape({-1, in_}).contiguous();
  if (rows.size(0) == 0) return at::empty(shape, x.options());
  After flat = after;
  if (after.residual.defined()) flat.residual = after.residual.view({-1, out_});
  return gemm_->multiply(rows, bias_, flat).view(shape);
}

std::string slow_arithmetic(const ModelOptions& options) {
  const bool emulated = options.dtype == NumberFormat::kBfloat16 && way_of(options) == Way::kPacked;
  return emulated
             ? "bfloat16: this processor does not multiply it; the same numbers are computed in float32, which is no "
               "faster than --dtype float32"
             : "";
}

std::string kernel_name(const ModelOptions& options) {
  switch (way_of(options)) {
    case Way::kPacked:
      return "packed " + (options.dtype == NumberFormat::kBfloat16
                              ? std::string("bfloat16")
                              : to_string(options.weights.value_or(NumberFormat::kFloat32)));
    case Way::kInt8:
      return "packed int8";
    case Way::kOneDnn:
      return "oneDNN " + to_string(options.dtype);
    case Way::kDevice:
      break;
  }
  return "libtorch " + to_string(options.dtype);
}

}  // namespace nn
