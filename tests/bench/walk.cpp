// What reading a JSON file costs at least: simdjson walks over all of its values, strings and numbers decoded.
//   walk FILE    prints how many values it holds
#include <simdjson.h>

#include <cstdio>

namespace {

std::size_t walk(simdjson::ondemand::value value) {
  std::size_t count = 1;
  switch (value.type()) {
    case simdjson::ondemand::json_type::object:
      for (auto field : value.get_object()) {
        count += field.unescaped_key().value().size() > 0;
        count += walk(field.value());
      }
      break;
    case simdjson::ondemand::json_type::array:
      for (auto each : value.get_array()) count += walk(each.value());
      break;
    case simdjson::ondemand::json_type::string:
      count += value.get_string().value().size() > 0;
      break;
    case simdjson::ondemand::json_type::number:
      count += value.get_double().value() != 0;
      break;
    default:
      break;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: walk FILE\n", stderr), 2;
  try {
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text = simdjson::padded_string::load(argv[1]);
    auto document = parser.iterate(text);
    std::printf("%zu\n", walk(document.get_value()));
    return 0;
  } catch (const simdjson::simdjson_error& error) {
    std::fprintf(stderr, "walk: %s\n", error.what());
    return 1;
  }
}
