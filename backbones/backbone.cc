#include "backbones/backbone.h"

#include "backbones/t5_backbone.h"

namespace backbones {

// T5 is the one architecture so far; its configuration refuses every other by name.
std::unique_ptr<Backbone> load_backbone(const ModelOptions& options) { return std::make_unique<T5Backbone>(options); }

}  // namespace backbones
