#include "backbones/backbone.h"

#include "backbones/config_file.h"
#include "backbones/opt.h"
#include "backbones/t5.h"
#include "backbones/text_backbone.h"

namespace backbones {

std::unique_ptr<Backbone> load_backbone(const ModelOptions& options) {
  const ConfigFile file(options.folder / "config.json");
  const std::string type = file.string_or("model_type", "");
  std::unique_ptr<const decoding::Network> network;
  if (type == "t5") {
    network = std::make_unique<T5>(options);
  } else if (type == "opt") {
    network = std::make_unique<Opt>(options);
  } else {
    file.fail("model_type", "'" + type + "': expected t5 or opt, the backbones that there are");
  }
  return std::make_unique<TextBackbone>(std::move(network), tokenizer::load_tokenizer(options.folder),
                                        type == "opt" ? Architecture::kDecoderOnly : Architecture::kEncoderDecoder);
}

}  // namespace backbones
