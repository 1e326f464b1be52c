#include "runtime/text/text_file.hpp"

#include "graph/formats/output/output.hpp"

namespace rw::runtime {

void write_text(const std::filesystem::path& path, std::string_view text) {
  graph::Output output({}, false);
  output.add_text(path, text);
  output.commit();
}

}  // namespace rw::runtime
