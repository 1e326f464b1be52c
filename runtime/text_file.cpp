#include "runtime/text_file.hpp"

#include "graph/formats/output.hpp"

namespace rw::runtime {

void write_text(const std::filesystem::path& path, std::string_view text,
                std::span<const std::shared_ptr<const graph::MappedFile>> inputs) {
  graph::Output output(inputs, false);
  output.add(path, text.size()).write(text);
  output.commit();
}

}  // namespace rw::runtime
