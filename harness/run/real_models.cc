#include "backbones/new_model.h"
#include "harness/run/models.h"

namespace run {

ModelSource real_models() {
  return {backbones::load_backbone, cappy::load_scorer, backbones::make_new_model, backbones::has_random_weights};
}

}  // namespace run
