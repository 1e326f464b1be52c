#include "runtime/text/text_file.hpp"

#include "graph/formats/output/output.hpp"

namespace rw::runtime {

void write_text(const std::filesystem::path& path, std::string_view text) {
  graph::Output output({}, false);
  output.add(path, text.size()).write(text);
  output.commit();
}

}  // namespace rw::runtime
