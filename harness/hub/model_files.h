// Which files of a model repository a run needs: its configuration, its tokenizer, and its weights in one format. Many
// repositories hold the same weights for PyTorch, Flax, TensorFlow and ONNX; only one is taken.
#pragma once

#include <string>
#include <vector>

namespace hub {

/// The files among `listing` (paths in the repository) that a model folder needs, in the order of the listing. Weights:
/// safetensors, else PyTorch's, else Flax's.
std::vector<std::string> files_of_model(const std::vector<std::string>& listing);
/// The same without the weights.
std::vector<std::string> files_of_tokenizer(const std::vector<std::string>& listing);
/// Whether it is a file of weights, or the index of such files, in one of those formats.
bool is_weight_file(const std::string& path);

}  // namespace hub
