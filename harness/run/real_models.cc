#include "backbones/new_model.h"
#include "backbones/nn/device.h"
#include "harness/run/models.h"

namespace run {

ModelSource real_models() {
  return {backbones::load_backbone, cappy::load_scorer, backbones::make_new_model, backbones::has_random_weights,
          [](const std::string& device) { nn::device_from(device); }};
}

}  // namespace run
