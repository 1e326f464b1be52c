#include "graph/formats/onnx/relocation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/formats/output/beside.hpp"

namespace rw::graph::onnx {
namespace {

constexpr std::uint64_t kPage = 4096, kLine = 64;  // runtimes map tensors that begin at a page
constexpr std::string_view kEnding = ".onnx.data";

}  // namespace

Relocation::Relocation(const Model& model, const OnnxOrigin& origin, const std::filesystem::path& out, bool changed)
    : moves_(changed), data_(model.sources) {
  if (moves_) kept_.reserve(origin.initializers.size());
  for (const std::string& location : external_locations(origin.file->text(), !moves_)) {
    const auto known = std::find_if(origin.external.files().begin(), origin.external.files().end(),
                                    [&](const ExternalFiles::File& each) { return each.location == location; });
    const auto file = known != origin.external.files().end() ? known->file : open_beside(model.path, location);
    if (identity_of(out.parent_path() / location) != file->identity()) copies_.push_back({location, file});
  }
  name(out.stem().string());
}

std::string Relocation::ending(std::size_t copy) const {
  if (copies_.size() == 1 && !moves_) return std::string(kEnding);
  return fmt::format("-{:05}-of-{:05}{}", copy + 1, copies_.size(), kEnding);
}

void Relocation::name(std::string_view stem) {
  stem_ = stem;
  location_ = fmt::format("{}{}", stem, kEnding);
  for (std::size_t i = 0; i < copies_.size(); ++i) renames_[copies_[i].location] = fmt::format("{}{}", stem, ending(i));
}

ExternalPlace Relocation::align(std::span<const std::byte> bytes, std::uint64_t size) {
  // What began at a page begins at a page.
  const bool page = reinterpret_cast<std::uintptr_t>(bytes.data()) % kPage == 0;
  const std::uint64_t step = page ? kPage : kLine;
  data_.zeros((step - data_.size() % step) % step);
  return {location_, data_.size(), size};
}

ExternalPlace Relocation::keep(std::span<const std::byte> bytes) {
  const Range key(bytes.data(), bytes.size());
  if (const auto found = kept_.find(key); found != kept_.end()) return {location_, found->second, bytes.size()};
  const ExternalPlace place = align(bytes, bytes.size());
  data_.copy({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  kept_[key] = place.offset;
  return place;
}

ExternalPlace Relocation::scale(const Literal& source, const Edit& edit, std::string_view name) {
  const std::uint64_t before = (align(source.bytes, 0), data_.size());
  data_.scaled(source, edit, name);
  return {location_, before, data_.size() - before};
}

bool Relocation::write(Output& output) {
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    const std::uint64_t size = copies_[i].from->bytes().size();
    output.add_named(ending(i), size).copy(*copies_[i].from, 0, size);
  }
  if (moves_) data_.write(output.add_named(std::string(kEnding), data_.size()));
  if (copies_.empty() && !moves_) return false;
  const std::string stem = output.choose_stem();
  if (!copies_.empty())
    output.add_note(fmt::format("external data of the model has names made from the output's now: '{}' is '{}{}'{}",
                                copies_[0].location, stem, ending(0),
                                copies_.size() == 1 ? "" : fmt::format(", and {} more", copies_.size() - 1)));
  if (stem == stem_) return false;
  name(stem);
  data_ = data_.like();
  kept_.clear();
  return true;
}

}  // namespace rw::graph::onnx
