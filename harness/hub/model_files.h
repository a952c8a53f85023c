// Which files of a model repository a run needs: its configuration, its tokenizer, and its weights in one format. Many
// repositories hold the same weights for PyTorch, Flax, TensorFlow and ONNX; only one is taken.
#pragma once

#include <string>
#include <vector>

namespace hub {

/// The files among `listing` (paths in the repository) that a model folder needs, in the order of the listing. Weights:
/// safetensors, else PyTorch's, else Flax's.
std::vector<std::string> files_of_model(const std::vector<std::string>& listing);

}  // namespace hub
